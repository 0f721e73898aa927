// The one place where a worker is put together: checks, store, sandbox slots, queue, session.
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { chmod, copyFile, mkdir, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import PQueue from 'p-queue';
import { err, fault, limits, ok } from '@mosix/core';
import type { Fault, Result } from '@mosix/core';
import { createRemoteStore, openDiskStore } from '@mosix/cas';
import type { Logger } from '@mosix/observe';
import { connect } from '@mosix/protocol';
import type { Channel, farm } from '@mosix/protocol';
import { findBubblewrap, findInit, hidingPlace, isReachable, trySandbox } from './checks.js';
import { createInputs } from './inputs.js';
import { runJob } from './job.js';
import type { JobPorts } from './job.js';
import { startKeeper } from './keeper.js';
import type { Keeper } from './keeper.js';
import { createOwnLoad, instructionSets, machineState, memoryBytes } from './machine.js';
import type { Sandbox, SandboxOptions, User } from './sandbox/run.js';
import { createSlotPool } from './sandbox/slot-pool.js';
import { startSession } from './session.js';
import { measureSpeed } from './speed.js';

export interface WorkerOptions {
  /** `HOST:PORT` or `unix:/PATH`. */
  readonly coordinator: string;
  /** Unique in the farm. */
  readonly name: string;
  /** Jobs at the same time. */
  readonly slots: number;
  /** Blobs and job directories; no two workers share one. Made when it does not exist. */
  readonly dataDirectory: string;
  readonly storeBytesMax: number;
  /** Where `mosix-init` is. */
  readonly launcherDirectory: string;
  readonly logger: Logger;
  /** Skips the benchmark. */
  readonly speed?: number;
  /** Talk in plaintext to a coordinator on another machine. */
  readonly insecure?: boolean;
  /** Who runs the jobs when the worker is root. Default: user and group 65534. */
  readonly jobUser?: User;
  /** 0 to 19. Default 5: the machine's owner feels nothing. */
  readonly nice?: number;
  readonly labels?: Readonly<Record<string, string>>;
}

export interface RunningWorker {
  /** Address of the coordinator. */
  readonly address: string;
  readonly name: string;
  readonly speed: number;
  /** Takes no new jobs, lets the running ones end and report, then leaves. */
  drain(): Promise<void>;
  /** The same as `drain`; aborting the start's signal ends at once. */
  close(): Promise<void>;
  /** Resolves when the worker has ended, however. */
  readonly done: Promise<void>;
}

const NOBODY: User = { uid: 65534, gid: 65534 };
const NICE_DEFAULT = 5;

interface Places {
  readonly keeper: Keeper;
  readonly init: string;
  readonly jobs: string;
  readonly blobs: string;
}

/** Directories, lock, left-overs of a worker that was killed, and our own copy of mosix-init on the blobs' file system. */
async function preparePlaces(options: WorkerOptions): Promise<Result<Places>> {
  const program = findInit(options.launcherDirectory);
  if (!program.ok) return program;
  const { dataDirectory } = options;
  try {
    await mkdir(dataDirectory, { recursive: true, mode: 0o755 });
  } catch (cause) {
    return err(fault('data-directory', `cannot use ${dataDirectory}: ${(cause as Error).message}`, { hint: 'choose another folder: --data DIR', cause }));
  }
  const keeper = await startKeeper(program.value, join(dataDirectory, 'lock'));
  if (!keeper.ok) return keeper;
  const jobs = join(dataDirectory, 'jobs');
  const init = join(dataDirectory, 'mosix-init');
  try {
    await mkdir(jobs, { recursive: true, mode: 0o755 });
    for (const name of await readdir(jobs)) await keeper.value.remove(join(jobs, name));
    // A copy: links must not cross file systems, and a rebuild must not change a program under running jobs.
    await rm(`${init}.new`, { force: true });
    await copyFile(program.value, `${init}.new`);
    await chmod(`${init}.new`, 0o555);
    await rename(`${init}.new`, init);
  } catch (cause) {
    await keeper.value.close();
    return err(fault('data-directory', `cannot write to ${dataDirectory}: ${(cause as Error).message}`, { hint: 'choose another folder: --data DIR', cause }));
  }
  return ok({ keeper: keeper.value, init, jobs, blobs: join(dataDirectory, 'cas') });
}

async function prepareSandbox(options: WorkerOptions, places: Places): Promise<Result<SandboxOptions>> {
  const bubblewrap = findBubblewrap();
  if (!bubblewrap.ok) return bubblewrap;
  await mkdir(places.blobs, { recursive: true, mode: 0o755 });
  const isRoot = process.getuid?.() === 0;
  const jobUser = isRoot ? (options.jobUser ?? NOBODY) : undefined;
  const hideAt = isRoot && !isReachable(places.jobs) ? hidingPlace() : undefined;
  if (isRoot && hideAt === undefined && !isReachable(places.jobs)) {
    return err(fault('data-directory', `user ${jobUser?.uid} cannot reach ${places.jobs}`, { hint: 'choose a data directory that others may search: --data DIR' }));
  }
  const sandbox: SandboxOptions = { init: places.init, bubblewrap: bubblewrap.value, blobDirectory: places.blobs, jobUser, hideAt, nice: options.nice ?? NICE_DEFAULT };
  const trial = join(places.jobs, 'trial');
  const tried = await trySandbox(trial, sandbox);
  await places.keeper.remove(trial);
  return tried.ok ? ok(sandbox) : tried;
}

const version = (): string => (JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as { version: string }).version;

/**
 * Starts a worker and joins the farm; aborting `signal` ends it at once, jobs and all. When the coordinator does not answer for
 * limits.workerJoinMsMax the worker runs all the same and goes on trying. Codes: `no-init`, `no-bubblewrap`, `no-user-namespaces`,
 * `sandbox`, `data-in-use`, `data-directory`, `benchmark`, `bad-address`, `plaintext-refused`, those of the store, and those of a
 * coordinator's refusal (`duplicate-name`, `bad-name` …).
 */
export async function startWorker(options: WorkerOptions, signal?: AbortSignal): Promise<Result<RunningWorker>> {
  const places = await preparePlaces(options);
  if (!places.ok) return places;
  const { keeper } = places.value;
  const giveUp = async <T>(problem: Result<T>): Promise<Result<T>> => {
    await keeper.close();
    return problem;
  };
  const sandbox = await prepareSandbox(options, places.value);
  if (!sandbox.ok) return giveUp(sandbox);
  const store = await openDiskStore({ directory: places.value.blobs, sizeBytesMax: options.storeBytesMax });
  if (!store.ok) return giveUp(store);
  const speed = options.speed === undefined ? await measureSpeed(places.value.init) : ok(options.speed);
  if (!speed.ok) return giveUp(speed);
  // Two connections: a large blob on its way must not delay heartbeats.
  const security = { plaintext: options.insecure ?? false };
  const control = connect(options.coordinator, security);
  if (!control.ok) return giveUp(control);
  const data = connect(options.coordinator, security);
  if (!data.ok) return giveUp(data);
  const remote = createRemoteStore(data.value);
  const remove = (path: string): void => void keeper.remove(path);
  const ports: JobPorts = {
    worker: options.name,
    store: store.value,
    remote,
    inputs: createInputs(store.value, remote),
    slots: createSlotPool(places.value.jobs, remove),
    sandbox: sandbox.value,
  };
  const worker = runWorker(options, ports, control.value, speed.value, places.value, async () => {
    control.value.close();
    data.value.close();
    await store.value.close();
    await keeper.close();
  });
  const stopNow = (): void => void worker.stop();
  if (signal?.aborted === true) stopNow();
  else signal?.addEventListener('abort', stopNow, { once: true });
  const joined = await Promise.race([worker.joined, sleep(limits.workerJoinMsMax, undefined, { ref: false })]);
  if (joined?.ok === false) {
    await worker.stop();
    return joined;
  }
  if (joined === undefined) options.logger.warn({ coordinator: options.coordinator }, 'the coordinator does not answer; the worker keeps trying');
  return ok({ address: options.coordinator, name: options.name, speed: speed.value, drain: worker.drain, close: worker.drain, done: worker.done });
}

interface Lease {
  readonly controller: AbortController;
  /** False while it waits for a slot. */
  begun: boolean;
  sandbox: Sandbox | undefined;
}

interface Internals {
  readonly joined: Promise<Result<void>>;
  readonly drain: () => Promise<void>;
  readonly stop: () => Promise<void>;
  readonly done: Promise<void>;
}

function runWorker(options: WorkerOptions, ports: JobPorts, channel: Channel, speedAtStart: number, places: Places, closeAll: () => Promise<void>): Internals {
  const { logger, name, slots } = options;
  const queue = new PQueue({ concurrency: slots });
  const leases = new Map<string, Lease>();
  const instance = randomUUID();
  const ownLoad = createOwnLoad();
  let speed = speedAtStart;
  let draining = false;

  const hello = (): farm.HelloInput => ({
    name, slots, speed, instance,
    instructionSets: instructionSets(),
    memoryBytes: memoryBytes(),
    version: version(),
    labels: { ...options.labels },
  }); // prettier-ignore

  const heartbeat = async (): Promise<farm.HeartbeatInput> => {
    const progress: farm.LeaseProgressInput[] = [];
    for (const [leaseId, { sandbox }] of leases) {
      const use = sandbox?.use() ?? { cpuUs: 0, memoryBytes: 0 };
      progress.push({ leaseId, cpuUs: use.cpuUs, memoryBytes: use.memoryBytes });
    }
    const running = [...leases.values()].filter(({ sandbox }) => sandbox !== undefined).length;
    return { ...(await machineState(places.jobs, ownLoad(running, performance.now()))), leases: progress };
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
      update = await runJob(assign, ports, events, lease.controller.signal);
    } catch (problem) {
      logger.error({ err: problem, lease: leaseId }, 'bug while running a job');
      update = { leaseId, failed: { code: 'internal', message: String(problem) } };
    }
    leases.delete(leaseId);
    if (update.failed !== undefined && update.failed !== null) {
      const { code, message, missing } = update.failed;
      logger[code === 'cancelled' ? 'debug' : 'warn']({ lease: leaseId, job: assign.label, code, reason: message, missing: missing?.[0]?.hash }, 'a job failed');
      // A link into the store may have been spoiled together with its blob.
      if (code === 'missing-input') ports.slots.forget();
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
    const measured = await measureSpeed(places.init);
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
      await closeAll();
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

