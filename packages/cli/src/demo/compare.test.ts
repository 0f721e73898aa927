import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { compareBuilds } from './compare.js';

let root: string;
let one: string;
let other: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'mosix-compare-'));
  one = join(root, 'one');
  other = join(root, 'other');
  mkdirSync(join(one, 'sub'), { recursive: true });
  writeFileSync(join(one, 'a.o'), '\u007fELF one');
  writeFileSync(join(one, 'sub', 'lib.a'), '!<arch>\nobjects');
  writeFileSync(join(one, 'a.d'), 'a.o: a.c');
  writeFileSync(join(one, 'build.log'), 'took 3 s');
  writeFileSync(join(one, 'empty'), '');
  cpSync(one, other, { recursive: true });
});
afterEach(() => {
  rmSync(root, { recursive: true });
});

test('objects, archives and dependency files count; other files do not', () => {
  writeFileSync(join(other, 'build.log'), 'took 9 s');
  expect(compareBuilds(one, other)).toEqual({ identical: 3, different: [] });
});

test('one byte is a difference', () => {
  writeFileSync(join(other, 'sub', 'lib.a'), '!<arch>\nObjects');
  expect(compareBuilds(one, other)).toEqual({ identical: 2, different: ['sub/lib.a: differs'] });
});

test('a product that only one build has is a difference, whichever it is', () => {
  rmSync(join(one, 'a.o'));
  writeFileSync(join(one, 'b.o'), '\u007fELF b');
  expect(compareBuilds(one, other)).toEqual({ identical: 2, different: [`a.o: only in ${other}`, `b.o: only in ${one}`] });
});
