// What jobs have cost before, and what the next one will cost: log-normal processor seconds at speed 1, peak memory, output size, under
// a chain of keys from the very command to its class. FIELD-NOTES' rule: exponentially weighted, 0.3 for the newest.

/** What is remembered under one key. */
export interface CostRecord {
  /** Jobs seen. */
  readonly count: number;
  /** Mean and variance of ln(processor seconds at speed 1). */
  readonly meanLog: number;
  readonly varianceLog: number;
  /** The largest peak lately: rises at once, falls slowly. */
  readonly memoryBytes: number;
  readonly outputBytes: number;
}

export interface CostEstimate {
  /** Median processor seconds at speed 1. */
  readonly cpuSeconds: number;
  /** Standard deviation of ln(cpuSeconds). */
  readonly sigma: number;
  readonly memoryBytes: number;
  readonly outputBytes: number;
  /** Index of the key that gave it; -1: a guess from the size alone. */
  readonly level: number;
  readonly count: number;
}

/** Of the chain of keys those that name one source, not its neighbours. */
const OWN_LEVELS_MAX = 1;

/** From the job's own past: it tells something of the node that it ran on, too. */
export const isOwn = ({ level }: CostEstimate): boolean => level >= 0 && level <= OWN_LEVELS_MAX;

export interface CostSample {
  /** At speed 1. */
  readonly cpuSeconds: number;
  readonly memoryBytes: number;
  readonly outputBytes: number;
}

export interface History {
  estimate(keys: readonly string[], sourceBytes: number): CostEstimate;
  /** Every changed record, for the disk. */
  learn(keys: readonly string[], sample: CostSample): (readonly [key: string, record: CostRecord])[];
  /** A peak that killed the job: no later estimate of this key is below it. */
  learnPeak(keys: readonly string[], memoryBytes: number): (readonly [key: string, record: CostRecord])[];
  readonly size: number;
  entries(): Iterable<readonly [string, CostRecord]>;
}

/** Weight of the newest sample. */
const ALPHA = 0.3;
/** Spread of a key seen once, and the least spread of any: a compile's own noise. */
const SIGMA_FIRST = 0.3;
const SIGMA_MIN = 0.08;
/** A guess without any history is off by a factor of e^0.9 either way. */
const SIGMA_GUESS = 0.9;
/** Peaks of the past fade by this much a sample. */
const MEMORY_FADE = 0.97;
/** Cold start: a compile of a small C++ file with the standard library, and what each MiB of source adds (SQLite: 9 MB, 30 s). */
const GUESS_CPU_SECONDS = 0.8;
const GUESS_CPU_SECONDS_PER_MIB = 3.5;
const GUESS_MEMORY_BYTES = 256 * 1024 * 1024;
const GUESS_MEMORY_PER_SOURCE_BYTE = 60;
const CPU_SECONDS_MIN = 1e-3;

/** A key that was made the newest less than this part of `entriesMax` uses ago is new enough. */
const NEWEST_SHARE = 1 / 16;

interface Entry {
  record: CostRecord;
  /** Number of the use that made it the newest. */
  movedAt: number;
}

/** Keeps at most `entriesMax` keys, about those used last. `initial` in the order of last use, the oldest first. */
export function createHistory(entriesMax: number, initial: Iterable<readonly [string, CostRecord]> = []): History {
  // A Map keeps the order of insertion: deleting and inserting again makes a key the newest. What is deleted stays in V8's hash chains until
  // the next rehash, though, and a key that every job has, its class, would be looked for through all of it: so that is done rarely. For the
  // same reason the oldest key is found by one iterator that goes on, and not by a new one that has to pass all that was deleted before.
  const records = new Map<string, Entry>();
  const oldestFirst = records.keys();
  const moveAfter = Math.max(1, Math.floor(entriesMax * NEWEST_SHARE));
  let puts = 0;

  const put = (key: string, record: CostRecord): void => {
    puts += 1;
    const entry = records.get(key);
    if (entry === undefined) {
      records.set(key, { record, movedAt: puts });
      if (records.size <= entriesMax) return;
      const oldest = oldestFirst.next().value;
      if (oldest !== undefined) records.delete(oldest);
      return;
    }
    entry.record = record;
    if (puts - entry.movedAt < moveAfter) return;
    entry.movedAt = puts;
    records.delete(key);
    records.set(key, entry);
  };
  for (const [key, record] of initial) put(key, record);

  const history: History = {
    estimate(keys, sourceBytes) {
      for (const [level, key] of keys.entries()) {
        const record = records.get(key)?.record;
        if (record === undefined) continue;
        const own = record.count === 1 ? SIGMA_FIRST : Math.sqrt(record.varianceLog);
        return {
          cpuSeconds: Math.exp(record.meanLog),
          // A neighbour's cost says less than one's own.
          sigma: Math.max(SIGMA_MIN, own) + 0.15 * level,
          memoryBytes: record.memoryBytes,
          outputBytes: record.outputBytes,
          level,
          count: record.count,
        };
      }
      const bytes = sourceBytes > 0 ? sourceBytes : 0;
      return {
        cpuSeconds: GUESS_CPU_SECONDS + GUESS_CPU_SECONDS_PER_MIB * (bytes / 1_048_576),
        sigma: SIGMA_GUESS,
        memoryBytes: GUESS_MEMORY_BYTES + GUESS_MEMORY_PER_SOURCE_BYTE * bytes,
        outputBytes: 0,
        level: -1,
        count: 0,
      };
    },
    learn(keys, sample) {
      if (!(sample.cpuSeconds >= 0 && sample.cpuSeconds < Infinity)) return [];
      const log = Math.log(Math.max(CPU_SECONDS_MIN, sample.cpuSeconds));
      return keys.map((key) => {
        const before = records.get(key)?.record;
        const record = before === undefined ? firstRecord(log, sample) : blend(before, log, sample);
        put(key, record);
        return [key, record] as const;
      });
    },
    learnPeak(keys, memoryBytes) {
      // Only of the job itself: its neighbours did nothing wrong.
      const key = keys[0];
      if (key === undefined) return [];
      const before = records.get(key)?.record;
      const record = before === undefined
        ? peakAlone(history.estimate(keys, 0), memoryBytes)
        : { ...before, memoryBytes: Math.max(before.memoryBytes, memoryBytes) };
      put(key, record);
      return [[key, record]];
    },
    get size() {
      return records.size;
    },
    *entries() {
      for (const [key, { record }] of records) yield [key, record] as const;
    },
  };
  return history;
}

const firstRecord = (log: number, sample: CostSample, memoryBytes = sample.memoryBytes > 0 ? sample.memoryBytes : GUESS_MEMORY_BYTES): CostRecord => ({
  count: 1, meanLog: log, varianceLog: SIGMA_FIRST ** 2, memoryBytes, outputBytes: sample.outputBytes,
});

/** Of a job that was killed before it ever ended: its peak is its own, the rest is what was expected of it. */
const peakAlone = ({ cpuSeconds, sigma, outputBytes }: CostEstimate, memoryBytes: number): CostRecord => ({
  count: 0, meanLog: Math.log(Math.max(CPU_SECONDS_MIN, cpuSeconds)), varianceLog: sigma ** 2, memoryBytes, outputBytes,
});

/** The peak that counts after one more job. One of 0 was not measured. */
const blendPeak = (before: number, peak: number): number => (peak > 0 ? Math.max(peak, Math.round(before * MEMORY_FADE)) : before);

/** Exponentially weighted mean and variance (West 1979's incremental form with a constant weight). */
function blend(before: CostRecord, log: number, sample: CostSample): CostRecord {
  if (before.count === 0) return firstRecord(log, sample, blendPeak(before.memoryBytes, sample.memoryBytes));
  const difference = log - before.meanLog;
  return {
    count: before.count + 1,
    meanLog: before.meanLog + ALPHA * difference,
    varianceLog: (1 - ALPHA) * (before.varianceLog + ALPHA * difference * difference),
    memoryBytes: blendPeak(before.memoryBytes, sample.memoryBytes),
    outputBytes: Math.round(before.outputBytes + ALPHA * (sample.outputBytes - before.outputBytes)),
  };
}
