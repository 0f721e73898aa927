import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readlinkSync, rmSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { compilerName, prepareMasquerade } from './masquerade.js';

let root: string;
let base: string;
let launcher: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'mosix-masquerade-'));
  base = join(root, 'run', 'masquerade');
  launcher = join(root, 'mosix-cc');
  for (const folder of ['bin', 'more']) mkdirSync(join(root, folder));
  program('mosix-cc');
  for (const name of ['gcc', 'g++-12', 'x86_64-linux-gnu-cc', 'gcc-ar', 'gcc-nm-12', 'ls', 'cc1plus']) program(`bin/${name}`);
});
afterEach(() => {
  rmSync(root, { recursive: true });
});

const program = (name: string): void => writeFileSync(join(root, name), '#!/bin/sh\n', { mode: 0o755 });
const prepare = (path = `${root}/bin:${root}/more`) => {
  const result = prepareMasquerade({ base, path, launcher });
  if (!result.ok) throw new Error(result.error.message);
  return result.value;
};

test.each(['gcc', 'g++', 'cc', 'c++', 'clang', 'clang++', 'gcc-12', 'clang++-14', 'x86_64-linux-gnu-g++', 'arm-none-eabi-gcc-12.2.1', 'c++-13'])('%s is a compiler', (name) => {
  expect(compilerName.test(name)).toBe(true);
});

test.each(['gcc-ar', 'gcc-ranlib-12', 'clang-format', 'clang-tidy-14', 'ccache', 'c89', 'gccgo', 'cc1', 'mosix-cc1', 'xgcc', 'make'])('%s is not', (name) => {
  expect(compilerName.test(name)).toBe(false);
});

test('one link to the launcher for each compiler on PATH, and no other name', () => {
  const { directory, names } = prepare();
  expect(names).toEqual(['g++-12', 'gcc', 'x86_64-linux-gnu-cc']);
  expect(readdirSync(directory).sort()).toEqual([...names]);
  expect(readlinkSync(join(directory, 'gcc'))).toBe(launcher);
});

test('neither the launcher under another name nor our own directory counts as a compiler', () => {
  symlinkSync(launcher, join(root, 'more', 'clang'));
  const first = prepare();
  expect(first.names).not.toContain('clang');
  expect(prepare(`${first.directory}:${root}/bin:${root}/more`).names).toEqual(first.names);
});

test('what cannot be run is no compiler', () => {
  writeFileSync(join(root, 'more', 'clang'), '', { mode: 0o644 });
  symlinkSync('/nonexistent', join(root, 'more', 'clang++'));
  mkdirSync(join(root, 'more', 'c++'));
  expect(prepare().names).toEqual(['g++-12', 'gcc', 'x86_64-linux-gnu-cc']);
});

test('a compiler that is installed or removed later is noticed', () => {
  const before = prepare();
  program('more/clang-14');
  const after = prepare();
  expect(after.names).toContain('clang-14');
  expect(after.directory).not.toBe(before.directory);
  unlinkSync(join(root, 'more', 'clang-14'));
  expect(prepare()).toEqual(before);
});

test('a damaged directory is mended', () => {
  const { directory } = prepare();
  unlinkSync(join(directory, 'gcc'));
  expect(readlinkSync(join(prepare().directory, 'gcc'))).toBe(launcher);
});

test('a damaged note is not trusted', () => {
  const { directory } = prepare();
  const note = readdirSync(base).find((name) => name.endsWith('.json'));
  if (note === undefined) throw new Error('no note');
  writeFileSync(join(base, note), JSON.stringify({ directory: '/usr/bin', names: ['gcc'] }));
  expect(prepare().directory).toBe(directory);
});

test('builds that see other compilers do not disturb each other', () => {
  program('more/clang');
  const both = prepare();
  const one = prepare(join(root, 'bin'));
  expect(one.names).not.toContain('clang');
  expect(readdirSync(both.directory)).toContain('clang');
});

test('no compiler at all is said in words', () => {
  expect(prepareMasquerade({ base, path: join(root, 'more'), launcher })).toMatchObject({ ok: false, error: { code: 'no-compiler' } });
});

test('a folder that cannot be written is an error that names it', () => {
  writeFileSync(join(root, 'file'), '');
  expect(prepareMasquerade({ base: join(root, 'file', 'masquerade'), path: join(root, 'bin'), launcher })).toMatchObject({
    ok: false,
    error: { code: 'masquerade-io', message: expect.stringContaining(join(root, 'file')) },
  });
  chmodSync(root, 0o700);
});
