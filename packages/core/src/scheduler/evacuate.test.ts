import { describe, expect, test } from 'vitest';
import { limits } from '../limits.js';
import { allOf, assignments, createFarm, decisionsOf, GIB, oneOf, only, type TestFarm } from './testing/farm.js';
import type { FarmEffect } from './words.js';

const ownerComes = (farm: TestFarm, node: string): FarmEffect[] => farm.send({ type: 'owner', node, active: true, reason: 'keyboard' });
const ownerGoes = (farm: TestFarm, node: string): FarmEffect[] => farm.send({ type: 'owner', node, active: false, reason: '' });

describe('the owner of a node comes back', () => {
  test('guests go to a free node at once, and nothing new comes', () => {
    const farm = createFarm();
    farm.join('desk', { slots: 2 });
    farm.submit('a', { seconds: 60 });
    farm.start('a');
    farm.join('rack');
    const effects = ownerComes(farm, 'desk');
    expect(decisionsOf(effects)).toMatchObject([{ method: 'restart', cause: 'owner', from: 'desk', to: 'rack' }]);
    expect(oneOf(effects, 'cancel-lease')).toMatchObject({ node: 'desk', reason: expect.stringContaining('the owner of desk is back (keyboard)') });
    expect(assignments(effects)).toEqual(['a>rack']);
    expect(farm.node('desk').state).toBe('owner');
    expect(assignments(farm.submit('b', { seconds: 1 }))).toEqual([]);
    expect(assignments(ownerGoes(farm, 'desk'))).toEqual(['b>desk']);
  });

  test('guests wait in the queue when all other nodes are full', () => {
    const farm = createFarm();
    farm.join('rack');
    farm.submit('long', { seconds: 60 });
    farm.start('long');
    farm.join('desk');
    farm.submit('a', { seconds: 60 });
    farm.start('a');
    expect(farm.where('a')).toEqual(['desk']);
    const effects = ownerComes(farm, 'desk');
    expect(decisionsOf(effects)).toMatchObject([{ method: 'restart', cause: 'owner', from: 'desk', to: '' }]);
    expect(farm.job('a').state).toBe('queued');
    expect(assignments(farm.finish('long'))).toEqual(['a>rack']);
  });

  test('being sent away again and again is no failed attempt', () => {
    const farm = createFarm();
    for (const name of ['rack', 'desk']) farm.join(name);
    for (const id of ['long', 'a']) {
      farm.submit(id, { seconds: 60 });
      farm.start(id);
    }
    expect(farm.where('a')).toEqual(['desk']);
    for (let times = 0; times < 3; times += 1) {
      ownerComes(farm, 'desk');
      expect(farm.job('a').state).toBe('queued');
      farm.confirm([...farm.node('desk').leases.keys()][0] ?? '');
      ownerGoes(farm, 'desk');
      expect(farm.where('a')).toEqual(['desk']);
      farm.start('a');
    }
    expect(farm.job('a').attempts).toBe(1);
    // The first real failure is answered with a retry.
    expect(allOf(farm.fail('a', 'internal'), 'done')).toEqual([]);
  });

  test('a guest that can go nowhere is given back when the owner has waited long enough', () => {
    const farm = createFarm();
    farm.join('desk', { slots: 2 });
    farm.submit('a', { seconds: 60 });
    farm.submit('pinned', { seconds: 60, requirements: only('desk') });
    farm.start('a');
    farm.start('pinned');
    ownerComes(farm, 'desk');
    expect(allOf(farm.advance(limits.ownerLeaveMsMax - 500), 'done')).toEqual([]);
    const effects = farm.advance(1_000);
    expect(allOf(effects, 'done').map(({ jobId, outcome }) => [jobId, outcome.kind === 'gave-up' ? outcome.code : outcome.kind])).toEqual([['a', 'owner-returned'], ['pinned', 'owner-returned']]);
    expect(allOf(effects, 'cancel-lease').map((effect) => effect.node)).toEqual(['desk', 'desk']);
  });

  test('a job with a copy elsewhere only loses the copy here', () => {
    const farm = createFarm();
    farm.join('desk');
    farm.submit('a', { seconds: 10 });
    farm.start('a');
    farm.join('rack');
    for (let second = 0; second < 5; second += 1) {
      farm.advance(1_000);
      farm.beat('desk', { share: 0.2 });
    }
    expect(farm.where('a')).toEqual(['desk', 'rack']);
    const effects = ownerComes(farm, 'desk');
    expect(allOf(effects, 'assign')).toEqual([]);
    expect(farm.where('a')).toEqual(['rack']);
    expect(farm.job('a').state).toBe('running');
  });
});

describe('memory runs short', () => {
  function crowded(): TestFarm {
    const farm = createFarm();
    farm.join('small', { slots: 3, memoryBytes: 8 * GIB });
    for (const [id, bytes] of [['old', 1], ['middle', 3], ['young', 5]] as const) {
      farm.submit(id, { seconds: 60, memoryBytes: bytes * GIB - GIB / 2 });
      farm.start(id);
      farm.sleep(100);
    }
    expect(farm.node('small').leases.size).toBe(3);
    return farm;
  }

  test('the youngest that fits elsewhere moves, one at a time', () => {
    const farm = crowded();
    farm.join('other', { memoryBytes: 4 * GIB });
    farm.submit('filler', { seconds: 60, memoryBytes: GIB / 2, requirements: only('other') });
    farm.join('other', { slots: 2, memoryBytes: 4 * GIB });
    farm.start('filler');
    const effects = farm.beat('small', { memoryPressure: 0.6 });
    expect(decisionsOf(effects)).toMatchObject([{ cause: 'memory', method: 'restart', from: 'small', to: 'other' }]);
    expect(assignments(effects)).toEqual(['middle>other']);
    farm.sleep(500);
    expect(decisionsOf(farm.beat('small', { memoryPressure: 0.6 }))).toEqual([]);
  });

  test('nothing moves when it fits nowhere', () => {
    const farm = crowded();
    expect(decisionsOf(farm.beat('small', { memoryPressure: 0.6 }))).toEqual([]);
    expect(farm.node('small').leases.size).toBe(3);
  });

  test('the only job of a node stays', () => {
    const farm = createFarm();
    farm.join('small', { memoryBytes: 2 * GIB });
    farm.join('other');
    farm.submit('a', { seconds: 10, requirements: only('small') });
    farm.start('a');
    expect(decisionsOf(farm.beat('small', { memoryPressure: 0.9, freeMemoryBytes: 0 }))).toEqual([]);
  });
});
