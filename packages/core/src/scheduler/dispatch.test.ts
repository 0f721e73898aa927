import { describe, expect, test } from 'vitest';
import { limits } from '../limits.js';
import { allOf, assignments, createFarm, GIB, only, type TestFarm } from './testing/farm.js';

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

describe('the queue', () => {
  test('the longest goes first', () => {
    const farm = createFarm();
    farm.join('n1');
    for (const [id, seconds] of [['first', 5], ['short', 1], ['long', 20], ['middle', 6]] as const) farm.submit(id, { seconds });
    const order = [];
    for (let count = 0; count < 4; count += 1) {
      const [lease] = farm.node('n1').leases.values();
      const id = lease?.job.id ?? '';
      order.push(id);
      farm.finish(id);
    }
    expect(order[0]).toBe('first');
    expect(order.slice(1).indexOf('long')).toBeLessThan(order.slice(1).indexOf('short'));
  });

  test('a user with one job is not behind the thousand of another', () => {
    const farm = createFarm({ checked: false });
    farm.join('n1', { slots: 2 });
    for (let at = 0; at < 1_000; at += 1) farm.submit(`a${at}`, { seconds: 5, user: 'ann' });
    farm.submit('b', { seconds: 5, user: 'bob' });
    let ended = 0;
    for (; farm.where('b').length === 0 && ended < 10; ended += 1) {
      const [lease] = farm.node('n1').leases.values();
      farm.finish(lease?.job.id ?? '');
    }
    expect(ended).toBeLessThanOrEqual(3);
  });

  test('a short job is served in the end, though longer ones keep coming', () => {
    const farm = createFarm({ checked: false });
    farm.join('n1');
    farm.submit('running', { seconds: 20 });
    farm.submit('short', { seconds: 0.5 });
    farm.submit('long', { seconds: 20 });
    let ended = 0;
    for (; farm.state.jobs.get('short')?.state === 'queued' && ended < 100; ended += 1) {
      for (let second = 0; second < 20; second += 5) {
        farm.advance(5_000);
        farm.beat('n1');
      }
      for (let each = 0; each < 2; each += 1) farm.submit(`l${ended}-${each}`, { seconds: 20 });
      const [lease] = farm.node('n1').leases.values();
      farm.start(lease?.job.id ?? '');
      farm.finish(lease?.job.id ?? '');
    }
    expect(ended).toBeLessThan(40);
    expect(ended).toBeGreaterThan(0);
  });

  test('while much is ahead the first that came goes first; a long one goes before it as soon as it is in a hurry', () => {
    const farm = createFarm();
    farm.join('n1');
    farm.submit('running', { seconds: 1 });
    const order = ['short', ...Array.from({ length: 20 }, (_, at) => `middle${at}`)];
    for (const id of order) farm.submit(id, { seconds: id === 'short' ? 0.5 : 1 });
    farm.submit('long', { seconds: 4 });
    const began: string[] = [];
    while (farm.state.jobs.size > 0) {
      farm.advance(250);
      const [lease] = [...farm.node('n1').leases.values()];
      if (lease === undefined) continue;
      began.push(lease.job.id);
      farm.start(lease.job.id);
      farm.finish(lease.job.id);
    }
    expect(began.slice(0, 4)).toEqual(['running', 'short', 'middle0', 'middle1']);
    // Twelve seconds are three times as long as it.
    expect(began.length - began.indexOf('long')).toBeGreaterThan(6);
    expect(began.length - began.indexOf('long')).toBeLessThan(14);
  });

  test('jobs as long as one that fits nowhere now are not behind it', () => {
    const farm = createFarm();
    farm.join('n1', { slots: 2, memoryBytes: 8 * GIB });
    farm.join('n2', { slots: 2, memoryBytes: 8 * GIB });
    farm.submit('r1', { seconds: 50, memoryBytes: GIB });
    farm.submit('r2', { seconds: 50, memoryBytes: GIB });
    farm.submit('big', { seconds: 5, memoryBytes: 7.5 * GIB });
    farm.submit('small', { seconds: 5, memoryBytes: GIB });
    expect(farm.job('big').state).toBe('queued');
    expect(farm.where('small')).toHaveLength(1);
  });
});

describe('what was sent ahead', () => {
  test('does not keep a job back that had to leave its node: it takes the next place', () => {
    const farm = createFarm();
    for (const name of ['home', 'n1', 'n2']) farm.join(name);
    farm.submit('guest', { seconds: 2 });
    for (let at = 0; at < 30; at += 1) farm.submit(`a${at}`, { seconds: 1 });
    const [home = ''] = farm.where('guest');
    farm.start('guest');
    farm.send({ type: 'owner', node: home, active: true, reason: 'keyboard' });
    expect(farm.where('guest')).toEqual([]);
    const other = [...farm.state.nodes.values()].find((node) => node.name !== home);
    const [first] = [...(other?.leases.values() ?? [])];
    farm.start(first?.job.id ?? '');
    farm.finish(first?.job.id ?? '');
    const [next] = [...(other?.leases.values() ?? [])];
    farm.start(next?.job.id ?? '');
    farm.advance(250);
    expect(farm.where('guest')).toEqual([other?.name]);
  });

  test('is asked back when the queue is empty and another node would be done sooner', () => {
    const farm = withOneAhead();
    farm.join('n2', { slots: 4, speed: 2 });
    const { id } = farm.lease('b');
    // All that waited is on the new node; the one ahead would still wait for a second.
    expect(farm.state.index.queued).toBe(0);
    farm.finish('c');
    const recalls = allOf(farm.log, 'recall');
    expect(recalls).toEqual([{ type: 'recall', node: 'n1', leaseId: id }]);
    const effects = farm.confirm(id, 'recalled');
    expect(assignments(effects)).toEqual(['b>n2']);
    expect(farm.job('b').attempts).toBe(1);
  });

  test('it had begun when it was asked back: nothing happens', () => {
    const farm = withOneAhead();
    farm.join('n2', { slots: 4, speed: 2 });
    farm.start('b');
    expect(farm.lease('b')).toMatchObject({ recalled: false, state: 'started' });
    expect(farm.state.ahead.size).toBe(0);
  });

  test('nothing is sent ahead while little waits', () => {
    const farm = createFarm();
    farm.join('n1', { slots: 4, cores: 4 });
    for (let at = 0; at < 6; at += 1) farm.submit(`a${at}`, { seconds: 1 });
    expect(farm.node('n1').leases.size).toBe(4);
  });
});

test('a job that needs much memory is not held up for ever by small ones that keep coming', () => {
  const farm = createFarm({ checked: false });
  for (const name of ['n1', 'n2']) farm.join(name, { slots: 4, memoryBytes: 16 * GIB });
  let next = 0;
  const fill = (): void => {
    while ([...farm.state.index.waiting()].length < 6) farm.submit(`s${(next += 1)}`, { seconds: 4, memoryBytes: 2 * GIB });
  };
  fill();
  farm.submit('big', { seconds: 5, memoryBytes: 12 * GIB });
  for (let second = 0; second < 600 && farm.job('big').state !== 'running'; second += 1) {
    for (const name of ['n1', 'n2']) farm.beat(name, { share: 1 });
    const running = [...farm.state.jobs.values()].filter((job) => job.state === 'running' && job.id !== 'big');
    for (const job of running) {
      if (job.leases[0]?.state === 'assigned') farm.start(job.id);
      // Not all at once.
      else if ((Number(job.id.slice(1)) + second) % 3 === 0) farm.finish(job.id);
    }
    fill();
    farm.advance(1_000);
  }
  expect(farm.job('big').state).toBe('running');
  expect([farm.node('n1').reservedFor, farm.node('n2').reservedFor]).toEqual([undefined, undefined]);
});

test('a user pays once for a job that is placed again', () => {
  const farm = createFarm();
  farm.join('n1');
  farm.submit('a', { seconds: 5 });
  const flow = farm.state.index.flows.of(farm.job('a'));
  const before = flow.virtualTime;
  farm.fail('a', 'recalled');
  expect(farm.where('a')).toEqual(['n1']);
  expect(farm.state.index.flows.of(farm.job('a')).virtualTime).toBe(before);
});
