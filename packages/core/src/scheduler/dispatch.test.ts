import { describe, expect, test } from 'vitest';
import { limits } from '../limits.js';
import { allOf, createFarm, GIB, only, type TestFarm } from './testing/farm.js';

/** One slot that runs a job, and a queue long enough that the next one is sent ahead of it. */
function withOneAhead(): TestFarm {
  const farm = createFarm();
  farm.join('n1');
  farm.submit('a', { seconds: 1 });
  farm.start('a');
  for (const id of ['b', 'c', 'd', 'e']) farm.submit(id, { seconds: 1 });
  return farm;
}

describe('work sent ahead of a free slot', () => {
  test('it has no deadline while the job before it runs, and one when it has the slot', () => {
    const farm = withOneAhead();
    expect(farm.where('b')).toEqual(['n1']);
    expect(farm.state.ahead.size).toBe(1);
    for (let ms = 0; ms < limits.leaseStartMsMax + 5_000; ms += 1_000) {
      farm.beat('n1', { share: 0.01 });
      farm.advance(1_000);
    }
    expect(farm.where('b')).toEqual(['n1']);

    const { id } = farm.lease('b');
    farm.finish('a');
    expect(farm.state.ahead.has(farm.lease('b'))).toBe(false);
    const effects = [];
    for (let ms = 0; ms < limits.leaseStartMsMax + 5_000; ms += 1_000) {
      farm.beat('n1');
      effects.push(...farm.advance(1_000));
    }
    expect(allOf(effects, 'cancel-lease').filter((effect) => effect.leaseId === id).map((effect) => effect.reason)).toEqual([expect.stringMatching(/did not start it/)]);
  });
});

describe('jobs that failed somewhere', () => {
  test('the oldest of them first, and before all that have not run', () => {
    const farm = createFarm();
    farm.join('n1', { slots: 3 });
    for (const id of ['a', 'b', 'c', 'd', 'e']) farm.submit(id, { seconds: 1 });
    farm.send({ type: 'stream-broken', node: 'n1', instance: 'n1-1' });
    farm.advance(3_000);
    expect(farm.state.index.queued).toBe(5);
    farm.join('n2');
    expect(farm.where('a')).toEqual(['n2']);
    farm.finish('a');
    expect(farm.where('b')).toEqual(['n2']);
  });

  test('many that fit nowhere do not keep out one that does', () => {
    const farm = createFarm({ checked: false });
    farm.join('large', { slots: 200, cores: 200, memoryBytes: 100 * GIB });
    farm.submit('hog', { seconds: 100, memoryBytes: 50 * GIB });
    // A hundred jobs are killed on the one node that can hold them, and wait until the hog is gone.
    const big = Array.from({ length: 100 }, (_, at) => `big${at}`);
    for (const id of big) {
      farm.submit(id, { seconds: 1, memoryBytes: GIB / 4 });
      farm.fail(id, 'out-of-memory', { peakMemoryBytes: 40 * GIB });
      expect(farm.job(id).state).toBe('queued');
    }
    farm.submit('hog2', { seconds: 100, memoryBytes: 45 * GIB });
    farm.join('n1', { memoryBytes: 4 * GIB });
    farm.submit('small', { seconds: 1 });
    farm.fail('small', 'sandbox');
    expect(farm.job('small').state).toBe('queued');
    farm.join('n2', { memoryBytes: 4 * GIB });
    farm.advance(500);
    expect(farm.where('small')).toEqual(['n2']);
  });
});

describe('jobs that name their node', () => {
  test('wait for it and take its next slot before the others', () => {
    const farm = createFarm();
    farm.join('n1');
    farm.submit('a', { seconds: 1 });
    farm.submit('b', { seconds: 1 });
    farm.submit('named', { seconds: 1, requirements: only('n1') });
    farm.join('n2');
    expect(farm.where('b')).toEqual(['n2']);
    expect(farm.where('named')).toEqual([]);
    farm.submit('c', { seconds: 1 });
    farm.finish('a');
    expect(farm.where('named')).toEqual(['n1']);
  });

  test.each([
    ['it is not there', (): void => undefined],
    ['it is blocked', (farm: TestFarm): void => void farm.command({ kind: 'block', node: 'n1', enabled: true })],
    ['it drains', (farm: TestFarm): void => void farm.command({ kind: 'drain', node: 'n1', enabled: true })],
    ['its owner is there', (farm: TestFarm): void => void farm.send({ type: 'owner', node: 'n1', active: true, reason: 'keyboard' })],
    ['it went away', (farm: TestFarm): void => void farm.send({ type: 'stream-broken', node: 'n1', instance: 'n1-1' })],
  ] as const)('are not kept waiting when %s', (what, happen) => {
    const farm = createFarm();
    farm.join('n2');
    if (what !== 'it is not there') {
      farm.join('n1');
      farm.submit('filler', { seconds: 100, requirements: only('n1') });
      farm.submit('named', { seconds: 1, requirements: only('n1') });
    } else farm.submit('named', { seconds: 1, requirements: only('n1') });
    happen(farm);
    farm.advance(limits.noWorkerGraceMs + 1_000);
    expect(allOf(farm.log, 'done').find((effect) => effect.jobId === 'named')?.outcome).toEqual({ kind: 'no-worker' });
  });
});
