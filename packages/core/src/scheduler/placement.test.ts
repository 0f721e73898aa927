import { describe, expect, test } from 'vitest';
import { createFarm, createRandom, GIB, labelled, only, type TestFarm } from './testing/farm.js';
import { expectedMs } from './placement.js';

/** `fast` is four times as fast and has been given a job of this many seconds of its own time; `slow` is idle. */
function fastBusy(seconds: number): TestFarm {
  const farm = createFarm();
  farm.join('fast', { speed: 4 });
  farm.submit('first', { seconds: seconds * 4 });
  farm.start('first');
  farm.join('slow');
  return farm;
}

describe('a free slow node and a fast busy one', () => {
  test('the job waits for the fast one when it is done sooner there', () => {
    const farm = fastBusy(1);
    farm.submit('a', { seconds: 8 });
    expect(farm.job('a').state).toBe('queued');
    farm.advance(1_000);
    farm.finish('first');
    expect(farm.where('a')).toEqual(['fast']);
    expect(farm.job('a').placement?.expectedMs).toBeCloseTo(2_020);
  });

  test('and takes the slow one when it is done sooner there', () => {
    const farm = fastBusy(30);
    farm.submit('a', { seconds: 8 });
    expect(farm.where('a')).toEqual(['slow']);
  });

  test('with much work before it the slow one is of use, too', () => {
    const farm = fastBusy(1);
    for (let at = 0; at < 20; at += 1) farm.submit(`a${at}`, { seconds: 8 });
    expect(farm.node('slow').leases.size).toBeGreaterThan(0);
  });

  test('a promise that is not kept is not waited for longer than the slow node would have taken', () => {
    const farm = fastBusy(1);
    farm.submit('a', { seconds: 8 });
    for (let second = 0; second < 8; second += 1) {
      farm.advance(1_000);
      farm.beat('fast');
      if (farm.state.jobs.get('a')?.state !== 'queued') break;
    }
    farm.advance(1_000);
    expect(farm.where('a')).toEqual(['slow']);
  });
});

describe('among free nodes', () => {
  test('the fastest, then the emptiest, then the first', () => {
    const farm = createFarm();
    farm.join('n1');
    farm.join('n2', { speed: 2, slots: 2 });
    farm.join('n3', { speed: 2, slots: 2 });
    const order = ['a', 'b', 'c', 'd', 'e'].map((id) => {
      farm.submit(id, { seconds: 0.1 });
      return farm.where(id)[0];
    });
    expect(order).toEqual(['n2', 'n3', 'n2', 'n3', 'n1']);
  });

  test('the one that holds the toolchain, unless it is so slow that sending is sooner', () => {
    const bulk = { bulkKey: 'gcc-14', bulkBytes: 160_000_000 };
    const farm = createFarm();
    farm.join('holder');
    farm.submit('first', { seconds: 1, ...bulk });
    farm.finish('first');
    farm.join('faster', { speed: 1.5 });
    // Two seconds to send; short jobs go where it is, long ones where they are done sooner.
    farm.submit('short', { seconds: 1, ...bulk });
    expect(farm.where('short')).toEqual(['holder']);
    farm.finish('short');
    farm.submit('long', { seconds: 30, ...bulk });
    expect(farm.where('long')).toEqual(['faster']);
  });

  test('a holder is found though hundreds of nodes without are as fast', () => {
    const farm = createFarm({ checked: false });
    const bulk = { bulkKey: 'gcc-14', bulkBytes: 160_000_000 };
    for (let at = 0; at < 200; at += 1) farm.join(`n${at}`, { speed: 1.05 });
    farm.join('holder', { labels: new Map([['here', 'yes']]) });
    farm.submit('first', { seconds: 1, ...bulk, requirements: labelled('here', 'yes') });
    farm.finish('first');
    farm.submit('second', { seconds: 1, ...bulk });
    expect(farm.where('second')).toEqual(['holder']);
  });

  test('one with a busy owner counts for what is left of it', () => {
    const farm = createFarm();
    farm.join('desk', { speed: 2, slots: 4, cores: 4 });
    farm.join('rack');
    farm.beat('desk', { load: 3.75 });
    farm.submit('a', { seconds: 4 });
    expect(farm.where('a')).toEqual(['rack']);
  });

  test('one that starves its jobs counts for what they got, until it has been idle for a while', () => {
    const farm = createFarm();
    farm.join('sick', { speed: 2, slots: 2 });
    farm.submit('a', { seconds: 60, movable: false });
    farm.start('a');
    for (let second = 0; second < 5; second += 1) {
      farm.advance(1_000);
      farm.beat('sick', { share: 0.2 });
    }
    farm.join('well');
    farm.submit('b', { seconds: 4 });
    expect(farm.where('b')).toEqual(['well']);
    farm.finish('a');
    farm.finish('b');
    for (let tens = 0; tens < 18; tens += 1) {
      farm.advance(10_000);
      for (const name of ['sick', 'well']) farm.beat(name);
    }
    farm.submit('c', { seconds: 4 });
    expect(farm.where('c')).toEqual(['sick']);
  });
});

describe('memory', () => {
  test('a job goes only where its predicted peak fits beside the others', () => {
    const farm = createFarm();
    farm.join('fast', { slots: 8, speed: 4, memoryBytes: 4 * GIB });
    farm.join('large', { slots: 8, memoryBytes: 32 * GIB });
    farm.submit('a', { seconds: 1, memoryBytes: 3 * GIB });
    farm.submit('b', { seconds: 1, memoryBytes: 3 * GIB });
    expect([farm.where('a'), farm.where('b')]).toEqual([['fast'], ['large']]);
  });

  test('what others use there is not to be had', () => {
    const farm = createFarm();
    farm.join('n1', { slots: 8, memoryBytes: 16 * GIB });
    farm.submit('a', { seconds: 10, memoryBytes: GIB });
    farm.start('a');
    farm.beat('n1', { freeMemoryBytes: 2 * GIB, memoryBytes: GIB });
    farm.submit('b', { seconds: 10, memoryBytes: 2 * GIB });
    expect(farm.job('b').state).toBe('queued');
    farm.beat('n1', { freeMemoryBytes: 10 * GIB, memoryBytes: GIB });
    farm.advance(250);
    expect(farm.where('b')).toEqual(['n1']);
  });

  test('a job too big for every node gets one for itself', () => {
    const farm = createFarm();
    farm.join('n1', { slots: 8, memoryBytes: 4 * GIB });
    farm.submit('a', { seconds: 10, memoryBytes: 9 * GIB });
    farm.submit('b', { seconds: 1 });
    expect([farm.where('a'), farm.where('b')]).toEqual([['n1'], []]);
  });

  test('the one node with room is found among hundreds without', () => {
    const farm = createFarm({ checked: false });
    for (let at = 0; at < 300; at += 1) farm.join(`n${at}`, { slots: 2, memoryBytes: GIB });
    farm.join('large', { slots: 2, memoryBytes: 64 * GIB });
    // Everyone is busy with one job, and the large one is nowhere near the top.
    for (let at = 0; at < 301; at += 1) farm.submit(`f${at}`, { seconds: 1 });
    expect(farm.node('large').leases.size).toBe(1);
    farm.submit('big', { seconds: 1, memoryBytes: 8 * GIB });
    farm.advance(500);
    expect(farm.where('big')).toEqual(['large']);
  });
});

test('on random farms a lone job goes where its completion is expected soonest, within a bucket of rates', () => {
  const random = createRandom(7);
  for (let round = 0; round < 300; round += 1) {
    const farm = createFarm();
    const names = Array.from({ length: 1 + random.below(12) }, (_, at) => `n${at}`);
    for (const name of names) {
      const slots = 1 + random.below(4);
      farm.join(name, { slots, cores: slots * (0.25 + random.unit()), speed: 0.25 * 2 ** random.below(6), memoryBytes: random.pick([1, 2, 8]) * GIB });
    }
    for (let at = random.below(2 * names.length); at > 0; at -= 1) farm.submit(`f${at}`, { seconds: 0.1 + 5 * random.unit(), memoryBytes: random.unit() * GIB });
    const seconds = 0.1 + 10 * random.unit();
    const memoryBytes = random.unit() * 2 * GIB;
    farm.state.history.learn(['probe'], { cpuSeconds: seconds, memoryBytes, outputBytes: 0 });
    const before = [...farm.state.nodes.values()].map((node) => ({ node, free: node.leases.size < node.slots, room: node.leases.size === 0 || node.committedBytes + memoryBytes <= 0.95 * node.memoryBytes, rate: node.rate }));
    farm.submit('probe', { costKeys: ['probe'] });
    const job = farm.job('probe');
    const able = before.filter(({ free, room }) => free && room);
    if (job.state !== 'running') continue;
    const best = Math.min(...able.map(({ rate }) => (1_000 * seconds) / rate));
    expect(job.placement?.expectedMs).toBeLessThanOrEqual(best * 1.1 + 21);
    expect(able.map(({ node }) => node.name)).toContain(farm.where('probe')[0]);
    expect(expectedMs(farm.node(farm.where('probe')[0] ?? ''), job)).toBeGreaterThan(0);
  }
});

test('nodes that cannot take a job, however many, do not hold up those that can', () => {
  const farm = createFarm();
  for (let number = 0; number < 40; number += 1) farm.join(`small${number}`, { slots: 2, speed: 1.1, memoryBytes: 2 * GIB });
  for (let number = 0; number < 20; number += 1) farm.join(`roomy${number}`, { memoryBytes: 64 * GIB });
  // They are a bit faster. One job on each, beside which no big one fits.
  for (let number = 0; number < 40; number += 1) farm.submit(`job${number}`, { seconds: 100, memoryBytes: GIB, requirements: only(`small${number}`) });
  for (let number = 0; number < 20; number += 1) farm.submit(`big${number}`, { seconds: 100, memoryBytes: 32 * GIB });
  expect([...Array(20).keys()].filter((number) => farm.job(`big${number}`).state === 'running')).toHaveLength(20);
});
