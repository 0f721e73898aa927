// The superset rule against the real compiler: whatever `-M` names must have been found, and every change on disk must be noticed.
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, realpathSync, renameSync, rmSync, symlinkSync, unlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Compile } from '../command-line/index.js';
import { askCompiler, type CompilerFacts } from './compiler-facts.js';
import { createDiscoverer, type Discovery, type DiscoveryProblem } from './discover.js';
import { createFilesystemView, type FilesystemView } from './filesystem-view.js';
import { createSourceStore } from './source-store.js';
import type { Result } from '@mosix/core';

let root: string;
let facts: CompilerFacts;

beforeAll(async () => {
  const answer = await askCompiler({ compiler: '/usr/bin/gcc', cwd: '/', searchArguments: [], language: 'c', environment: { PATH: process.env['PATH'] ?? '/usr/bin' } });
  if (!answer.ok) throw new Error(answer.error.message);
  facts = answer.value;
});

beforeEach(() => {
  root = realpathSync(mkdtempSync(join(tmpdir(), 'mosix discover ')));
});

afterEach(() => {
  rmSync(root, { recursive: true, force: true });
});

const put = (files: Record<string, string>): void => {
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(join(root, name, '..'), { recursive: true });
    writeFileSync(join(root, name), text);
  }
};

type Options = { user?: string[]; quote?: string[]; system?: string[]; macros?: Record<string, string>; forced?: string[] };

const compileOf = (source: string, options: Options): Compile => ({
  source,
  language: 'c',
  preprocesses: true,
  outputs: [{ path: 'a.o', kind: 'object', required: true }],
  search: { quote: options.quote ?? [], user: options.user ?? [], system: options.system ?? [], after: [], noStandard: false, noStandardPlusPlus: false, quoteOnly: false },
  forcedIncludes: (options.forced ?? []).map((path) => ({ path, kind: 'include' as const })),
  commandLineMacros: Object.entries(options.macros ?? {}).map(([name, value]) => ({ name, value })),
  extraInputs: [],
  extraDirectories: [],
  searchArguments: [],
  nativeFlags: false,
  remoteArguments: [],
  assemblerSearch: { directories: [] },
  cacheable: true,
});

const argumentsOf = (source: string, options: Options): string[] => [
  ...(options.quote ?? []).flatMap((path) => ['-iquote', path]),
  ...(options.user ?? []).flatMap((path) => ['-I', path]),
  ...(options.system ?? []).flatMap((path) => ['-isystem', path]),
  ...Object.entries(options.macros ?? {}).map(([name, value]) => `-D${name}=${value}`),
  ...(options.forced ?? []).flatMap((path) => ['-include', path]),
  source,
];

const compilerOpens = (source: string, options: Options): string[] => {
  const rule = execFileSync('/usr/bin/gcc', [...argumentsOf(source, options), '-M', '-MT', 'x'], { cwd: root, encoding: 'utf8' });
  const names = rule.replace(/\\\n/g, ' ').replace(/^x: /, '').match(/(?:\\[ #]|\S)+/g) ?? [];
  return names.map((name) => realpathSync(join(name.startsWith('/') ? '/' : root, name.replace(/\\ /g, ' '))));
};

const makeFinder = () => {
  const view = createFilesystemView();
  const discoverer = createDiscoverer(view, createSourceStore());
  const find = (source: string, options: Options = {}): Result<Discovery, DiscoveryProblem> =>
    discoverer.discover({ compile: compileOf(source, options), facts, cwd: root, logicalCwd: root, sourceDateEpoch: false, environmentFiles: [] });
  return { view, find };
};

const own = (found: Result<Discovery, DiscoveryProblem>): string[] => {
  if (!found.ok) throw new Error(`${found.error.reason}: ${found.error.detail}`);
  return found.value.files.filter((file) => file.path.startsWith(`${root}/`)).map((file) => file.path.slice(root.length + 1)).sort();
};

const expectSuperset = (source: string, options: Options = {}): string[] => {
  const { find } = makeFinder();
  const found = find(source, options);
  if (!found.ok) throw new Error(`${found.error.reason}: ${found.error.detail}`);
  const have = new Set(found.value.files.map((file) => file.path));
  expect(compilerOpens(source, options).filter((path) => !have.has(path))).toEqual([]);
  return own(found);
};

describe('superset of what gcc opens', () => {
  it('system headers, quoted and angled, in sub-directories', () => {
    put({
      'src/main.c': '#include <stdio.h>\n#include "near.h"\n#include <lib/far.h>\nint main(void){return 0;}\n',
      'src/near.h': '#include "deep/x.h"\n',
      'src/deep/x.h': '#include "../up.h"\n',
      'src/up.h': '',
      'include/lib/far.h': '#include "beside.h"\n',
      'include/lib/beside.h': '',
    });
    expect(expectSuperset('src/main.c', { user: ['include'] })).toEqual(['include/lib/beside.h', 'include/lib/far.h', 'src/deep/x.h', 'src/main.c', 'src/near.h', 'src/up.h']);
  });

  it('a user directory that is a system directory too keeps the system position', () => {
    put({ 'a.c': '#include <x.h>\n', 'one/x.h': 'int one;', 'two/x.h': 'int two;' });
    expect(expectSuperset('a.c', { user: ['one', 'two'], system: ['one'] })).toEqual(['a.c', 'two/x.h']);
  });

  it('#include_next through several directories', () => {
    put({ 'a.c': '#include <x.h>\n', 'one/x.h': '#include_next <x.h>\n', 'two/x.h': '#include_next <x.h>\n', 'three/x.h': 'int x;\n' });
    expect(expectSuperset('a.c', { user: ['one', 'two', 'three'] })).toEqual(['a.c', 'one/x.h', 'three/x.h', 'two/x.h']);
  });

  it('computed includes: from a macro, an alias, another file, the command line', () => {
    put({
      'a.c': '#include "names.h"\n#define TWO ALIAS\n#include ONE\n#include TWO\n#include GIVEN\n',
      'names.h': '#define ONE "one.h"\n#define ALIAS <two.h>\n',
      'one.h': '#define THREE "three.h"\n#include THREE\n',
      'inc/two.h': '',
      'three.h': '',
      'four.h': '',
    });
    expect(expectSuperset('a.c', { user: ['inc'], macros: { GIVEN: '"four.h"' } })).toEqual(['a.c', 'four.h', 'inc/two.h', 'names.h', 'one.h', 'three.h']);
  });

  it('asks the compiler about function-like macros', () => {
    put({ 'a.c': '#define STR(x) #x\n#include STR(one.h)\n', 'one.h': '' });
    const found = makeFinder().find('a.c');
    expect(found).toMatchObject({ ok: false, error: { reason: 'ask-compiler' } });
  });

  it('symbolic links to files and directories, relative and absolute', () => {
    put({ 'a.c': '#include "link.h"\n#include "dir/y.h"\n', 'real/x.h': '#include "beside.h"\n', 'real/beside.h': 'int wrong;', 'beside.h': 'int right;', 'other/y.h': '#include "z.h"\n', 'other/z.h': '' });
    symlinkSync('real/x.h', join(root, 'link.h'));
    symlinkSync(join(root, 'other'), join(root, 'dir'));
    // gcc looks beside the link, not beside its target.
    expect(expectSuperset('a.c')).toEqual(['a.c', 'beside.h', 'other/y.h', 'other/z.h', 'real/x.h']);
  });

  it('-include, and a precompiled header beside it', () => {
    put({ 'a.c': 'int a;\n', 'pre.h': '#include "more.h"\n', 'more.h': '', 'pre.h.gch': 'not a real one' });
    expect(own(makeFinder().find('a.c', { forced: ['pre.h'] }))).toEqual(['a.c', 'more.h', 'pre.h', 'pre.h.gch']);
  });

  it('a directory of variants is sent while it holds one; of several the order of this file system chooses', () => {
    put({ 'a.c': '#include "pre.h"\n', 'pre.h': '', 'pre.h.gch/o2': 'not a real one', 'b.h.gch/o2': 'of another header' });
    const finder = makeFinder();
    expect(own(finder.find('a.c'))).toEqual(['a.c', 'pre.h', 'pre.h.gch/o2']);
    put({ 'pre.h.gch/o0': 'another' });
    expect(finder.find('a.c')).toMatchObject({ ok: false, error: { reason: 'pch-variants' } });
  });

  it('names that probes ask for through macros', () => {
    put({ 'a.c': '#include "has.h"\n#if HAS(<maybe.h>)\nint yes;\n#endif\n', 'has.h': '#define HAS(x) __has_include(x)\n', 'inc/maybe.h': '' });
    expect(own(makeFinder().find('a.c', { user: ['inc'] }))).toEqual(['a.c', 'has.h', 'inc/maybe.h']);
  });

  it('leaves macros inside <...> to the compiler', () => {
    put({ 'a.c': '#define ARCH x86\n#define HDR <ARCH.h>\n#include HDR\n', 'inc/x86.h': '', 'inc/ARCH.h': '' });
    expect(makeFinder().find('a.c', { user: ['inc'] })).toMatchObject({ ok: false, error: { reason: 'ask-compiler' } });
  });

  it('-iquote directories that are system directories too are searched late by gcc', () => {
    put({ 'a.c': '#include "x.h"\n', 'A/x.h': '', 'B/x.h': '' });
    expect(expectSuperset('a.c', { quote: ['A'], user: ['B'], system: ['A'] })).toEqual(['B/x.h', 'a.c']);
  });

  it('names that probes only ask for', () => {
    put({ 'a.c': '#if __has_include("maybe.h")\nint yes;\n#endif\n', 'maybe.h': '' });
    expect(own(makeFinder().find('a.c'))).toEqual(['a.c', 'maybe.h']);
  });
});

describe('files that line markers name', () => {
  it('are inputs of gcc, from any file of the unit, as seen from the working directory', () => {
    put({ 'sub/a.c': '#include "gen.h"\n#line 3 "src/parse.y"\nint a;\n', 'sub/gen.h': '# 7 "lex.l"\nint b;\n', 'src/parse.y': '#include "no.h"\n', 'lex.l': '', 'sub/lex.l': '', 'no.h': '' });
    expect(own(makeFinder().find('sub/a.c'))).toEqual(['lex.l', 'src/parse.y', 'sub/a.c', 'sub/gen.h']);
  });

  it('are none of clang, which quotes what it compiles', () => {
    put({ 'a.c': '#line 3 "parse.y"\nint a;\n', 'parse.y': '' });
    const discoverer = createDiscoverer(createFilesystemView(), createSourceStore());
    const request = { compile: compileOf('a.c', {}), facts: { ...facts, family: 'clang' as const }, cwd: root, logicalCwd: root, sourceDateEpoch: false, environmentFiles: [] };
    expect(own(discoverer.discover(request))).toEqual(['a.c']);
  });
});

describe('changes on disk', () => {
  /** What the launcher does: names the nodes whose entries no longer match. */
  const verify = (view: FilesystemView, discovery: Discovery): void => {
    for (const node of [...discovery.nodes, ...discovery.existing]) view.refresh(node);
  };

  const twice = (source: string, options: Options, change: () => void): [string[], string[]] => {
    const { view, find } = makeFinder();
    const before = find(source, options);
    const first = own(before);
    change();
    if (before.ok) verify(view, before.value);
    return [first, own(find(source, options))];
  };

  it('a header that shadows another one earlier on the path', () => {
    put({ 'a.c': '#include <x.h>\n', 'late/x.h': '' });
    mkdirSync(join(root, 'early'));
    expect(twice('a.c', { user: ['early', 'late'] }, () => put({ 'early/x.h': '' }))).toEqual([['a.c', 'late/x.h'], ['a.c', 'early/x.h']]);
  });

  it('a file that a line marker names appears', () => {
    put({ 'a.c': '#line 3 "src/parse.y"\nint a;\n' });
    expect(twice('a.c', {}, () => put({ 'src/parse.y': '' }))).toEqual([['a.c'], ['a.c', 'src/parse.y']]);
  });

  it('a search directory that did not exist', () => {
    put({ 'a.c': '#include <x.h>\n', 'late/x.h': '' });
    expect(twice('a.c', { user: ['early', 'late'] }, () => put({ 'early/x.h': '' }))).toEqual([['a.c', 'late/x.h'], ['a.c', 'early/x.h']]);
  });

  it('a header that goes away, uncovering another', () => {
    put({ 'a.c': '#include <x.h>\n', 'early/x.h': '', 'late/x.h': '' });
    expect(twice('a.c', { user: ['early', 'late'] }, () => unlinkSync(join(root, 'early/x.h')))[1]).toEqual(['a.c', 'late/x.h']);
  });

  it('an edit that keeps size and modification time', () => {
    put({ 'a.c': '#include "x.h"\n', 'x.h': '', 'y.h': '' });
    const stamp = new Date(2020, 1, 1);
    utimesSync(join(root, 'a.c'), stamp, stamp);
    expect(
      twice('a.c', {}, () => {
        put({ 'a.c': '#include "y.h"\n' });
        utimesSync(join(root, 'a.c'), stamp, stamp);
      })[1],
    ).toEqual(['a.c', 'y.h']);
  });

  it('a link that leads elsewhere', () => {
    put({ 'a.c': '#include "link.h"\n', 'x.h': '', 'y.h': '' });
    symlinkSync('x.h', join(root, 'link.h'));
    expect(
      twice('a.c', {}, () => {
        unlinkSync(join(root, 'link.h'));
        symlinkSync('y.h', join(root, 'link.h'));
      })[1],
    ).toEqual(['a.c', 'y.h']);
  });

  it('a directory that is replaced by another', () => {
    put({ 'a.c': '#include "d/x.h"\n', 'd/x.h': '#include "one.h"\n', 'd/one.h': '', 'e/x.h': '#include "two.h"\n', 'e/two.h': '' });
    expect(
      twice('a.c', {}, () => {
        renameSync(join(root, 'd'), join(root, 'old'));
        renameSync(join(root, 'e'), join(root, 'd'));
      })[1],
    ).toEqual(['a.c', 'd/two.h', 'd/x.h']);
  });

  it('a header that becomes a directory, and a header again', () => {
    put({ 'a.c': '#include <x.h>\n', 'one/x.h': '', 'two/x.h': '' });
    const { view, find } = makeFinder();
    const options = { user: ['one', 'two'] };
    const look = (): string[] => {
      const found = find('a.c', options);
      if (found.ok) verify(view, found.value);
      return own(find('a.c', options));
    };
    expect(look()).toEqual(['a.c', 'one/x.h']);
    unlinkSync(join(root, 'one/x.h'));
    mkdirSync(join(root, 'one/x.h'));
    expect(look()).toEqual(['a.c', 'two/x.h']);
    rmSync(join(root, 'one/x.h'), { recursive: true });
    put({ 'one/x.h': '' });
    expect(look()).toEqual(['a.c', 'one/x.h']);
  });

  it('a file where the name of a directory was wanted', () => {
    put({ 'a.c': '#include <sub/x.h>\n', 'one/sub': '', 'two/sub/x.h': '' });
    expect(
      twice('a.c', { user: ['one', 'two'] }, () => {
        unlinkSync(join(root, 'one/sub'));
        put({ 'one/sub/x.h': '' });
      }),
    ).toEqual([['a.c', 'two/sub/x.h'], ['a.c', 'one/sub/x.h']]);
  });

  it('a file in the way that is replaced by another', () => {
    put({ 'a.c': '#include "lua/lua.h"\n', lua: 'a program', 'inc/lua/lua.h': '' });
    const { view, find } = makeFinder();
    for (let round = 0; round < 3; round += 1) {
      const found = find('a.c', { user: ['inc'] });
      if (!found.ok) throw new Error(found.error.reason);
      verify(view, found.value);
      put({ lua: `relinked ${round}` });
      verify(view, found.value);
      const again = find('a.c', { user: ['inc'] });
      expect(again.ok && again.value.nodes.some((node) => node.stale)).toBe(false);
    }
  });

  it('stays right over many rewrites within one clock tick', () => {
    const { view, find } = makeFinder();
    put({ 'one.h': '', 'two.h': '' });
    for (let round = 0; round < 50; round += 1) {
      const name = round % 2 === 0 ? 'one' : 'two';
      put({ 'a.c': `#include "${name}.h"\n` });
      const found = find('a.c');
      if (found.ok) verify(view, found.value);
      expect(own(find('a.c'))).toEqual(['a.c', `${name}.h`]);
    }
  });
});
