// The directories in which jobs run, one for each slot of the worker. A job gets the one whose stage is most like what it needs.
import { chmod, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { StageSlot } from './run.js';

export interface SlotPool {
  /** Never more than the number of slots at the same time: the queue sees to that. `affinity`: what alike jobs have in common. */
  acquire(affinity: string): Promise<StageSlot>;
  /** After the job is dead and its outputs are taken; `leftovers` are its scratch directories. */
  release(slot: StageSlot, affinity: string, leftovers: readonly string[]): void;
  /** Throws away all stages that are not in use: a blob in them may be damaged. */
  forget(): void;
}

interface IdleSlot {
  readonly slot: StageSlot;
  readonly affinity: string;
}

/** `remove` deletes a tree some time later. */
export function createSlotPool(directory: string, remove: (path: string) => void): SlotPool {
  const idle: IdleSlot[] = []; // most recently used last
  let serial = 0;
  let generation = 0;
  const generations = new WeakMap<StageSlot, number>();
  return {
    async acquire(affinity) {
      const alike = idle.findLastIndex((entry) => entry.affinity === affinity);
      const [entry] = idle.splice(alike < 0 ? 0 : alike, 1);
      if (entry !== undefined) return entry.slot;
      serial += 1;
      const slot: StageSlot = { directory: join(directory, String(serial)), tree: undefined, runs: 0, intact: true };
      generations.set(slot, generation);
      await mkdir(slot.directory, { recursive: true });
      await chmod(slot.directory, 0o755); // whatever the umask: the job's user looks in
      return slot;
    },
    release(slot, affinity, leftovers) {
      if (slot.intact && generations.get(slot) === generation) {
        for (const path of leftovers) remove(path);
        idle.push({ slot, affinity });
      } else remove(slot.directory);
    },
    forget() {
      generation += 1;
      for (const { slot } of idle.splice(0)) remove(slot.directory);
    },
  };
}
