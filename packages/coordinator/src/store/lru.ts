// A map that keeps what was used lately, up to a total weight. A use only sets a mark; what is marked when room is needed gets a
// second chance. Moving every used key to the young end at once would cost more than all the rest of a warm walk.

export interface Lru<V> {
  /** Counts as a use. */
  get(key: string): V | undefined;
  set(key: string, value: V, weight: number): void;
  delete(key: string): void;
  readonly weight: number;
}

/** Something heavier than `weightMax` by itself is not kept. */
export function createLru<V>(weightMax: number): Lru<V> {
  const entries = new Map<string, { readonly value: V; readonly weight: number; used: boolean }>();
  let total = 0;
  const remove = (key: string): void => {
    const entry = entries.get(key);
    if (entry === undefined) return;
    entries.delete(key);
    total -= entry.weight;
  };
  return {
    get(key) {
      const entry = entries.get(key);
      if (entry === undefined) return undefined;
      entry.used = true;
      return entry.value;
    },
    set(key, value, weight) {
      remove(key);
      if (weight > weightMax) return;
      entries.set(key, { value, weight, used: false });
      total += weight;
      // Two laps at most: the first may find nothing but used ones.
      for (const [oldest, entry] of entries) {
        if (total <= weightMax) break;
        entries.delete(oldest);
        if (entry.used || oldest === key) {
          entry.used = false;
          entries.set(oldest, entry);
        } else total -= entry.weight;
      }
    },
    delete: remove,
    get weight() {
      return total;
    },
  };
}
