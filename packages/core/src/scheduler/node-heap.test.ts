import { expect, test } from 'vitest';
import { createCheckHeap } from './check-heap.js';
import { createNodeHeap, type PoolEntry } from './node-heap.js';
import type { Lease, Node } from './state.js';
import { createRandom } from './testing/farm.js';

test('a heap of nodes: the first is the best, whatever came, went and changed', () => {
  const random = createRandom(3);
  const heap = createNodeHeap({ key: (node) => -node.rate, before: (a, b) => a.order < b.order });
  const entries: PoolEntry[] = [];
  for (let count = 0; count < 5_000; count += 1) {
    const entry = entries[random.below(entries.length)];
    if (entry === undefined || random.chance(0.4)) {
      const added: PoolEntry = { node: { rate: random.below(20), order: count } as Node, heap: undefined, index: -1 };
      entries.push(added);
      heap.push(added);
    } else if (random.chance(0.45)) {
      heap.remove(entry);
      entries.splice(entries.indexOf(entry), 1);
      expect([entry.heap, entry.index]).toEqual([undefined, -1]);
    } else {
      entry.node.rate = random.below(20);
      heap.update(entry);
    }
    const best = [...entries].sort((a, b) => b.node.rate - a.node.rate || a.node.order - b.node.order)[0];
    expect(heap.entries[0]).toBe(best);
    expect(heap.entries.length).toBe(entries.length);
    for (const [index, each] of heap.entries.entries()) if (each.index !== index) throw new Error(`entry ${index} believes to be at ${each.index}`);
  }
});

test('a heap of checks: leases come out when their time has come, in order', () => {
  const random = createRandom(4);
  const heap = createCheckHeap();
  const leases = new Set<Lease>();
  let now = 0;
  for (let count = 0; count < 5_000; count += 1) {
    const known = [...leases];
    if (known.length === 0 || random.chance(0.4)) {
      const lease = { checkAtMs: 0, checkIndex: -1 } as Lease;
      leases.add(lease);
      heap.set(lease, now + random.below(100));
    } else if (random.chance(0.3)) {
      const lease = random.pick(known);
      heap.remove(lease);
      heap.remove(lease);
      leases.delete(lease);
    } else if (random.chance(0.5)) heap.set(random.pick(known), now + random.below(100));
    else {
      now += random.below(20);
      for (let due = heap.takeDue(now); due !== undefined; due = heap.takeDue(now)) {
        const soonest = Math.min(...[...leases].map((lease) => lease.checkAtMs));
        expect(due.checkAtMs).toBe(soonest);
        expect(due.checkAtMs).toBeLessThanOrEqual(now);
        leases.delete(due);
      }
      expect([...leases].every((lease) => lease.checkAtMs > now)).toBe(true);
    }
    expect(heap.size).toBe(leases.size);
  }
});
