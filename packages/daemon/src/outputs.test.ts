import { chmodSync, existsSync, linkSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Output } from '@mosix/compiler';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { checkTargets, removeLeftovers, writeOutputs } from './outputs.js';

let cwd: string;
beforeEach(() => {
  cwd = mkdtempSync(join(tmpdir(), 'mosix-outputs-'));
});
afterEach(() => {
  rmSync(cwd, { recursive: true, force: true });
});

const object = (path: string): Output => ({ path, kind: 'object', required: true });

describe('writing outputs', () => {
  it('gives them the modes that the compiler would have given', () => {
    const before = process.umask(0);
    try {
      expect(writeOutputs(cwd, 0o027, [{ path: 'a.o', isExecutable: false, bytes: Buffer.from('abc') }]).ok).toBe(true);
    } finally {
      process.umask(before);
    }
    expect(readFileSync(join(cwd, 'a.o'), 'utf8')).toBe('abc');
    expect(statSync(join(cwd, 'a.o')).mode & 0o777).toBe(0o640);
    expect(readdirSync(cwd)).toEqual(['a.o']);
  });

  it('leaves nothing half done when one of them cannot be written', () => {
    const outcome = writeOutputs(cwd, 0o022, [
      { path: 'a.d', isExecutable: false, bytes: Buffer.from('d') },
      { path: 'no/such/a.o', isExecutable: false, bytes: Buffer.from('o') },
    ]);
    expect(outcome).toMatchObject({ ok: false, error: { code: 'output-failed' } });
    expect(readdirSync(cwd)).toEqual([]);
  });

  it('replaces what was there', () => {
    writeFileSync(join(cwd, 'a.o'), 'a much longer old object');
    expect(writeOutputs(cwd, 0o022, [{ path: join(cwd, 'a.o'), isExecutable: false, bytes: Buffer.from('new') }]).ok).toBe(true);
    expect(readFileSync(join(cwd, 'a.o'), 'utf8')).toBe('new');
  });
});

describe('targets that stay with the compiler itself', () => {
  it('missing directories and files in their place', () => {
    writeFileSync(join(cwd, 'file'), '');
    expect(checkTargets(cwd, [object('missing/a.o')])).toMatchObject({ reason: 'output-directory' });
    expect(checkTargets(cwd, [object('file/a.o')])).toMatchObject({ reason: 'output-directory' });
    expect(checkTargets(cwd, [object('a.o')])).toBeUndefined();
  });

  it('links, devices, directories, files of several names or without write permission', () => {
    writeFileSync(join(cwd, 'plain'), '');
    symlinkSync('plain', join(cwd, 'link.o'));
    mkdirSync(join(cwd, 'dir.o'));
    writeFileSync(join(cwd, 'two.o'), '');
    linkSync(join(cwd, 'two.o'), join(cwd, 'second-name'));
    writeFileSync(join(cwd, 'sealed.o'), '');
    chmodSync(join(cwd, 'sealed.o'), 0o444);
    for (const path of ['link.o', 'dir.o', 'two.o', 'sealed.o', '/dev/null']) {
      expect(checkTargets(cwd, [object(path)]), path).toMatchObject({ reason: 'output-is-special' });
    }
    expect(checkTargets(cwd, [object('plain')])).toBeUndefined();
  });
});

it('removes what the compiler would have removed, and only that', () => {
  for (const name of ['old.o', 'kept.d', 'other']) writeFileSync(join(cwd, name), '');
  removeLeftovers(cwd, ['old.o', 'kept.d', 'never-there'], new Set(['kept.d']));
  expect(existsSync(join(cwd, 'old.o'))).toBe(false);
  expect(readdirSync(cwd).sort()).toEqual(['kept.d', 'other']);
});
