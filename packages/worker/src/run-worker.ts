// A worker at work: leases come in over the session and are run, the machine and its owner are watched; then draining and the end.
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { fault, limits } from '@mosix/core';
import type { Result } from '@mosix/core';
import type { Logger } from '@mosix/observe';
import type { Channel, farm } from '@mosix/protocol';
import { coresAvailable } from './cpu-quota.js';
import type { PlacementFacts } from './heartbeats.js';
import type { JobPorts } from './job.js';
import { createLeases } from './leases.js';
import { freeDiskBytes, instructionSets } from './machine.js';
import type { Memory } from './memory.js';
import { startMemoryWatch } from './memory-watch.js';
import { createMonitor } from './monitor.js';
import { startOwnerFirst } from './owner-first.js';
import type { OwnerFirstOptions } from './owner-first.js';
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
  readonly memory: () => Memory;
  /** Undefined: this machine has no owner who comes first. */
  readonly owner: OwnerFirstOptions | undefined;
  /** Other children of this process that live long. */
  readonly helpers: readonly number[];
  /** The disk whose free space is reported. */
  readonly jobsDirectory: string;
  /** Called once, when the session has ended. */
  readonly closeAll: () => Promise<void>;
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

/** A sample that is this fresh serves a heartbeat too. */
const FRESH_MS = 50;
const DRAINING = fault('draining', 'this node takes no more work');

export function runWorker(options: RunOptions): RunningLeases {
  const { logger, name, slots, channel, jobs } = options;
  const instance = randomUUID();
  let speed = options.speed;

  const leases = createLeases({
    slots,
    jobs,
    logger,
    report: (update) => session.report(update),
    started: (leaseId) => session.send({ update: { leaseId, started: {} } }),
  });
  const monitor = createMonitor({ jobs: leases.pids, helpers: options.helpers, memory: options.memory });

  const hello = (): farm.HelloInput => ({
    name, slots, speed, instance,
    cores: coresAvailable(),
    instructionSets: instructionSets(),
    memoryBytes: options.memory().totalBytes,
    version: options.version,
    labels: options.labels,
  }); // prettier-ignore

  const heartbeat = async (): Promise<farm.HeartbeatInput> => {
    const snapshot = monitor.sample(FRESH_MS);
    const progress = leases.progress(snapshot);
    return {
      load: snapshot.load,
      freeMemoryBytes: snapshot.memory.availableBytes,
      memoryPressure: snapshot.memoryPressure,
      freeDiskBytes: await freeDiskBytes(options.jobsDirectory),
      leases: progress,
    };
  };

  const facts = (): PlacementFacts => {
    const { load, memory, memoryPressure } = monitor.sample(limits.machineSampleIntervalMs);
    return { leases: leases.ids().length, load, freeMemoryBytes: memory.availableBytes, totalMemoryBytes: memory.totalBytes, memoryPressure };
  };

  let benchmarking: Promise<void> | undefined;
  const benchmarkAgain = async (): Promise<void> => {
    const measured = await measureSpeed(jobs.sandbox.init);
    benchmarking = undefined;
    if (!measured.ok) return logger.warn({ reason: measured.error.message }, 'the benchmark failed');
    speed = measured.value.speed;
    session.send({ benchmark: measured.value });
  };

  const owner = options.owner === undefined ? undefined : startOwnerFirst(options.owner, { logger, monitor, leases, tell: (state) => session.send({ owner: state }) });
  // Joins as it is: an owner who is there already is told of in the first message after Welcome.
  const session = startSession({
    channel,
    logger,
    hello,
    runningLeases: leases.ids,
    draining: () => leaving !== undefined,
    owner: () => owner?.state(),
    heartbeat,
    facts,
    onAssign: (assign) => {
      leases.assign(assign);
      session.changed();
    },
    onCancel: (leaseId, reason) => leases.cancel(leaseId, fault('cancelled', reason === '' ? 'cancelled by the coordinator' : reason)),
    onRecall: leases.recall,
    onBenchmark: () => void (benchmarking ??= benchmarkAgain()),
    onDrain: (enabled) => {
      if (!leaving && !stopping) leases.refuse(enabled ? DRAINING : undefined);
      logger.info({ enabled }, 'the coordinator asked to drain');
    },
  });

  const samples = setInterval(() => {
    monitor.sample(FRESH_MS);
    session.changed();
  }, limits.machineSampleIntervalMs);
  const endMemoryWatch = startMemoryWatch(options.memory, () => leases.pids().length > 0, () => leases.guests(monitor.sample(0)));

  let leaving: Promise<void> | undefined;
  let finish = (): void => undefined;
  const done = new Promise<void>((resolve) => (finish = resolve));
  let ended: Promise<void> | undefined;
  const end = (): Promise<void> =>
    (ended ??= (async () => {
      clearInterval(samples);
      endMemoryWatch();
      owner?.stop();
      await session.close();
      await options.closeAll();
      finish();
    })());

  const leave = async (): Promise<void> => {
    leases.refuse(DRAINING);
    session.send({ draining: {} });
    logger.info({ running: leases.ids().length }, 'draining');
    await Promise.race([leases.idle(), sleep(limits.drainMsMax, undefined, { ref: false }), stopped]);
    if (!stopping) await session.flushed(limits.streamEndMsMax);
    await end();
  };

  let stopping = false;
  let wakeStopped = (): void => undefined;
  const stopped = new Promise<void>((resolve) => (wakeStopped = resolve));
  const stop = async (): Promise<void> => {
    stopping = true;
    leases.refuse(DRAINING);
    wakeStopped();
    for (const leaseId of leases.ids()) leases.cancel(leaseId, fault('cancelled', 'the worker was stopped'));
    await leases.idle();
    await end();
  };

  return { joined: session.joined, drain: () => (leaving ??= leave()), stop, done };
}
