// The one place where a worker is put together: places on disk, checks, store, sandbox, connections.
import { readFileSync } from 'node:fs';
import { chmod, copyFile, mkdir, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { err, fault, limits, ok } from '@mosix/core';
import type { Result } from '@mosix/core';
import { createRemoteStore, openDiskStore } from '@mosix/cas';
import type { Logger } from '@mosix/observe';
import { connect } from '@mosix/protocol';
import { findBubblewrap, findInit, hidingPlace, isReachable, trySandbox } from './checks.js';
import { createInputs } from './inputs.js';
import type { JobPorts } from './job.js';
import { startKeeper } from './keeper.js';
import type { Keeper } from './keeper.js';
import { createMemoryGauge } from './memory.js';
import type { Memory } from './memory.js';
import { hasOwnerPolicy } from './owner.js';
import type { OwnerPolicy } from './owner.js';
import type { OwnerSigns } from './owner-signs.js';
import { runWorker } from './run-worker.js';
import type { SandboxOptions, User } from './sandbox/run.js';
import { createSlotPool } from './sandbox/slot-pool.js';
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
  /** 0 to 19. Default: 5, and with a policy for owners only the time that nobody else wants. */
  readonly nice?: number;
  /** When guests stand back for the machine's owner; none by default. */
  readonly owner?: OwnerPolicy;
  /** Where the owner's hands are seen; by default at this machine's terminals and desktop. */
  readonly ownerSigns?: OwnerSigns;
  /** Memory of this node; by default what kernel and control groups say. */
  readonly memory?: () => Memory;
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
/** Beside an owner's two busy processes two guests on two processors took 26 % of the time at nice 5, 2 % at 19, 0.7 % as SCHED_IDLE. */
const NICE_DEFAULT = 5;
const NICE_LAST = 19;

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
    // Other people's sources will lie here.
    await mkdir(dataDirectory, { recursive: true, mode: 0o700 });
  } catch (cause) {
    return err(fault('data-directory', `cannot use ${dataDirectory}: ${(cause as Error).message}`, { hint: 'choose another folder: --data DIR', cause }));
  }
  const keeper = await startKeeper(program.value, join(dataDirectory, 'lock'));
  if (!keeper.ok) return keeper;
  const jobs = join(dataDirectory, 'jobs');
  const init = join(dataDirectory, 'mosix-init');
  try {
    await mkdir(jobs, { recursive: true });
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

function priority({ nice, owner }: WorkerOptions): Pick<SandboxOptions, 'nice' | 'onlyIdleTime'> {
  const onlyIdleTime = nice === undefined && owner !== undefined && hasOwnerPolicy(owner);
  return { nice: nice ?? (onlyIdleTime ? NICE_LAST : NICE_DEFAULT), onlyIdleTime };
}

async function prepareSandbox(options: WorkerOptions, places: Places): Promise<Result<SandboxOptions>> {
  const bubblewrap = findBubblewrap();
  if (!bubblewrap.ok) return bubblewrap;
  await mkdir(places.blobs, { recursive: true });
  const isRoot = process.getuid?.() === 0;
  const jobUser = isRoot ? (options.jobUser ?? NOBODY) : undefined;
  const hideAt = isRoot && !isReachable(places.jobs) ? hidingPlace() : undefined;
  if (isRoot && hideAt === undefined && !isReachable(places.jobs)) {
    return err(fault('data-directory', `user ${jobUser?.uid} cannot reach ${places.jobs}`, { hint: 'choose a data directory that others may search: --data DIR' }));
  }
  const sandbox: SandboxOptions = { init: places.init, bubblewrap: bubblewrap.value, blobDirectory: places.blobs, jobUser, hideAt, ...priority(options) };
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
  const store = await openDiskStore({ directory: places.value.blobs, sizeBytesMax: options.storeBytesMax, foldersAtOpen: true });
  if (!store.ok) return giveUp(store);
  const speed = options.speed === undefined ? await measureSpeed(places.value.init) : ok({ speed: options.speed });
  if (!speed.ok) return giveUp(speed);
  // Two connections: a large blob on its way must not delay heartbeats.
  const security = { plaintext: options.insecure ?? false };
  const control = connect(options.coordinator, security);
  if (!control.ok) return giveUp(control);
  const data = connect(options.coordinator, security);
  if (!data.ok) return giveUp(data);
  const remote = createRemoteStore(data.value);
  const remove = (path: string): void => void keeper.remove(path);
  const slots = createSlotPool(places.value.jobs, remove);
  const ports: JobPorts = {
    worker: options.name,
    store: store.value,
    remote,
    inputs: createInputs(store.value, remote, slots.forget),
    slots,
    sandbox: sandbox.value,
  };
  const { owner, ownerSigns } = options;
  const worker = runWorker({
    name: options.name,
    slots: options.slots,
    speed: speed.value.speed,
    version: version(),
    labels: options.labels ?? {},
    logger: options.logger,
    channel: control.value,
    jobs: ports,
    memory: options.memory ?? createMemoryGauge(),
    owner: owner === undefined || !hasOwnerPolicy(owner) ? undefined : { policy: owner, ...(ownerSigns === undefined ? {} : { signs: ownerSigns }) },
    helpers: [keeper.pid],
    jobsDirectory: places.value.jobs,
    closeAll: async () => {
      control.value.close();
      data.value.close();
      await store.value.close();
      await keeper.remove(places.value.jobs);
      await keeper.close();
    },
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
  return ok({ address: options.coordinator, name: options.name, speed: speed.value.speed, drain: worker.drain, close: worker.drain, done: worker.done });
}
