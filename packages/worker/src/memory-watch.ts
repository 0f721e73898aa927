// Memory runs short while jobs run: one of them is ended as "out-of-memory" before the kernel chooses for itself, and the coordinator
// learns what it had used. (A bound on each job would have to be a control group's, which not every worker may make; limits of the
// address space hit compilers that reserve much and use little.)
import { limits } from '@mosix/core';
import type { Memory } from './memory.js';

export interface Guest {
  /** Grows with each job that begins. */
  readonly order: number;
  readonly memoryBytes: number;
  readonly end: (code: string, message: string) => Promise<void>;
}

/** Jobs that use less than this share of what the biggest uses are left alone: ending them helps nobody. */
const WORTH_SHARE = 1 / 2;

/** The youngest of the big ones: the least work is lost. */
export function chooseVictim<G extends Pick<Guest, 'order' | 'memoryBytes'>>(guests: readonly G[]): G | undefined {
  const most = Math.max(0, ...guests.map(({ memoryBytes }) => memoryBytes));
  return guests.filter(({ memoryBytes }) => memoryBytes >= most * WORTH_SHARE).reduce<G | undefined>((best, guest) => (best === undefined || guest.order > best.order ? guest : best), undefined);
}

const mebibytes = (bytes: number): string => `${Math.round(bytes / 1024 ** 2)} MiB`;

/** `guests` measures anew. Gives the function that ends the watch. */
export function startMemoryWatch(memory: () => Memory, running: () => boolean, guests: () => readonly Guest[]): () => void {
  let ending = false;
  const look = async (): Promise<void> => {
    if (ending || !running()) return;
    const { totalBytes, availableBytes } = memory();
    if (availableBytes >= totalBytes * limits.memoryFreeShareMin) return;
    const victim = chooseVictim(guests());
    if (victim === undefined) return;
    ending = true;
    // One at a time: what it held must be free before anybody can say that it was not enough.
    await victim.end('out-of-memory', `the node had only ${mebibytes(availableBytes)} of memory left; the job used ${mebibytes(victim.memoryBytes)}`);
    ending = false;
  };
  const timer = setInterval(() => void look(), limits.memoryWatchIntervalMs);
  return () => clearInterval(timer);
}
