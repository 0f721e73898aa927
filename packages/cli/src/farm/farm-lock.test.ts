import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ok } from '@mosix/core';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { withFarmLock } from './farm-lock.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'mosix-lock-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

test('one at a time, and gone afterwards', async () => {
  const lock = join(folder, 'run', 'farm.lock');
  let inside = 0;
  const work = async () => {
    inside += 1;
    expect(inside).toBe(1);
    await sleep(20);
    inside -= 1;
    return ok('done');
  };
  expect(await Promise.all([withFarmLock(lock, work), withFarmLock(lock, work), withFarmLock(lock, work)])).toEqual([ok('done'), ok('done'), ok('done')]);
  expect(existsSync(lock)).toBe(false);
});

test.each([['of a dead process', JSON.stringify({ pid: 2 ** 30, startTicks: 5 })], ['of a recycled pid', JSON.stringify({ pid: process.pid, startTicks: 5 })], ['that is damaged', '{']])('a lock %s is taken over', async (_what, content) => {
  const lock = join(folder, 'farm.lock');
  writeFileSync(lock, content);
  expect(await withFarmLock(lock, async () => ok(1))).toEqual(ok(1));
});

test('who is interrupted while it waits does not do the work', async () => {
  const lock = join(folder, 'farm.lock');
  const interrupt = new AbortController();
  const second = async () => ok('done');
  const first = await withFarmLock(lock, async () => {
    setTimeout(() => interrupt.abort(), 20);
    return ok(await withFarmLock(lock, second, interrupt.signal));
  });
  expect(first).toMatchObject({ ok: true, value: { ok: false, error: { code: 'interrupted' } } });
});

test('is released when the work throws', async () => {
  const lock = join(folder, 'farm.lock');
  await expect(withFarmLock(lock, async () => Promise.reject(new Error('bug')))).rejects.toThrow('bug');
  expect(existsSync(lock)).toBe(false);
});
