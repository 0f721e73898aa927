// What is in a bounded store, in order of use, and what must go when it is full. Pure bookkeeping: it touches no file.

export interface IndexEntry {
  /** All bytes that this entry costs; `resize` changes it. */
  readonly costBytes: number;
}

export interface LruIndex<Entry extends IndexEntry> {
  get(key: string): Entry | undefined;
  /** Marks as just used. */
  touch(key: string): void;
  /** Adds, or replaces, as just used. */
  set(key: string, entry: Entry): void;
  delete(key: string): Entry | undefined;
  /** Pins nest; a key may be pinned before it is there. */
  pin(key: string): void;
  unpin(key: string): void;
  /**
   * Takes out least recently used entries until the total is at most `targetBytes`, and yields each. Pinned ones stay, and count as
   * just used.
   */
  evict(targetBytes: number): Generator<[key: string, entry: Entry]>;
  keys(): IterableIterator<string>;
  readonly count: number;
  readonly totalBytes: number;
}

export function createLruIndex<Entry extends IndexEntry>(): LruIndex<Entry> {
  const entries = new Map<string, Entry>(); // in order of use: a Map keeps the order of insertion
  const pins = new Map<string, number>();
  let totalBytes = 0;

  const remove = (key: string): Entry | undefined => {
    const entry = entries.get(key);
    if (entry === undefined) return undefined;
    entries.delete(key);
    totalBytes -= entry.costBytes;
    return entry;
  };

  return {
    get: (key) => entries.get(key),
    touch(key) {
      const entry = entries.get(key);
      if (entry === undefined) return;
      entries.delete(key);
      entries.set(key, entry);
    },
    set(key, entry) {
      remove(key);
      entries.set(key, entry);
      totalBytes += entry.costBytes;
    },
    delete: remove,
    pin(key) {
      pins.set(key, (pins.get(key) ?? 0) + 1);
    },
    unpin(key) {
      const count = pins.get(key) ?? 0;
      if (count > 1) pins.set(key, count - 1);
      else pins.delete(key);
    },
    *evict(targetBytes) {
      // One lap at most: what is pinned moves to the young end and is not looked at twice.
      for (let left = entries.size; left > 0 && totalBytes > targetBytes; left -= 1) {
        const oldest = entries.entries().next().value;
        if (oldest === undefined) return;
        const [key, entry] = oldest;
        entries.delete(key);
        if (pins.has(key)) {
          entries.set(key, entry);
          continue;
        }
        totalBytes -= entry.costBytes;
        yield [key, entry];
      }
    },
    keys: () => entries.keys(),
    get count() {
      return entries.size;
    },
    get totalBytes() {
      return totalBytes;
    },
  };
}
