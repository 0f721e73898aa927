import { expect, test } from 'vitest';
import { err, fault, ok } from '@mosix/core';
import type { Result } from '@mosix/core';
import type { LoadedInputs } from './inputs.js';
import { createPrefetch } from './prefetch.js';
import { until } from './testing/test-coordinator.js';

const digest = (name: string) => ({ hash: name, sizeBytes: 1 });

/** Loads that end when the test says so, by the name of their root. */
function slowInputs() {
  const waiting = new Map<string, (result: Result<LoadedInputs>) => void>();
  const loads: string[] = [];
  const released: string[] = [];
  return {
    loads,
    released,
    waiting,
    inputs: {
      load: (root: { hash: string }) => {
        loads.push(root.hash);
        return new Promise<Result<LoadedInputs>>((resolve) => waiting.set(root.hash, resolve));
      },
    },
    arrive: (name: string) => waiting.get(name)?.(ok({ root: { name } as never, fetchedBytes: 1, release: () => void released.push(name) })),
    fail: (name: string, code: string) => waiting.get(name)?.(err(fault(code, code))),
  };
}

const setup = (atOnce = 2) => {
  const slow = slowInputs();
  const prefetch = createPrefetch(slow.inputs, atOnce);
  const lease = (name: string) => {
    const controller = new AbortController();
    return { controller, inputs: prefetch(digest(name), [], controller.signal) };
  };
  return { ...slow, lease };
};

test('a few at a time are fetched ahead, in their order, and what was fetched is not fetched again', async () => {
  const { lease, loads, arrive } = setup();
  const leases = ['a', 'b', 'c'].map(lease);
  for (const { inputs } of leases) inputs.ahead();
  await until(() => loads.length === 2);
  arrive('a');
  await until(() => loads.length === 3);
  expect(loads).toEqual(['a', 'b', 'c']);
  expect(await leases[0]?.inputs.take()).toMatchObject({ ok: true, value: { root: { name: 'a' } } });
  const taking = leases[1]?.inputs.take();
  arrive('b');
  expect(await taking).toMatchObject({ ok: true, value: { root: { name: 'b' } } });
  expect(loads).toHaveLength(3);
});

test('a lease that gets its slot does not queue behind those that wait', async () => {
  const { lease, loads, arrive } = setup(1);
  const [first, second] = [lease('a'), lease('b')];
  first.inputs.ahead();
  second.inputs.ahead();
  const taking = second.inputs.take();
  await until(() => loads.includes('b'));
  arrive('b');
  expect((await taking).ok).toBe(true);
  arrive('a');
  await first.inputs.take();
  expect(loads).toEqual(['a', 'b']);
});

test('what failed ahead is tried again when it is needed', async () => {
  const { lease, loads, arrive, fail } = setup();
  const { inputs } = lease('a');
  inputs.ahead();
  await until(() => loads.length === 1);
  fail('a', 'disk-full');
  const taking = inputs.take();
  await until(() => loads.length === 2);
  arrive('a');
  expect((await taking).ok).toBe(true);
});

test('inputs of a lease that was given back are let go, whether they have come or are still on their way', async () => {
  const { lease, loads, arrive, released } = setup(3);
  const [come, coming, unbegun, taken] = [lease('come'), lease('coming'), lease('unbegun'), lease('taken')];
  come.inputs.ahead();
  coming.inputs.ahead();
  taken.inputs.ahead();
  await until(() => loads.length === 3);
  arrive('come');
  arrive('taken');
  await taken.inputs.take();
  for (const { controller } of [come, coming, unbegun, taken]) controller.abort();
  unbegun.inputs.ahead();
  arrive('coming');
  await until(() => released.length === 2);
  expect(released.sort()).toEqual(['come', 'coming']);
  expect(loads).not.toContain('unbegun');
});
