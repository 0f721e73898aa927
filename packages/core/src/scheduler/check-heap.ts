// Running leases in the order in which the migration policy looks at them again: a binary heap that knows each lease's place.
import type { Lease } from './state.js';

export interface CheckHeap {
  readonly size: number;
  /** Adds the lease, or moves it to its new time. */
  set(lease: Lease, checkAtMs: number): void;
  remove(lease: Lease): void;
  /** The first lease whose time has come, taken out; undefined when there is none. */
  takeDue(now: number): Lease | undefined;
}

export function createCheckHeap(): CheckHeap {
  const heap: Lease[] = [];

  const place = (lease: Lease, index: number): void => {
    heap[index] = lease;
    lease.checkIndex = index;
  };
  const up = (lease: Lease, from: number): number => {
    let index = from;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      const above = heap[parent] as Lease;
      if (above.checkAtMs <= lease.checkAtMs) break;
      place(above, index);
      index = parent;
    }
    place(lease, index);
    return index;
  };
  const down = (lease: Lease, from: number): void => {
    let index = from;
    for (;;) {
      let child = 2 * index + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && (heap[child + 1] as Lease).checkAtMs < (heap[child] as Lease).checkAtMs) child += 1;
      const below = heap[child] as Lease;
      if (below.checkAtMs >= lease.checkAtMs) break;
      place(below, index);
      index = child;
    }
    place(lease, index);
  };
  const remove = (lease: Lease): void => {
    const index = lease.checkIndex;
    if (index < 0) return;
    lease.checkIndex = -1;
    const last = heap.pop() as Lease;
    if (last === lease) return;
    if (up(last, index) === index) down(last, index);
  };

  return {
    get size() {
      return heap.length;
    },
    set(lease, checkAtMs) {
      remove(lease);
      lease.checkAtMs = checkAtMs;
      heap.push(lease);
      up(lease, heap.length - 1);
    },
    remove,
    takeDue(now) {
      const first = heap[0];
      if (first === undefined || first.checkAtMs > now) return undefined;
      remove(first);
      return first;
    },
  };
}
