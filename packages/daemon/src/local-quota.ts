// What runs on the user's own machine at one time: links and local compiles in one class, probes and the like in another, so that
// `make -j64` never means 64 links here, and a `--version` never waits behind them.
import PQueue from 'p-queue';
import type { LocalWeight } from '@mosix/compiler';

export interface LocalQuota {
  /** Runs `job` when a slot of its class is free. A signal that aborts while it waits takes it out of the queue. */
  run(weight: LocalWeight, signal: AbortSignal, job: () => Promise<void>): Promise<void>;
  /** Runs a short question in the light class; its own process ends with `signal`. */
  ask<T>(signal: AbortSignal, question: () => Promise<T>): Promise<T>;
  readonly running: { readonly light: number; readonly heavy: number; readonly waiting: number };
}

const LIGHT_SLOTS_PER_HEAVY = 4;

/** `heavySlots`: jobs as heavy as a compile at one time, usually one a core. */
export function createLocalQuota(heavySlots: number): LocalQuota {
  const heavy = new PQueue({ concurrency: Math.max(1, heavySlots) });
  const light = new PQueue({ concurrency: Math.max(4, heavySlots * LIGHT_SLOTS_PER_HEAVY) });
  return {
    run: async (weight, signal, job) => {
      const queue = weight === 'heavy' ? heavy : light;
      // Only the wait ends with the signal: a job that has begun keeps its slot until it is over.
      const waiting = new AbortController();
      const leave = (): void => waiting.abort();
      if (signal.aborted) return;
      signal.addEventListener('abort', leave, { once: true });
      try {
        await queue.add(
          () => {
            signal.removeEventListener('abort', leave);
            return job();
          },
          { signal: waiting.signal },
        );
      } catch (cause) {
        if (!waiting.signal.aborted) throw cause;
      }
    },
    ask: (_signal, question) => light.add(question),
    get running() {
      return { light: light.pending, heavy: heavy.pending, waiting: light.size + heavy.size };
    },
  };
}
