// Virtual time: actions in the order of their time, and of their planning where times are equal.

export interface Timer {
  cancel(): void;
}

export interface VirtualClock {
  /** Milliseconds since the beginning. */
  now(): number;
  /** Runs `action` at that time; a time that has passed means as soon as possible. */
  at(timeMs: number, action: () => void): Timer;
  after(delayMs: number, action: () => void): Timer;
  /** The next action; false when there is none. */
  advance(): boolean;
  readonly pending: number;
}

interface Entry {
  readonly timeMs: number;
  readonly order: number;
  action: (() => void) | undefined;
}

const before = (a: Entry, b: Entry): boolean => a.timeMs < b.timeMs || (a.timeMs === b.timeMs && a.order < b.order);

export function createVirtualClock(): VirtualClock {
  const heap: Entry[] = [];
  let nowMs = 0;
  let order = 0;

  const push = (entry: Entry): void => {
    let index = heap.length;
    heap.push(entry);
    while (index > 0) {
      const parent = (index - 1) >> 1;
      const above = heap[parent] as Entry;
      if (before(above, entry)) break;
      heap[index] = above;
      index = parent;
    }
    heap[index] = entry;
  };
  const pop = (): Entry | undefined => {
    const first = heap[0];
    const last = heap.pop();
    if (first === undefined || last === undefined || heap.length === 0) return first;
    let index = 0;
    for (;;) {
      let child = 2 * index + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && before(heap[child + 1] as Entry, heap[child] as Entry)) child += 1;
      if (before(last, heap[child] as Entry)) break;
      heap[index] = heap[child] as Entry;
      index = child;
    }
    heap[index] = last;
    return first;
  };
  const at = (timeMs: number, action: () => void): Timer => {
    const entry: Entry = { timeMs: Math.max(nowMs, timeMs), order: order++, action };
    push(entry);
    return { cancel: () => void (entry.action = undefined) };
  };

  return {
    now: () => nowMs,
    at,
    after: (delayMs, action) => at(nowMs + delayMs, action),
    advance() {
      for (;;) {
        const entry = pop();
        if (entry === undefined) return false;
        if (entry.action === undefined) continue;
        nowMs = entry.timeMs;
        entry.action();
        return true;
      }
    },
    get pending() {
      return heap.length;
    },
  };
}
