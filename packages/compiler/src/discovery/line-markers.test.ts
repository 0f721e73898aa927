import { expect, it } from 'vitest';
import { markedFiles } from './line-markers.js';

it.each([
  ['#line 12 "parse.y"\n', ['parse.y']],
  ['# 12 "parse.y"\n', ['parse.y']],
  ['  #  line\t12 "parse.y"', ['parse.y']],
  ['# 1 "a.c"\n# 1 "<built-in>"\n# 1 "/w//"\n# 1 "/usr/include/b.h" 1 3 4\n# 2 "a.c" 2\n', ['a.c', '/usr/include/b.h']],
  ['#line 3 "with space.y"', ['with space.y']],
  ['#line 3 "a\\\\b\\"c\\303\\274.y"', ['a\\b"cü.y']],
  ['#line __LINE__ "parse.y"', ['parse.y']],
  ['#line 7\nchar *s = "text";\n', []],
  ['#line 7 NAME\nchar *s = "text";\n', []],
  ['#define line "x"\n#include "line.h"\n#if 0\n#error 3 "y"\n', []],
  ['static inline int f(void) { puts("x"); }', []],
])('%j', (text, expected) => {
  expect(markedFiles(text)).toEqual(expected);
});

it('reads names as UTF-8', () => {
  expect(markedFiles(Buffer.from('# 1 "größe.y"').toString('latin1'))).toEqual(['größe.y']);
});
