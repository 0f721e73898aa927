// A binary heap of a pool's nodes that knows each entry's place, so that a node that changed is moved and not searched for. Of very many
// nodes each is far from the processor; so the numbers by which they are ordered lie beside each other, and nodes are looked at only where
// two of them are equal.
import type { Node } from './state.js';

/** A node's place in one pool. */
export interface PoolEntry {
  readonly node: Node;
  heap: NodeHeap | undefined;
  index: number;
}

export interface NodeOrder {
  /** The smaller, the better. */
  key(node: Node): number;
  /** Of two with the same key, is `a` the better? */
  before(a: Node, b: Node): boolean;
}

export interface NodeHeap {
  /** In heap order: the first is the best, its children follow at 2i+1 and 2i+2. */
  readonly entries: readonly PoolEntry[];
  push(entry: PoolEntry): void;
  remove(entry: PoolEntry): void;
  /** The node's keys changed. */
  update(entry: PoolEntry): void;
}

export function createNodeHeap(order: NodeOrder): NodeHeap {
  const entries: PoolEntry[] = [];
  const keys: number[] = [];

  const place = (entry: PoolEntry, key: number, index: number): void => {
    entries[index] = entry;
    keys[index] = key;
    entry.index = index;
  };
  const isBefore = (keyA: number, a: PoolEntry, keyB: number, b: PoolEntry): boolean => (keyA === keyB ? order.before(a.node, b.node) : keyA < keyB);
  const up = (entry: PoolEntry, key: number, from: number): number => {
    let index = from;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      const aboveKey = keys[parent] as number;
      if (key > aboveKey) break;
      const above = entries[parent] as PoolEntry;
      if (!isBefore(key, entry, aboveKey, above)) break;
      place(above, aboveKey, index);
      index = parent;
    }
    place(entry, key, index);
    return index;
  };
  const down = (entry: PoolEntry, key: number, from: number): void => {
    let index = from;
    for (;;) {
      let child = 2 * index + 1;
      if (child >= entries.length) break;
      let childKey = keys[child] as number;
      const right = child + 1;
      if (right < entries.length) {
        const rightKey = keys[right] as number;
        if (rightKey < childKey || (rightKey === childKey && order.before((entries[right] as PoolEntry).node, (entries[child] as PoolEntry).node))) {
          child = right;
          childKey = rightKey;
        }
      }
      const below = entries[child] as PoolEntry;
      if (childKey > key || !isBefore(childKey, below, key, entry)) break;
      place(below, childKey, index);
      index = child;
    }
    place(entry, key, index);
  };

  const heap: NodeHeap = {
    entries,
    push(entry) {
      entry.heap = heap;
      entries.push(entry);
      keys.push(0);
      up(entry, order.key(entry.node), entries.length - 1);
    },
    remove(entry) {
      const { index } = entry;
      const last = entries.pop() as PoolEntry;
      const lastKey = keys.pop() as number;
      entry.heap = undefined;
      entry.index = -1;
      if (last === entry) return;
      if (up(last, lastKey, index) === index) down(last, lastKey, index);
    },
    update(entry) {
      const key = order.key(entry.node);
      if (up(entry, key, entry.index) === entry.index) down(entry, key, entry.index);
    },
  };
  return heap;
}
