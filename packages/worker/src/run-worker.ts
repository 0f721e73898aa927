// A worker at work: leases come in over the session, wait for a slot, run, and are reported; then draining and the end.
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import PQueue from 'p-queue';
import { fault, limits } from '@mosix/core';
import type { Fault, Result } from '@mosix/core';
import type { Logger } from '@mosix/observe';
import type { Channel, farm } from '@mosix/protocol';
import { runJob } from './job.js';
import type { JobPorts } from './job.js';
import { createOwnLoad, instructionSets, machineState, memoryBytes } from './machine.js';
import type { Sandbox } from './sandbox/run.js';
import { startSession } from './session.js';
import { measureSpeed } from './speed.js';

export interface RunOptions {
  readonly name: string;
  readonly slots: number;
  readonly speed: number;
  readonly version: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly logger: Logger;
  /** For heartbeats and messages. */
  readonly channel: Channel;
  readonly jobs: JobPorts;
  /** The disk whose free space is reported. */
  readonly jobsDirectory: string;
  /** Called once, when the session has ended. */
  readonly closeAll: () => Promise<void>;
}

interface Lease {
  readonly controller: AbortController;
  /** False while it waits for a slot. */
  begun: boolean;
  sandbox: Sandbox | undefined;
}

export interface RunningLeases {
  /** The first welcome, or the refusal of a worker that never joined. */
  readonly joined: Promise<Result<void>>;
  /** Takes no new leases, lets the running ones end and report, then leaves. */
  readonly drain: () => Promise<void>;
  /** Ends the running jobs and leaves. */
  readonly stop: () => Promise<void>;
  readonly done: Promise<void>;
}

export function runWorker(options: RunOptions): RunningLeases {
  const { logger, name, slots, channel, jobs } = options;
  const queue = new PQueue({ concurrency: slots });
  const leases = new Map<string, Lease>();
  const instance = randomUUID();
  const ownLoad = createOwnLoad();
  let speed = options.speed;
  let draining = false;

  const hello = (): farm.HelloInput => ({
    name, slots, speed, instance,
    instructionSets: instructionSets(),
    memoryBytes: memoryBytes(),
    version: options.version,
    labels: options.labels,
  }); // prettier-ignore

  const heartbeat = async (): Promise<farm.HeartbeatInput> => {
    const progress: farm.LeaseProgressInput[] = [];
    for (const [leaseId, { sandbox }] of leases) {
      const use = sandbox?.use() ?? { cpuUs: 0, memoryBytes: 0 };
      progress.push({ leaseId, cpuUs: use.cpuUs, memoryBytes: use.memoryBytes });
    }
    const running = [...leases.values()].filter(({ sandbox }) => sandbox !== undefined).length;
    return { ...(await machineState(options.jobsDirectory, ownLoad(running, performance.now()))), leases: progress };
  };

  const onAssign = (assign: farm.Assign): void => {
    if (leases.has(assign.leaseId)) return;
    if (draining) return session.report({ leaseId: assign.leaseId, failed: { code: 'draining', message: 'this node takes no more work' } });
    const lease: Lease = { controller: new AbortController(), begun: false, sandbox: undefined };
    leases.set(assign.leaseId, lease);
    void queue.add(() => runLease(assign, lease));
  };

  const runLease = async (assign: farm.Assign, lease: Lease): Promise<void> => {
    const { leaseId } = assign;
    if (leases.get(leaseId) !== lease) return; // cancelled while it waited
    lease.begun = true;
    const events = {
      started: () => session.send({ update: { leaseId, started: {} } }),
      running: (sandbox: Sandbox | undefined) => void (lease.sandbox = sandbox),
    };
    let update: farm.LeaseUpdateInput;
    try {
      update = await runJob(assign, jobs, events, lease.controller.signal);
    } catch (problem) {
      logger.error({ err: problem, lease: leaseId }, 'bug while running a job');
      update = { leaseId, failed: { code: 'internal', message: String(problem) } };
    }
    leases.delete(leaseId);
    const { failed } = update;
    if (failed !== undefined && failed !== null) {
      const fields = { lease: leaseId, job: assign.label, code: failed.code, reason: failed.message, missing: failed.missing?.[0]?.hash };
      logger[failed.code === 'cancelled' ? 'debug' : 'warn'](fields, 'a job failed');
    } else logger.debug({ lease: leaseId, job: assign.label, exit: update.finished?.result?.exitCode, usage: update.finished?.usage }, 'a job is done');
    session.report(update);
  };

  const cancel = (leaseId: string, reason: Fault): void => {
    const lease = leases.get(leaseId);
    if (lease === undefined) return;
    if (lease.begun) return lease.controller.abort(reason);
    leases.delete(leaseId);
    session.report({ leaseId, failed: { code: reason.code, message: reason.message } });
  };

  const session = startSession({
    channel,
    logger,
    hello,
    runningLeases: () => [...leases.keys()],
    draining: () => leaving !== undefined,
    heartbeat,
    onAssign,
    onCancel: (leaseId, reason) => cancel(leaseId, fault('cancelled', reason === '' ? 'cancelled by the coordinator' : reason)),
    onBenchmark: () => void benchmarkAgain(),
    onDrain: (enabled) => {
      if (!leaving) draining = enabled;
      logger.info({ enabled }, 'the coordinator asked to drain');
    },
  });

  const benchmarkAgain = async (): Promise<void> => {
    const measured = await measureSpeed(jobs.sandbox.init);
    if (!measured.ok) return logger.warn({ reason: measured.error.message }, 'the benchmark failed');
    speed = measured.value;
    session.send({ benchmark: { speed } });
  };

  let leaving: Promise<void> | undefined;
  let finish = (): void => undefined;
  const done = new Promise<void>((resolve) => (finish = resolve));
  let ended: Promise<void> | undefined;
  const end = (): Promise<void> =>
    (ended ??= (async () => {
      await session.close();
      await options.closeAll();
      finish();
    })());

  const leave = async (): Promise<void> => {
    draining = true;
    session.send({ draining: {} });
    logger.info({ running: leases.size }, 'draining');
    await Promise.race([queue.onIdle(), sleep(limits.drainMsMax, undefined, { ref: false }), stopped]);
    if (!stopping) await session.flushed(limits.streamEndMsMax);
    await end();
  };

  let stopping = false;
  let wakeStopped = (): void => undefined;
  const stopped = new Promise<void>((resolve) => (wakeStopped = resolve));
  const stop = async (): Promise<void> => {
    stopping = true;
    draining = true;
    wakeStopped();
    for (const leaseId of [...leases.keys()]) cancel(leaseId, fault('cancelled', 'the worker was stopped'));
    await queue.onIdle();
    await end();
  };

  return { joined: session.joined, drain: () => (leaving ??= leave()), stop, done };
}

