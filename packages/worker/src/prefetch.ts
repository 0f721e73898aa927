// Inputs of leases that wait for a slot are fetched while they wait, a few leases at a time, so that a slot never waits for the network.
import PQueue from 'p-queue';
import { err, fault } from '@mosix/core';
import type { Digest, Result } from '@mosix/core';
import type { Inputs, LoadedInputs } from './inputs.js';

export interface WaitingInputs {
  /** Fetches them when it is their turn, unless they were taken before. */
  ahead(): void;
  /** For the job, once: what was fetched ahead, or else fetched now. To be released by who takes it. */
  take(): Promise<Result<LoadedInputs>>;
}

export type Prefetch = (rootDigest: Digest, directories: readonly Digest[], signal: AbortSignal) => WaitingInputs;

/** Aborting the signal of inputs that nobody took lets go of them. */
export function createPrefetch(inputs: Inputs, atOnceMax: number): Prefetch {
  const queue = new PQueue({ concurrency: atOnceMax });
  return (rootDigest, directories, signal) => {
    let taken = false;
    let early: Promise<Result<LoadedInputs>> | undefined;
    const load = (): Promise<Result<LoadedInputs>> =>
      inputs.load(rootDigest, directories, signal).catch((cause: unknown) => err(fault('internal', `a fetch failed: ${String(cause)}`, { cause })));
    const letGo = async (): Promise<void> => {
      if (taken || early === undefined) return;
      const loaded = await early;
      if (loaded.ok) loaded.value.release();
    };
    signal.addEventListener('abort', () => void letGo(), { once: true });
    return {
      ahead: () =>
        void queue.add(async () => {
          if (!taken && !signal.aborted) await (early = load());
        }),
      take: async () => {
        taken = true;
        const loaded = await early;
        // What failed ahead may go well now: the store had no room, the coordinator was away.
        return loaded === undefined || (!loaded.ok && !signal.aborted) ? load() : loaded;
      },
    };
  };
}
