// The worker's caretaker: it holds the lock on the data directory and removes the trees of finished jobs.
import { startKeeper as start, type Keeper } from '@mosix/cas';
import type { Result } from '@mosix/core';

export type { Keeper };

/** Codes: those of the caretaker. */
export const startKeeper = (init: string, lockPath: string): Promise<Result<Keeper>> => start(init, lockPath, 'worker');
