// A binary heap of a pool's nodes that knows each entry's place, so that a node that changed is moved and not searched for.
import type { Node } from './state.js';

/** A node's place in one pool. */
export interface PoolEntry {
  readonly node: Node;
  heap: NodeHeap | undefined;
  index: number;
}

export type Before = (a: Node, b: Node) => boolean;

export interface NodeHeap {
  /** In heap order: the first is the best, its children follow at 2i+1 and 2i+2. */
  readonly entries: readonly PoolEntry[];
  push(entry: PoolEntry): void;
  remove(entry: PoolEntry): void;
  /** The node's keys changed. */
  update(entry: PoolEntry): void;
}

export function createNodeHeap(before: Before): NodeHeap {
  const entries: PoolEntry[] = [];

  const place = (entry: PoolEntry, index: number): void => {
    entries[index] = entry;
    entry.index = index;
  };
  const up = (entry: PoolEntry, from: number): number => {
    let index = from;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      const above = entries[parent] as PoolEntry;
      if (!before(entry.node, above.node)) break;
      place(above, index);
      index = parent;
    }
    place(entry, index);
    return index;
  };
  const down = (entry: PoolEntry, from: number): void => {
    let index = from;
    for (;;) {
      let child = 2 * index + 1;
      if (child >= entries.length) break;
      if (child + 1 < entries.length && before((entries[child + 1] as PoolEntry).node, (entries[child] as PoolEntry).node)) child += 1;
      const below = entries[child] as PoolEntry;
      if (!before(below.node, entry.node)) break;
      place(below, index);
      index = child;
    }
    place(entry, index);
  };

  const heap: NodeHeap = {
    entries,
    push(entry) {
      entry.heap = heap;
      entries.push(entry);
      up(entry, entries.length - 1);
    },
    remove(entry) {
      const { index } = entry;
      const last = entries.pop() as PoolEntry;
      entry.heap = undefined;
      entry.index = -1;
      if (last === entry) return;
      if (up(last, index) === index) down(last, index);
    },
    update(entry) {
      if (up(entry, entry.index) === entry.index) down(entry, entry.index);
    },
  };
  return heap;
}
