import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createFilesystemView, nullTrail, type FileNode } from '@mosix/compiler';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { parseMakeRule } from './compilers.js';
import { findStranger, namedDependencies } from './strangers.js';

let root: string;
beforeEach(() => void (root = realpathSync(mkdtempSync(join(tmpdir(), 'mosix strangers ')))));
afterEach(() => rmSync(root, { recursive: true, force: true }));

const put = (...names: string[]): void => {
  for (const name of names) {
    mkdirSync(join(root, name, '..'), { recursive: true });
    writeFileSync(join(root, name), '');
  }
};

const check = (sent: readonly string[], names: readonly string[]): string | undefined => {
  const view = createFilesystemView();
  const files = sent.map((name) => view.lookup(view.root, join(root, name), nullTrail) as FileNode);
  return findStranger(view, root, files, names);
};

describe('a make rule', () => {
  test('ends where the next one begins', () => {
    expect(parseMakeRule('a.o b: a.c \\\n x\\ y.h p$$q.h \\\n  c\\:d.h\n\nx\\ y.h:\n\nother.h:\n')).toEqual(['a.c', 'x y.h', 'p$q.h', 'c:d.h']);
    expect(parseMakeRule('')).toEqual([]);
  });

  test.each(['gcc', 'clang'])('of %s names its files as they are called', (compiler) => {
    const headers = ['plain.h', 'with space.h', 'hash#.h', 'dollar$x.h', 'colon:x.h', 'back\\slash.h', "quote'.h", 'tilde~.h', 'percent%.h', 'tab\tx.h', 'star*.h'];
    put(...headers);
    writeFileSync(join(root, 'a.c'), headers.map((name) => `#include "${name}"\n`).join(''));
    execFileSync(compiler, ['-MD', '-MP', '-MQ', 'we$ird #t', '-c', 'a.c', '-o', 'a.o'], { cwd: root });
    const names = parseMakeRule(readFileSync(join(root, 'a.d'), 'utf8'));
    expect(names).toEqual(expect.arrayContaining(['a.c', ...headers.map((name) => (compiler === 'clang' ? name.replace('\\', '/') : name))]));
    expect(check(['a.c', 'back\\slash.h'], names.filter((name) => /^a\.c$|slash/.test(name)))).toBeUndefined();
  });
});

test('dependencies are read from dependency files alone', () => {
  const contents = new Map([['out/a.d', Buffer.from('a.o: a.c b.h\n')], ['a.o', Buffer.from('x: y\n')]]);
  const outputs = [{ path: `${root}/out/a.d`, kind: 'depfile', required: false }, { path: 'a.o', kind: 'object', required: true }] as const;
  expect(namedDependencies(outputs, root, contents)).toEqual(['a.c', 'b.h']);
});

describe('a stranger', () => {
  test('is what was not sent, whether it is here or not', () => {
    put('a.c', 'inc/b.h', 'inc/other.h');
    expect(check(['a.c', 'inc/b.h'], ['a.c', join(root, 'inc/b.h')])).toBeUndefined();
    expect(check(['a.c', 'inc/b.h'], ['a.c', 'inc/other.h'])).toBe('inc/other.h');
    expect(check(['a.c', 'inc/b.h'], ['a.c', '/nowhere/at/all.h', 'inc/b.h'])).toBe('/nowhere/at/all.h');
    expect(check(['a.c', 'inc/b.h'], ['a.c', 'inc'])).toBe('inc');
  });

  test('is none that was sent under another name: through links, dots, or the null device', () => {
    put('a.c', 'real/deep/b.h');
    symlinkSync('real/deep', join(root, 'link'));
    symlinkSync('deep/b.h', join(root, 'real/c.h'));
    expect(check(['a.c', 'real/deep/b.h'], ['./a.c', 'link/b.h', 'link/../c.h', 'real/../a.c', '/dev/null'])).toBeUndefined();
    expect(check(['a.c'], ['link/b.h'])).toBe('link/b.h');
  });
});
