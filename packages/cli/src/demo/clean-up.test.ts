import { existsSync, mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createCleanUp, mountsBelow, removeFolder } from './clean-up.js';

test('undoes in reverse order, once, and goes on after a failure', async () => {
  const done: string[] = [];
  const cleanUp = createCleanUp();
  cleanUp.add('folder', async () => done.push('folder'));
  cleanUp.add('farm', async () => {
    throw new Error('will not end');
  });
  cleanUp.add('build', async () => done.push('build'));
  expect(await cleanUp.run()).toEqual(['farm: will not end']);
  expect(await cleanUp.run()).toEqual([]);
  expect(done).toEqual(['build', 'folder']);
});

test('finds mounts in a folder, escaped names too, innermost first', () => {
  const info = ['22 1 0:20 / / rw - ext4 x rw', '23 22 0:21 / /t/a rw - tmpfs x rw', '24 23 0:22 / /t/a/b\\040c rw - tmpfs x rw', '25 22 0:23 / /tother rw - tmpfs x rw', ''].join('\n');
  expect(mountsBelow('/t', info)).toEqual(['/t/a/b c', '/t/a']);
  expect(mountsBelow('/t/a', info)).toEqual(['/t/a/b c', '/t/a']);
  expect(mountsBelow('/none', info)).toEqual([]);
});

test('removes a folder with read-only parts', () => {
  const folder = mkdtempSync(join(tmpdir(), 'mosix-clean-'));
  mkdirSync(join(folder, 'deep'));
  writeFileSync(join(folder, 'deep', 'file'), '', { mode: 0o444 });
  removeFolder(folder);
  expect(existsSync(folder)).toBe(false);
});
