import { describe, expect, test } from 'vitest';
import { limits } from '../limits.js';
import { allOf, assignments, createFarm, GIB, jobSpec, labelled, nodeSpec, oneOf } from './testing/farm.js';

describe('silence', () => {
  test('a node with leases that is silent loses them, and is heard again when it comes back', () => {
    const farm = createFarm();
    farm.join('n1');
    farm.submit('a', { seconds: 60 });
    farm.start('a');
    const effects = farm.advance(limits.leaseExpiryMs + 500);
    expect(oneOf(effects, 'close-stream').node).toBe('n1');
    expect(oneOf(effects, 'node-state')).toMatchObject({ state: 'lost', reason: 'silent' });
    expect(farm.job('a').state).toBe('queued');
    expect(assignments(farm.join('n1'))).toEqual(['a>n1']);
  });

  test('a node without leases may be silent for longer', () => {
    const farm = createFarm();
    farm.join('n1');
    farm.advance(limits.idleExpiryMs);
    expect(farm.node('n1').state).toBe('ready');
    // Its first lease gives it time to speak.
    farm.submit('a', { seconds: 60 });
    expect(allOf(farm.advance(limits.leaseExpiryMs - 500), 'node-state')).toEqual([]);
  });

  test('while this process stood still nobody was silent', () => {
    const farm = createFarm();
    farm.join('n1');
    farm.submit('a', { seconds: 60 });
    farm.advance(1_000);
    farm.start('a');
    farm.beat('n1');
    farm.sleep(3_600_000);
    expect(allOf(farm.send({ type: 'tick' }), 'node-state')).toEqual([]);
    expect(farm.where('a')).toEqual(['n1']);
    expect(allOf(farm.advance(limits.leaseExpiryMs + 500), 'node-state')).toHaveLength(1);
  });

  test('after it stood still, what it heard before the first tick gives no credit for the time to come', () => {
    const farm = createFarm();
    farm.join('n1');
    farm.join('n2');
    farm.submit('a', { seconds: 60, movable: false, timeoutMs: 1e8 });
    farm.submit('b', { seconds: 60, movable: false, timeoutMs: 1e8 });
    farm.advance(1_000);
    farm.start('a');
    farm.start('b');
    farm.sleep(3_600_000);
    farm.beat('n1');
    farm.send({ type: 'stream-broken', node: 'n2', instance: 'n2-1' });
    const effects = farm.advance(limits.leaseExpiryMs + 1_000);
    expect(allOf(effects, 'node-state').map(({ node, reason }) => [node, reason])).toEqual([['n1', 'silent']]);
    expect([farm.job('a').state, farm.job('b').state]).toEqual(['queued', 'queued']);
  });
});

describe('a worker comes back', () => {
  test('with its leases: they go on', () => {
    const farm = createFarm();
    farm.join('n1', { slots: 2 });
    farm.submit('a', { seconds: 60 });
    farm.submit('b', { seconds: 60 });
    farm.start('a');
    farm.send({ type: 'stream-broken', node: 'n1', instance: 'n1-1' });
    farm.advance(1_000);
    const leases = ['a', 'b'].map((id) => farm.lease(id).id);
    const effects = farm.send({ type: 'node-joined', node: nodeSpec('n1', { slots: 2 }), runningLeases: leases.map((leaseId) => ({ leaseId, adopt: undefined })) });
    expect(effects[0]).toEqual({ type: 'welcome', node: 'n1', unknownLeases: [] });
    for (let second = 0; second < 10; second += 1) {
      farm.advance(1_000);
      farm.beat('n1');
    }
    expect([farm.lease('a').id, farm.lease('b').id]).toEqual(leases);
    expect(farm.job('a').attempts).toBe(1);
  });

  test('without one of them: its result may still come for a moment, then it is lost', () => {
    const farm = createFarm();
    farm.join('n1');
    farm.submit('a', { seconds: 60 });
    farm.start('a');
    const { id } = farm.lease('a');
    farm.join('n1');
    expect(allOf(farm.advance(limits.leaseReattachMs - 250), 'cancel-lease')).toEqual([]);
    const effects = farm.advance(500);
    expect(oneOf(effects, 'cancel-lease').leaseId).toBe(id);
    expect(assignments(effects)).toEqual(['a>n1']);
  });

  test('without one that was being cancelled: its slot is free at once', () => {
    const farm = createFarm();
    farm.join('n1');
    farm.submit('a', { seconds: 60, waiter: 'w' });
    farm.start('a');
    farm.send({ type: 'leave', jobId: 'a', waiter: 'w' });
    farm.submit('b', { seconds: 1 });
    expect(farm.job('b').state).toBe('queued');
    expect(assignments(farm.join('n1', { instance: 'n1-2' }))).toEqual(['b>n1']);
  });

  test('a lease of a coordinator that is gone becomes a job again, or the answer to one that waits', () => {
    const farm = createFarm();
    farm.send({ type: 'node-joined', node: nodeSpec('n1', { slots: 3 }), runningLeases: [{ leaseId: 'old', adopt: jobSpec('a') }, { leaseId: 'secret', adopt: jobSpec('b', { joinable: false }) }] });
    expect(oneOf(farm.log, 'welcome').unknownLeases).toEqual(['secret']);
    expect(farm.lease('a')).toMatchObject({ id: 'old', state: 'started' });
    farm.send({ type: 'join', jobId: 'a', waiter: 'w' });
    expect(oneOf(farm.finish('a'), 'done')).toMatchObject({ waiters: ['w'], outcome: { kind: 'finished', leaseId: 'old' } });
  });

  test('a queued job takes up the lease that already runs it', () => {
    const farm = createFarm();
    farm.join('n0');
    farm.command({ kind: 'hold', node: 'n0', holdMs: 100_000 });
    farm.submit('a', { seconds: 5 });
    expect(farm.job('a').state).toBe('queued');
    farm.send({ type: 'node-joined', node: nodeSpec('n1'), runningLeases: [{ leaseId: 'old', adopt: jobSpec('other', { actionKey: 'a/1' }) }] });
    expect(farm.where('a')).toEqual(['n1']);
    expect(farm.state.index.queued).toBe(0);
  });

  test('with other slots, labels and speed: counted as it is now', () => {
    const farm = createFarm();
    farm.join('n1', { slots: 4, labels: new Map([['os', 'sid']]) });
    farm.submit('a', { seconds: 60, requirements: labelled('os', 'sid') });
    farm.start('a');
    farm.join('n1', { slots: 1, speed: 8, labels: new Map([['os', 'trixie']]) });
    expect(farm.state.index.slots).toBe(1);
    farm.submit('b', { seconds: 1, requirements: labelled('os', 'trixie') });
    expect(farm.job('b').state).toBe('queued');
    farm.join('n1', { slots: 2, labels: new Map([['os', 'trixie']]) });
    expect(farm.where('b')).toEqual(['n1']);
  });

  test('restarted: what was known of its load, memory and inputs is of another life', () => {
    const farm = createFarm();
    farm.join('n1', { slots: 4, memoryBytes: 16 * GIB });
    farm.submit('a', { seconds: 1, bulkKey: 'gcc', bulkBytes: 1_000 });
    farm.finish('a');
    farm.beat('n1', { load: 3, memoryPressure: 0.9, freeMemoryBytes: GIB });
    farm.join('n1', { instance: 'n1-2', slots: 4, memoryBytes: 16 * GIB });
    expect(farm.node('n1')).toMatchObject({ holds: [], load: 0, memoryPressure: 0, othersMemoryBytes: 0, freeMemoryBytes: 16 * GIB, ownerActive: false });
    expect(farm.state.index.holders('gcc')).toEqual([]);
  });

  test('an older heartbeat of the same stream is dropped, one of a new stream is not', () => {
    const farm = createFarm();
    farm.join('n1', { slots: 4 });
    farm.beat('n1', { sequence: 7, load: 2 });
    farm.beat('n1', { sequence: 6, load: 1 });
    expect(farm.node('n1').load).toBe(2);
    farm.join('n1', { slots: 4 });
    farm.beat('n1', { sequence: 1, load: 1 });
    expect(farm.node('n1').load).toBe(1);
  });
});

describe('a worker goes', () => {
  test('it drained and left: its jobs go elsewhere at once, and it is not to blame', () => {
    const farm = createFarm();
    farm.join('n1');
    farm.submit('a', { seconds: 60 });
    farm.join('n2');
    farm.send({ type: 'node-draining', node: 'n1' });
    const effects = farm.send({ type: 'stream-broken', node: 'n1', instance: 'n1-1' });
    expect(assignments(effects)).toEqual(['a>n2']);
    expect(farm.node('n1').trouble).toBe(0);
  });

  test('its stream broke: it has a moment to come back', () => {
    const farm = createFarm();
    farm.join('n1');
    farm.submit('a', { seconds: 60 });
    farm.join('n2');
    farm.send({ type: 'stream-broken', node: 'n1', instance: 'n1-1' });
    expect(farm.where('a')).toEqual(['n1']);
    expect(assignments(farm.advance(limits.brokenStreamGraceMs))).toEqual(['a>n2']);
  });

  test('a stream of an earlier life says nothing', () => {
    const farm = createFarm();
    farm.join('n1', { instance: 'new' });
    farm.send({ type: 'stream-broken', node: 'n1', instance: 'old' });
    expect(farm.node('n1').state).toBe('ready');
  });

  test('after a long while it is forgotten, with all that pointed to it', () => {
    const farm = createFarm();
    farm.join('n1');
    farm.submit('a', { seconds: 1, bulkKey: 'gcc', bulkBytes: 1_000 });
    farm.finish('a');
    farm.send({ type: 'stream-broken', node: 'n1', instance: 'n1-1' });
    farm.advance(limits.lostNodeMs + 1_000);
    expect(farm.state.nodes.size).toBe(0);
    expect(farm.state.index.slots).toBe(0);
    expect(farm.state.index.holders('gcc')).toEqual([]);
  });

  test('no worker is left: queued jobs are told so after a moment, later ones at once', () => {
    const farm = createFarm();
    farm.join('n1');
    farm.submit('a', { seconds: 60 });
    farm.submit('b', { seconds: 60 });
    farm.send({ type: 'stream-broken', node: 'n1', instance: 'n1-1' });
    expect(allOf(farm.advance(limits.noWorkerGraceMs - 250), 'done')).toEqual([]);
    expect(allOf(farm.advance(500), 'done').map(({ jobId, outcome }) => [jobId, outcome.kind])).toEqual([['b', 'no-worker'], ['a', 'no-worker']]);
    expect(oneOf(farm.submit('c'), 'done').outcome.kind).toBe('no-worker');
  });
});

describe('a lease that stands still', () => {
  test('though its worker speaks: it ends when it has not run for its timeout', () => {
    const farm = createFarm();
    farm.join('n1');
    farm.submit('a', { seconds: 60, timeoutMs: 20_000, movable: false });
    farm.start('a');
    const { id: leaseId } = farm.lease('a');
    const stuck = (): void => {
      farm.advance(1_000);
      farm.send({
        type: 'node-heartbeat', node: 'n1', sequence: 0, load: 0, freeMemoryBytes: 15 * GIB, freeDiskBytes: 0, memoryPressure: 0,
        leases: [{ leaseId, cpuSeconds: 3, wallSeconds: 3, memoryBytes: 0, paused: false }],
      });
    };
    const endMs = 20_000 + 2 * limits.leaseTimeoutSlackMs;
    while (farm.now < endMs) stuck();
    expect(farm.where('a')).toEqual(['n1']);
    for (let second = 0; second < 3; second += 1) stuck();
    expect(allOf(farm.log, 'done').map(({ outcome }) => outcome)).toMatchObject([{ kind: 'gave-up', code: 'timeout' }]);
  });
});

test('a farm of lost nodes has room for new ones: those that were lost for the longest are forgotten', () => {
  const farm = createFarm({ checked: false });
  for (let number = 0; number < limits.nodesMax; number += 1) farm.join(`n${number}`);
  for (const name of ['n7', 'n3']) {
    farm.send({ type: 'stream-broken', node: name, instance: `${name}-1` });
    farm.sleep(1_000);
  }
  farm.join('new1');
  expect([farm.state.nodes.has('n7'), farm.state.nodes.has('n3')]).toEqual([false, true]);
  farm.join('new2');
  expect(farm.state.nodes.size).toBe(limits.nodesMax);
});
