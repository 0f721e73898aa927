import { expect, test } from 'vitest';
import { createLocalQuota } from './local-quota.js';

const never = new AbortController().signal;

test('who is gone while it waits leaves the queue, and its job never runs', async () => {
  const quota = createLocalQuota(1);
  let finish: () => void = () => undefined;
  const first = quota.run('heavy', never, () => new Promise<void>((resolve) => (finish = resolve)));
  const ran: string[] = [];
  const aborter = new AbortController();
  const gone = quota.run('heavy', aborter.signal, async () => void ran.push('gone'));
  const last = quota.run('heavy', never, async () => void ran.push('last'));
  expect(quota.running).toEqual({ light: 0, heavy: 1, waiting: 2 });
  aborter.abort();
  await gone;
  expect(quota.running).toEqual({ light: 0, heavy: 1, waiting: 1 });
  await quota.run('heavy', aborter.signal, async () => void ran.push('gone before'));
  finish();
  await Promise.all([first, last]);
  expect(ran).toEqual(['last']);
});

test('a job that has begun keeps its slot to the end, whatever its signal says', async () => {
  const quota = createLocalQuota(1);
  const aborter = new AbortController();
  let finish: () => void = () => undefined;
  let over = false;
  const job = quota
    .run('heavy', aborter.signal, () => new Promise<void>((resolve) => (finish = resolve)))
    .then(() => {
      over = true;
    });
  await Promise.resolve();
  aborter.abort();
  await new Promise((resolve) => setImmediate(resolve));
  expect([over, quota.running.heavy]).toEqual([false, 1]);
  finish();
  await job;
  expect(quota.running.heavy).toBe(0);
});

test('a job that fails with a defect says so', async () => {
  await expect(createLocalQuota(1).run('light', never, () => Promise.reject(new Error('bug')))).rejects.toThrow('bug');
});
