// The port through which a running job is moved with its state: checkpoint on one node, restore on another. The scheduler decides, a
// provider behind this port does it; nodes say in Hello whether they can.
import { err, fault, type Result } from '@mosix/core';

export interface LiveMove {
  readonly jobId: string;
  readonly from: string;
  readonly to: string;
  /** The lease that runs, and goes on running when the move fails. */
  readonly leaseId: string;
  /** The lease that takes over on the other node. */
  readonly newLeaseId: string;
}

export interface LiveMigration {
  /** Ends when the job runs under its new lease and no longer under the old one, or when it will not. */
  move(move: LiveMove): Promise<Result<void>>;
}

/** Of a farm without a provider: every move fails, and the job stays where it is. */
export const noLiveMigration: LiveMigration = {
  move: async () => err(fault('no-live-migration', 'no provider of live migration')),
};
