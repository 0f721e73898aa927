import { describe, expect, it } from 'vitest';
import { includeValueOf, scanDefines, scanProbes, scanSource } from './scan-source.js';

const scan = (text: string) => scanSource(Buffer.from(text, 'latin1'));
const names = (text: string): string[] => scan(text).includes.map((reference) => `${reference.form} ${reference.name}`);

describe('include directives', () => {
  it.each([
    ['#include "a.h"', ['quote a.h']],
    ['#include <a/b.h>\n', ['angle a/b.h']],
    ['  #  include\t"a.h" // why', ['quote a.h']],
    ['# /* x */ include /* y */ <a.h>', ['angle a.h']],
    ['/* one\n two */ #include "a.h"', ['quote a.h']],
    ['%:include <a.h>', ['angle a.h']],
    ['??=include <a.h>', ['angle a.h']],
    ['#include_next <a.h>', ['next a.h']],
    ['#import "a.h"', ['quote a.h']],
    ['#embed "a.bin"', ['quote a.bin']],
    ['#include \\\n "a.h"', ['quote a.h']],
    ['#\\\ninclude "a.h"', ['quote a.h']],
    ['#inc\\\nlude "a.h"', ['quote a.h']],
    ['#include "a\\\n.h"', ['quote a.h']],
    ['#include "a.h"\r\n#include <b.h>\r\n', ['quote a.h', 'angle b.h']],
    ['#ifdef NEVER\n#include "a.h"\n#endif', ['quote a.h']],
    ['#include "with space.h"', ['quote with space.h']],
    ['\xef\xbb\xbf#include "a.h"\r\n', ['quote a.h']],
    ['#include <a.h', []],
    ['int important = included;', []],
    ['#define include 1', []],
    ['int x; /* one\n */ #include "a.h"', []],
    ['a %: include <a.h>', []],
    ['#if __has_include("a.h") && __has_include( <b.h> )', ['quote a.h', 'angle b.h']],
    ['#if __has_include_next(<a.h>)', ['next a.h']],
    ['#if __has_embed("a.bin")', ['quote a.bin']],
    ['#ifdef __has_include\n#define __has_include(x) 0', []],
    ['/* __has_include argument (see there). */', []],
    ['asm(".incbin \\"blob.bin\\"");', ['assembler blob.bin']],
    ['  .incbin "blob.bin", 4, 8', ['assembler blob.bin']],
    ['  .include "macros.s"', ['assembler macros.s']],
    ['asm(".section x\\n.incbin\\t\\"b.bin\\"\\n");', ['assembler b.bin']],
  ])('%j', (text, expected) => {
    expect(names(text)).toEqual(expected);
  });

  it('reads names as UTF-8', () => {
    expect(scanSource(Buffer.from('#include "größe.h"\n')).includes).toEqual([{ form: 'quote', name: 'größe.h' }]);
  });

  it('names macros that stand for a header', () => {
    expect(scan('#include HEADER\n').computed).toEqual(['HEADER']);
    expect(scan('#if __has_include(HEADER)\n')).toMatchObject({ computed: [], probed: ['HEADER'], homeOnly: false });
    expect(scan('#include HEADER(x)\n').opaque).toBe(true);
    expect(scan('#define header 1\nint x;').computed).toEqual([]);
  });

  it('is not led astray by prose', () => {
    expect(scan('/** You should \\#include this file. */').computed).toEqual([]);
    expect(scan('/* one can\n#include things through macros */').computed).toEqual([]);
    expect(scan(' * #include <example.h>\n').includes).toEqual([]);
    expect(scan('#include ONE TWO\n').opaque).toBe(true);
    expect(scan('#include ONE // why\n#include TWO/* how */\n').computed).toEqual(['ONE', 'TWO']);
  });

  it('follows __has_include behind macros, or gives up', () => {
    expect(scan('#define HAS(x) __has_include(x)\n').probeMacros).toEqual(['HAS']);
    expect(scan('#define HAS __has_include\n').probeMacros).toEqual(['HAS']);
    expect(scan('#if defined(__has_include) && !defined __has_include\n')).toMatchObject({ probed: [], homeOnly: false });
    expect(scan('#if __has_include(STR(foo.h))\n').homeOnly).toBe(true);
    expect(scan('#define HAS(x) __has_include(PRE x)\n').homeOnly).toBe(true);
    expect(scan('// such as __has_include(foo)\n').probed).toEqual([]);
    expect(names('#if __has_include( \\\n <a.h>)')).toEqual(['angle a.h']);
    expect(scanProbes(Buffer.from('#define HAS(x) __has_include(x)\n#if HAS(<a.h>) || HAS("b.h")\n'), 'HAS')).toEqual([
      { form: 'angle', name: 'a.h' },
      { form: 'quote', name: 'b.h' },
    ]);
    expect(scanProbes(Buffer.from('#if HAS(NAME)\n'), 'HAS')).toBeUndefined();
  });

  it('gives up on .incbin names that are put together', () => {
    expect(scan('asm(".incbin " FILE_NAME);').homeOnly).toBe(true);
    expect(scan('asm(".incbin \\"" NAME "\\"");').homeOnly).toBe(true);
    expect(scan('  .incbin NAME').homeOnly).toBe(true);
    expect(scan('asm(".incbin \\"a.bin\\"");').homeOnly).toBe(false);
  });

  it('sees the time in code and not in prose', () => {
    expect(scan('const char *built = __DATE__ " " __TIME__;').namesDate).toBe(true);
    expect(scan('// never use __DATE__ here\n/* nor __TIME__ */').namesDate).toBe(false);
    expect(scan('f("http://x/ " __DATE__ " " __TIME__);').namesDate).toBe(true);
    expect(scan('f("/*" __DATE__ "*/");').namesDate).toBe(true);
    expect(scan('f(R"( " /* )" __DATE__ "*/");').namesDate).toBe(true);
    expect(scan("char c = '\"'; // __DATE__").namesDate).toBe(false);
    expect(scan('f(__TIMESTAMP__)')).toMatchObject({ namesDate: false, namesTimestamp: true });
  });

  it('sees what wants to be read only once', () => {
    expect(scan('#pragma once\nint x;')).toMatchObject({ once: true, imports: false });
    expect(scan('_Pragma("once") int x;').once).toBe(true);
    expect(scan('// once upon a time').once).toBe(false);
    expect(scan('#import "a.h"')).toMatchObject({ once: false, imports: true });
  });

  it('stays fast on text that is all slashes, stars and blanks', () => {
    expect(scan('/* '.repeat(20_000)).includes).toEqual([]);
    expect(scan(`${'/* */ '.repeat(5_000)}#include "a.h"`).includes).toHaveLength(1);
  });
});

describe('macros as operands of #include', () => {
  it.each([
    ['"x.h"', { kind: 'include', form: 'quote', name: 'x.h' }],
    ['<x.h> /* c */', { kind: 'include', form: 'angle', name: 'x.h' }],
    ['OTHER', { kind: 'alias', to: 'OTHER' }],
    ['OTHER // c', { kind: 'alias', to: 'OTHER' }],
    ['STR(x.h)', { kind: 'opaque' }],
    ['<x.h> y', { kind: 'include', form: 'angle', name: 'x.h' }],
  ])('%j', (text, expected) => {
    expect(includeValueOf(text)).toEqual(expected);
  });

  it('keeps every definition of a name', () => {
    const found = scanDefines(Buffer.from('#define A "x.h"\n#if 0\n#  define A <y.h>\n#endif\n#define F(x) #x\n#define B \\\n  A\n'));
    expect(found.get('A')).toHaveLength(2);
    expect(found.get('F')).toEqual([{ kind: 'opaque' }]);
    expect(found.get('B')).toEqual([{ kind: 'alias', to: 'A' }]);
  });
});
