// What the coordinator counts from its start on.

export interface Counters {
  executions: number;
  cacheHits: number;
  joined: number;
  succeeded: number;
  failedCompiles: number;
  farmFailures: number;
  /** Running jobs that were copied, moved or sent home. */
  moves: number;
}

export const newCounters = (): Counters => ({ executions: 0, cacheHits: 0, joined: 0, succeeded: 0, failedCompiles: 0, farmFailures: 0, moves: 0 });
