// The leases of a worker: each waits for a slot (its inputs are fetched meanwhile), begins, runs, and is reported once. What has not
// begun can be given back; what has begun ends, is ended, or stands still while the machine's owner is there.
import PQueue from 'p-queue';
import { err, fault, limits, ok } from '@mosix/core';
import type { Fault, Result } from '@mosix/core';
import type { Logger } from '@mosix/observe';
import type { farm } from '@mosix/protocol';
import { runJob } from './job.js';
import type { JobHooks, JobPorts, JobUse, RunningJob } from './job.js';
import type { Guest } from './memory-watch.js';
import { useIn } from './monitor.js';
import type { Snapshot } from './monitor.js';
import { createPrefetch } from './prefetch.js';
import type { WaitingInputs } from './prefetch.js';
import { continueTrees, stopTrees } from './sandbox/processes.js';

export interface LeasesOptions {
  readonly slots: number;
  readonly jobs: JobPorts;
  readonly logger: Logger;
  /** The last word on a lease; never lost. */
  readonly report: (update: farm.LeaseUpdateInput) => void;
  readonly started: (leaseId: string) => void;
}

export interface Leases {
  assign(assign: farm.Assign): void;
  cancel(leaseId: string, reason: Fault): void;
  /** Gives it back, unless it has begun: then it goes on and nothing is said. */
  recall(leaseId: string): void;
  /** A reason: nothing begins, what waits is given back, what runs stands still. Undefined: all goes on. */
  pause(reason: string | undefined): void;
  /** Every assign is refused with this code from now on; undefined: taken again. */
  refuse(fault: Fault | undefined): void;
  progress(snapshot: Snapshot): farm.LeaseProgressInput[];
  /** Of all running jobs. */
  guests(snapshot: Snapshot): Guest[];
  /** Process ids of the running jobs. */
  pids(): number[];
  ids(): string[];
  /** Resolves when no lease is left. */
  idle(): Promise<void>;
}

interface Lease {
  readonly id: string;
  /** The order in which they came. */
  readonly order: number;
  readonly controller: AbortController;
  /** While its program runs. */
  job: RunningJob | undefined;
  /** Its program has run, or does; it cannot be given back. */
  begun: boolean;
  /** What its program was last seen to have used; `memoryBytes` is the most that was seen. */
  readonly seen: { cpuUs: number; memoryBytes: number; wallUs: number };
}

export function createLeases({ slots, jobs, logger, report, started }: LeasesOptions): Leases {
  const queue = new PQueue({ concurrency: slots });
  const prefetch = createPrefetch(jobs.inputs, limits.prefetchesAtOnceMax);
  const leases = new Map<string, Lease>();
  let order = 0;
  let refusal: Fault | undefined;
  let pausedFor: string | undefined;

  const fail = (leaseId: string, { code, message }: Fault): void => report({ leaseId, failed: { code, message } });
  const running = (): RunningJob[] => [...leases.values()].flatMap(({ job }) => job ?? []);

  const see = ({ seen }: Lease, { cpuUs, memoryBytes, wallUs }: JobUse): void => {
    seen.cpuUs = Math.max(seen.cpuUs, cpuUs);
    seen.memoryBytes = Math.max(seen.memoryBytes, memoryBytes);
    seen.wallUs = Math.max(seen.wallUs, wallUs);
  };

  /** Ends a lease that has not begun; whatever it still does is of no interest. */
  const giveBack = (lease: Lease, reason: Fault): void => {
    leases.delete(lease.id);
    lease.controller.abort(reason);
    fail(lease.id, reason);
  };

  const hooksOf = (lease: Lease, inputs: WaitingInputs): JobHooks => ({
    inputs: () => inputs.take(),
    mayBegin: (): Result<void> => (pausedFor === undefined ? ok(undefined) : err(fault('recalled', pausedFor))),
    began: (job) => {
      lease.begun = true;
      lease.job = job;
      started(lease.id);
    },
    ended: (use) => {
      lease.job = undefined;
      see(lease, use);
    },
  });

  const run = async (assign: farm.Assign, lease: Lease, inputs: WaitingInputs): Promise<void> => {
    const { leaseId } = assign;
    if (leases.get(leaseId) !== lease) return; // given back while it waited
    let update: farm.LeaseUpdateInput;
    try {
      update = await runJob(assign, jobs, hooksOf(lease, inputs), lease.controller.signal);
    } catch (problem) {
      logger.error({ err: problem, lease: leaseId }, 'bug while running a job');
      update = { leaseId, failed: { code: 'internal', message: String(problem) } };
    }
    if (leases.get(leaseId) !== lease) return;
    leases.delete(leaseId);
    const outcome = withPeak(update, lease.seen.memoryBytes);
    logOutcome(logger, assign, outcome);
    report(outcome);
  };

  const stopAll = async (reason: string): Promise<void> => {
    for (const { clock } of running()) clock.pause();
    const wanted = (): boolean => pausedFor === reason;
    while (wanted() && !(await stopTrees(running().map(({ pid }) => pid), wanted))) {
      if (wanted()) logger.warn({ jobs: running().length }, 'some processes of jobs do not stop; trying again');
    }
  };

  return {
    assign: (assign) => {
      const { leaseId } = assign;
      if (leases.has(leaseId)) return;
      if (refusal !== undefined) return fail(leaseId, refusal);
      if (pausedFor !== undefined) return fail(leaseId, fault('recalled', pausedFor));
      const controller = new AbortController();
      const lease: Lease = { id: leaseId, order: (order += 1), controller, job: undefined, begun: false, seen: { cpuUs: 0, memoryBytes: 0, wallUs: 0 } };
      leases.set(leaseId, lease);
      const root = assign.action?.inputRootDigest;
      const inputs: WaitingInputs =
        root === undefined || root === null
          ? { ahead: () => undefined, take: async () => err(fault('bad-input', 'the lease has no input root')) }
          : prefetch(root, assign.directories, controller.signal);
      void queue.add(() => run(assign, lease, inputs));
      inputs.ahead();
    },

    cancel: (leaseId, reason) => {
      const lease = leases.get(leaseId);
      if (lease === undefined) return;
      if (lease.begun) lease.controller.abort(reason);
      else giveBack(lease, reason);
    },

    recall: (leaseId) => {
      const lease = leases.get(leaseId);
      if (lease !== undefined && !lease.begun) giveBack(lease, fault('recalled', 'taken back before it began'));
    },

    pause: (reason) => {
      if (pausedFor === reason) return;
      pausedFor = reason;
      if (reason === undefined) {
        for (const { clock } of running()) clock.resume();
        return continueTrees(running().map(({ pid }) => pid));
      }
      for (const lease of leases.values()) if (!lease.begun) giveBack(lease, fault('recalled', reason));
      void stopAll(reason);
    },

    refuse: (reason) => void (refusal = reason),

    progress: (snapshot) =>
      [...leases.values()].map((lease) => {
        const { id: leaseId, job, seen } = lease;
        if (job !== undefined) see(lease, { ...useIn(snapshot, job.pid), wallUs: Math.round(job.clock.ranMs * 1000) });
        return { leaseId, ...seen, paused: job?.clock.paused ?? false };
      }),

    guests: (snapshot) =>
      [...leases.values()].flatMap((lease) => {
        if (lease.job === undefined) return [];
        const { cpuUs, memoryBytes } = useIn(snapshot, lease.job.pid);
        see(lease, { cpuUs, memoryBytes, wallUs: 0 });
        return [{ order: lease.order, memoryBytes, end: lease.job.end }];
      }),

    pids: () => running().map(({ pid }) => pid),
    ids: () => [...leases.keys()],
    idle: () => queue.onIdle(),
  };
}

function withPeak(update: farm.LeaseUpdateInput, seenBytes: number): farm.LeaseUpdateInput {
  const { failed, finished } = update;
  if (failed) return seenBytes > 0 ? { ...update, failed: { ...failed, peakMemoryBytes: seenBytes } } : update;
  const usage = finished?.usage;
  if (!finished || !usage) return update;
  // The record knows the largest process, the samples all of them together.
  return { ...update, finished: { ...finished, usage: { ...usage, peakMemoryBytes: Math.max(usage.peakMemoryBytes ?? 0, seenBytes) } } };
}

function logOutcome(logger: Logger, { leaseId, label }: farm.Assign, { failed, finished }: farm.LeaseUpdateInput): void {
  if (!failed) return logger.debug({ lease: leaseId, job: label, exit: finished?.result?.exitCode, usage: finished?.usage }, 'a job is done');
  const fields = { lease: leaseId, job: label, code: failed.code, reason: failed.message, missing: failed.missing?.[0]?.hash };
  logger[failed.code === 'cancelled' || failed.code === 'recalled' ? 'debug' : 'warn'](fields, 'a job failed');
}
