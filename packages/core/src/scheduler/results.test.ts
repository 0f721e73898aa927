import { describe, expect, test } from 'vitest';
import { limits } from '../limits.js';
import { allOf, assignments, createFarm, GIB, oneOf, only, type TestFarm } from './testing/farm.js';
import type { FarmEffect } from './words.js';

const codeOf = (farm: TestFarm): string[] =>
  allOf(farm.log, 'done').map(({ jobId, outcome }) => `${jobId} ${outcome.kind === 'gave-up' ? outcome.code : outcome.kind}`);

describe('a failure of the farm', () => {
  test('is answered with another node, three times, then with home', () => {
    const farm = createFarm();
    for (const name of ['n1', 'n2', 'n3', 'n4']) farm.join(name);
    farm.submit('a', { seconds: 1 });
    const nodes = farm.where('a');
    farm.fail('a', 'sandbox');
    nodes.push(...farm.where('a'));
    farm.fail('a', 'sandbox');
    nodes.push(...farm.where('a'));
    expect(new Set(nodes).size).toBe(3);
    expect(codeOf(farm)).toEqual([]);
    farm.fail('a', 'sandbox');
    expect(codeOf(farm)).toEqual(['a sandbox']);
  });

  test('another node is waited for while there is one', () => {
    const farm = createFarm();
    farm.join('n1');
    farm.join('n2');
    farm.submit('a', { seconds: 5 });
    farm.submit('b', { seconds: 5 });
    farm.fail('a', 'sandbox');
    expect(farm.job('a').state).toBe('queued');
    farm.advance(2_000);
    expect(farm.job('a').state).toBe('queued');
    expect(assignments(farm.finish('b'))).toEqual(['a>n2']);
  });

  test('the node where it failed is better than none', () => {
    const farm = createFarm();
    farm.join('n1');
    farm.submit('a', { seconds: 5 });
    farm.fail('a', 'sandbox');
    expect(farm.where('a')).toEqual(['n1']);
  });

  test('a lease that never ran is no attempt, wherever it was', () => {
    const farm = createFarm();
    farm.join('n1');
    farm.submit('a', { seconds: 5 });
    for (const code of ['recalled', 'draining', 'owner', 'recalled', 'draining']) farm.fail('a', code);
    expect(farm.where('a')).toEqual(['n1']);
    expect(farm.job('a').attempts).toBe(1);
    expect(farm.node('n1').trouble).toBe(0);
  });

  test('a timeout is not tried again', () => {
    const farm = createFarm();
    farm.join('n1');
    farm.join('n2');
    farm.submit('a', { seconds: 5 });
    farm.fail('a', 'timeout');
    expect(codeOf(farm)).toEqual(['a timeout']);
  });

  test.each(['bad-input', 'output-too-big'])('%s is the job\'s own fault: it is tried once, and no node is blamed', (code) => {
    const farm = createFarm();
    farm.join('n1');
    farm.join('n2');
    farm.submit('a', { seconds: 5 });
    const [node] = farm.where('a');
    expect(oneOf(farm.fail('a', code), 'done').outcome).toMatchObject({ kind: 'gave-up', code });
    expect(farm.node(node ?? '').trouble).toBe(0);
  });

  test('nobody waits any more: it is not tried again', () => {
    const farm = createFarm();
    farm.join('n1');
    farm.submit('a', { seconds: 5, waiter: 'w' });
    farm.send({ type: 'join', jobId: 'a', waiter: 'w2' });
    farm.send({ type: 'leave', jobId: 'a', waiter: 'w' });
    expect(farm.where('a')).toEqual(['n1']);
    expect(oneOf(farm.send({ type: 'leave', jobId: 'a', waiter: 'w2' }), 'done').outcome.kind).toBe('cancelled');
  });
});

describe('a compiler that died', () => {
  const crash = (farm: TestFarm, id: string): FarmEffect[] => {
    const lease = farm.lease(id);
    return farm.send({ type: 'lease-finished', leaseId: lease.id, actionKey: `${id}/1`, node: lease.node.name, exitStatus: 139, crashed: true, cpuSeconds: 1, wallSeconds: 1, peakMemoryBytes: 1, outputBytes: 0 });
  };

  test('is tried on another node; where that one does well, the first is blamed', () => {
    const farm = createFarm();
    farm.join('n1');
    farm.join('n2');
    farm.submit('a', { seconds: 5 });
    const [first] = farm.where('a');
    expect(allOf(crash(farm, 'a'), 'done')).toEqual([]);
    const [second] = farm.where('a');
    expect(second).not.toBe(first);
    expect(farm.node(first ?? '').trouble).toBe(0);
    expect(oneOf(farm.finish('a'), 'done').outcome).toMatchObject({ kind: 'finished', node: second });
    expect(farm.node(first ?? '').trouble).toBe(1);
  });

  test('on two nodes dies of its source, and no node is blamed', () => {
    const farm = createFarm();
    for (const name of ['n1', 'n2', 'n3']) farm.join(name);
    farm.submit('a', { seconds: 5 });
    crash(farm, 'a');
    expect(oneOf(crash(farm, 'a'), 'done').outcome.kind).toBe('finished');
    expect(['n1', 'n2', 'n3'].map((name) => farm.node(name).trouble)).toEqual([0, 0, 0]);
  });

  test('on the only node is told at once', () => {
    const farm = createFarm();
    farm.join('n1');
    farm.submit('a', { seconds: 5 });
    expect(oneOf(crash(farm, 'a'), 'done').outcome).toMatchObject({ kind: 'finished', node: 'n1' });
  });

  test('and is heard of late, when the job waits for its next try already, changes nothing', () => {
    const farm = createFarm();
    farm.join('n1');
    farm.join('n2');
    farm.submit('a', { seconds: 5 });
    farm.submit('b', { seconds: 5 });
    const lease = farm.lease('a');
    farm.send({ type: 'stream-broken', node: lease.node.name, instance: `${lease.node.name}-1` });
    farm.advance(limits.brokenStreamGraceMs + 500);
    expect(farm.job('a').state).toBe('queued');
    farm.send({ type: 'lease-finished', leaseId: lease.id, actionKey: 'a/1', node: lease.node.name, exitStatus: 139, crashed: true, cpuSeconds: 1, wallSeconds: 1, peakMemoryBytes: 1, outputBytes: 0 });
    farm.finish('b');
    expect(farm.where('a')).toHaveLength(1);
  });
});

test.each(['exec', 'lease lost', 'coordinator-failed'])('%s is no fault of the node: it is tried elsewhere', (code) => {
  const farm = createFarm();
  farm.join('n1');
  farm.join('n2');
  farm.submit('a', { seconds: 5 });
  const [first] = farm.where('a');
  farm.fail('a', code);
  expect(farm.where('a')).not.toEqual([first]);
  expect(farm.node(first ?? '').trouble).toBe(0);
});

describe('missing inputs', () => {
  test('are looked for; there after all: another node', () => {
    const farm = createFarm();
    farm.join('n1');
    farm.join('n2');
    farm.submit('a', { seconds: 5 });
    const [first] = farm.where('a');
    expect(oneOf(farm.fail('a', 'missing-input'), 'verify-inputs').jobId).toBe('a');
    expect(farm.job('a').state).toBe('verifying');
    farm.send({ type: 'verified', jobId: 'a', complete: true });
    expect(farm.where('a')).not.toEqual([first]);
    expect(farm.node(first ?? '').trouble).toBe(0);
  });

  test('are not there: the client is told', () => {
    const farm = createFarm();
    farm.join('n1');
    farm.submit('a', { seconds: 5 });
    farm.fail('a', 'missing-input');
    expect(oneOf(farm.send({ type: 'verified', jobId: 'a', complete: false }), 'done').outcome).toEqual({ kind: 'missing' });
  });
});

describe('a job that was killed for want of memory', () => {
  test('goes where its peak fits, and the peak is remembered', () => {
    const farm = createFarm();
    farm.join('small', { memoryBytes: 4 * GIB, slots: 2, speed: 2 });
    farm.join('large', { memoryBytes: 16 * GIB, slots: 2 });
    farm.submit('a', { seconds: 5, memoryBytes: GIB });
    expect(farm.where('a')).toEqual(['small']);
    const effects = farm.fail('a', 'out-of-memory', { peakMemoryBytes: 3.5 * GIB });
    expect(assignments(effects)).toEqual(['a>large']);
    expect(oneOf(effects, 'learned')).toMatchObject({ key: 'key of a', record: { memoryBytes: 5.25 * GIB } });
    expect(farm.node('large').committedBytes).toBe(5.25 * GIB);
    expect(farm.node('small').trouble).toBe(0);
    // The next one of its kind is not sent there in the first place, beside others.
    farm.submit('filler', { seconds: 5 });
    expect(farm.where('filler')).toEqual(['small']);
    farm.submit('again', { costKeys: ['key of a'] });
    expect(farm.where('again')).toEqual(['large']);
  });

  test('gets the roomiest node for itself when its peak is not far from all that it has', () => {
    const farm = createFarm();
    farm.join('only', { memoryBytes: 8 * GIB, slots: 2 });
    farm.submit('other', { seconds: 5 });
    farm.submit('a', { seconds: 5, memoryBytes: GIB });
    farm.fail('a', 'out-of-memory', { peakMemoryBytes: 6 * GIB });
    // Half as much again would be more than there is.
    expect(farm.job('a').state).toBe('queued');
    expect(assignments(farm.finish('other'))).toEqual(['a>only']);
    // And nothing goes beside it.
    farm.submit('later', { seconds: 1, memoryBytes: GIB });
    expect(farm.job('later').state).toBe('queued');
  });

  test('does not wait for ever when no node can hold it', () => {
    const farm = createFarm();
    farm.join('n1', { memoryBytes: 4 * GIB });
    farm.join('n2', { memoryBytes: 4 * GIB });
    farm.submit('a', { seconds: 5, memoryBytes: GIB });
    farm.fail('a', 'out-of-memory', { peakMemoryBytes: 4 * GIB });
    expect(farm.job('a').state).toBe('queued');
    farm.advance(limits.noWorkerGraceMs + 500);
    expect(codeOf(farm)).toEqual(['a out-of-memory']);
  });

  test('nor when others on the machine use what it would need', () => {
    const farm = createFarm();
    farm.join('n1', { memoryBytes: 8 * GIB });
    farm.submit('a', { seconds: 5, memoryBytes: GIB });
    farm.fail('a', 'out-of-memory', { peakMemoryBytes: 4 * GIB });
    farm.fail('a', 'recalled');
    expect(farm.where('a')).toEqual(['n1']);
    farm.fail('a', 'draining');
    farm.send({ type: 'stream-broken', node: 'n1', instance: 'n1-1' });
    farm.join('n1', { memoryBytes: 8 * GIB });
    farm.finish('a');
    farm.submit('b', { seconds: 5, memoryBytes: GIB });
    farm.beat('n1', { freeMemoryBytes: 4 * GIB });
    farm.fail('b', 'out-of-memory', { peakMemoryBytes: 5 * GIB });
    expect(farm.job('b').state).toBe('queued');
    farm.advance(limits.noWorkerGraceMs + 500);
    expect(codeOf(farm)).toContain('b out-of-memory');
  });
});

test('with all disks full nobody waits for ever; with one that is not, all wait for that', () => {
  const farm = createFarm();
  farm.join('n1');
  farm.join('n2');
  farm.submit('long', { seconds: 100 });
  farm.beat('n1', { freeDiskBytes: 1_000_000 });
  farm.beat('n2', { freeDiskBytes: 1 });
  expect(farm.node('n2')).toMatchObject({ state: 'full', stateReason: '0 MiB are free on its disk' });
  farm.submit('a', { seconds: 1 });
  expect(farm.job('a').state).toBe('queued');
  farm.advance(limits.noWorkerGraceMs - 500);
  expect(codeOf(farm)).toEqual([]);
  farm.beat('n1', { freeDiskBytes: 100 * GIB });
  farm.beat('n2', { freeDiskBytes: 1_000_000 });
  farm.advance(2_000);
  expect(farm.where('long')).toEqual(['n1']);
  expect(farm.job('a').state).toBe('queued');
  farm.beat('n1', { freeDiskBytes: 1_000_000 });
  farm.advance(limits.noWorkerGraceMs + 500);
  expect(codeOf(farm)).toEqual(['a no-worker']);
});

test('a node whose disk was full takes jobs again when there is twice the room that a job must have', () => {
  const farm = createFarm();
  farm.join('n1');
  farm.beat('n1', { freeDiskBytes: limits.jobDiskBytesMin - 1 });
  farm.beat('n1', { freeDiskBytes: limits.jobDiskBytesMin + 1 });
  expect(farm.node('n1').state).toBe('full');
  farm.beat('n1', { freeDiskBytes: 2 * limits.jobDiskBytesMin });
  expect(farm.node('n1').state).toBe('ready');
});

test('a job for one node that is too small for it is given back', () => {
  const farm = createFarm();
  farm.join('n1', { memoryBytes: 4 * GIB });
  farm.join('n2', { memoryBytes: 64 * GIB });
  farm.submit('a', { seconds: 5, memoryBytes: GIB, requirements: only('n1') });
  farm.fail('a', 'out-of-memory', { peakMemoryBytes: 6 * GIB });
  farm.advance(limits.noWorkerGraceMs + 500);
  expect(codeOf(farm)).toEqual(['a out-of-memory']);
});
