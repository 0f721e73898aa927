// A map that keeps what was used last, up to a total weight.

export interface Lru<V> {
  /** Counts as a use. */
  get(key: string): V | undefined;
  set(key: string, value: V, weight: number): void;
  readonly weight: number;
}

/** Something heavier than `weightMax` by itself is not kept. */
export function createLru<V>(weightMax: number): Lru<V> {
  const entries = new Map<string, { readonly value: V; readonly weight: number }>();
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
      entries.delete(key);
      entries.set(key, entry);
      return entry.value;
    },
    set(key, value, weight) {
      remove(key);
      if (weight > weightMax) return;
      entries.set(key, { value, weight });
      total += weight;
      for (const oldest of entries.keys()) {
        if (total <= weightMax) break;
        remove(oldest);
      }
    },
    get weight() {
      return total;
    },
  };
}
