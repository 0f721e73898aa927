import type { FarmEffect, FarmEvent, JobSpec } from '@mosix/core';
import { describe, expect, test } from 'vitest';
import { createFifoPolicy } from './fifo.js';
import type { RivalJob, RivalNode, Rule } from './fifo.js';
import { distcc, icecream, icecreamSpeed, leastLoadBySpeed, leastLoaded, randomNode, roundRobin, twoChoices } from './rules.js';

const spec = (id: string): JobSpec => ({
  id, actionKey: `${id}/1`, joinable: true, requirements: { key: '', instructionSets: [], labels: [] }, timeoutMs: 1, label: id, user: 'u', priority: 0, costKeys: [], sourceBytes: 0,
  bulkKey: '', bulkBytes: 0, movable: true,
});
const job = (number: number): RivalJob => ({ spec: spec(`j${number}`), number });
const node = (name: string, more: Partial<RivalNode> = {}): RivalNode => ({ name, order: 0, slots: 2, speed: 1, load: 0, running: 0, taken: new Set(), holds: new Set(), installing: false, ...more });
/** Takes jobs one after another, none ends. */
function order(rule: Rule, nodes: RivalNode[], count: number): (string | undefined)[] {
  return Array.from({ length: count }, (_, index) => {
    const picked = rule.pick(nodes, job(index + 1));
    if (picked === undefined) return undefined;
    let slot = 0;
    while (picked.taken.has(slot)) slot += 1;
    picked.taken.add(slot);
    picked.running += 1;
    return picked.name;
  });
}

describe('each rule against an example by hand', () => {
  test('distcc: slot 0 of all hosts in the order of the list, then slot 1', () => {
    expect(order(distcc(), [node('a'), node('b', { slots: 1 }), node('c', { slots: 3 })], 7)).toEqual(['a', 'b', 'c', 'a', 'c', 'c', undefined]);
  });

  test('distcc: a slot that is free again is the first to go', () => {
    const nodes = [node('a'), node('b')];
    order(distcc(), nodes, 3);
    (nodes[1] as RivalNode).taken.delete(0);
    (nodes[1] as RivalNode).running -= 1;
    expect(order(distcc(), nodes, 2)).toEqual(['b', 'b']);
  });

  test('round robin', () => {
    expect(order(roundRobin(), [node('a'), node('b', { slots: 1 }), node('c')], 6)).toEqual(['a', 'b', 'c', 'a', 'c', undefined]);
  });

  test('least loaded looks at slots, not at speed', () => {
    expect(order(leastLoaded(), [node('slow', { slots: 4 }), node('fast', { speed: 8 })], 4)).toEqual(['slow', 'fast', 'slow', 'slow']);
  });

  test('least load by speed fills the fast node first', () => {
    expect(order(leastLoadBySpeed(), [node('slow'), node('fast', { speed: 8 })], 3)).toEqual(['fast', 'fast', 'slow']);
  });

  test('random and two choices stay with nodes that have room', () => {
    for (const rule of [randomNode(1), twoChoices(1)]) {
      const picked = order(rule, [node('full', { running: 2 }), node('a'), node('b')], 5);
      expect(picked.slice(0, 4).sort()).toEqual(['a', 'a', 'b', 'b']);
      expect(picked[4]).toBeUndefined();
    }
  });

  test('two choices take the emptier', () => {
    // Of two nodes, both drawn in three draws of four when they differ: the empty one wins each time it is drawn.
    const rule = twoChoices(3);
    const picks = Array.from({ length: 4_000 }, () => rule.pick([node('busy', { slots: 10, running: 5 }), node('empty', { slots: 10 })], job(1))?.name);
    expect(picks.filter((name) => name === 'empty').length / picks.length).toBeCloseTo(0.75, 1);
  });
});

describe('icecream', () => {
  test('speed: bytes a user ms, times idle part, throttled by its jobs, raised while little is known', () => {
    const seven = { jobs: Array(7).fill(0), outputBytes: 1_000, userMs: 100 };
    expect(icecreamSpeed(seven, 0, 0, 4)).toBe(10);
    expect(icecreamSpeed(seven, 250, 0, 4)).toBe(7.5);
    expect(icecreamSpeed(seven, 0, 2, 4)).toBe(7.5);
    expect(icecreamSpeed({ ...seven, jobs: [0] }, 0, 0, 4)).toBe(40);
    expect(icecreamSpeed({ jobs: [], outputBytes: 0, userMs: 0 }, 0, 0, 4)).toBe(0);
  });

  test('every node gets a job first, then the fast one; a node not picked for 20 jobs a node gets one', () => {
    const rule = icecream(1);
    const [a, b] = [node('a', { slots: 10 }), node('b', { slots: 10 })];
    for (let count = 0; count < 8; count++) {
      rule.finished?.({ node: a, cpuSeconds: 1, outputBytes: 100, number: count });
      if (count > 0) rule.finished?.({ node: b, cpuSeconds: 1, outputBytes: 900, number: count });
    }
    expect([rule.pick([a, b], job(1))?.name, rule.pick([a, b], job(2))?.name, rule.pick([a, b], job(3))?.name]).toEqual(['a', 'b', 'b']);
    expect(rule.pick([a, b], job(42))?.name).toBe('a');
  });

  test('a node that installs the toolchain, is full or wholly busy with others takes nothing', () => {
    const rule = icecream(1);
    const nodes = [node('a', { installing: true }), node('b', { running: 2 }), node('c', { load: 2 })];
    expect(rule.pick(nodes, job(1))).toBeUndefined();
  });
});

test('jobs wait in the order of arrival, fail over, and go home after three tries', () => {
  const policy = createFifoPolicy(roundRobin());
  const feed = (event: FarmEvent): readonly FarmEffect[] => policy.step(event, 0);
  const join = (name: string): void =>
    void feed({ type: 'node-joined', node: { name, instance: '1', slots: 1, cores: 1, speed: 1, instructionSets: new Set(), labels: new Map(), memoryBytes: 0, version: '', live: false }, runningLeases: [] });
  join('a');
  expect(feed({ type: 'submit', job: spec('one'), waiter: 'w1' })).toEqual([{ type: 'assign', node: 'a', leaseId: 'L1', jobId: 'one' }]);
  expect(feed({ type: 'submit', job: spec('two'), waiter: 'w2' })).toEqual([]);
  const failed = (leaseId: string): readonly FarmEffect[] => feed({ type: 'lease-failed', leaseId, code: 'sandbox', message: '', peakMemoryBytes: 0 });
  expect(failed('L1')).toEqual([{ type: 'assign', node: 'a', leaseId: 'L2', jobId: 'one' }]);
  failed('L2');
  expect(failed('L3').map((effect) => effect.type)).toEqual(['done', 'assign']);
  expect(feed({ type: 'stream-broken', node: 'a', instance: '1' })).toEqual([]);
  expect(feed({ type: 'tick' })).toMatchObject([{ type: 'done', jobId: 'two', outcome: { kind: 'no-worker' } }]);
});
