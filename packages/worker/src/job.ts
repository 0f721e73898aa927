// One lease from Assign to its end: inputs, sandbox, outputs, upload. Whatever goes wrong that is not the compiler's own doing ends
// as `Failed` with a stable code, and the coordinator tries elsewhere.
import { digestKey, err, fault, limits, ok } from '@mosix/core';
import type { Digest, Fault, Result } from '@mosix/core';
import type { DiskStore, RemoteStore } from '@mosix/cas';
import type { farm, reapi } from '@mosix/protocol';
import { missingInput } from './inputs.js';
import type { Inputs, LoadedInputs } from './inputs.js';
import { startJobClock } from './job-clock.js';
import type { JobClock } from './job-clock.js';
import { memoryKills } from './machine.js';
import { actionResult, exitCodeOf, readStdio, uploadAll } from './result.js';
import type { Stdio, Times } from './result.js';
import { lackOfRoom } from './room.js';
import { harvest } from './sandbox/harvest.js';
import type { Harvest } from './sandbox/harvest.js';
import type { JobCommand } from './sandbox/plan.js';
import type { JobRecord } from './sandbox/record.js';
import { startSandbox } from './sandbox/run.js';
import type { Sandbox, SandboxOptions } from './sandbox/run.js';
import type { SlotPool } from './sandbox/slot-pool.js';
import { nodeFailure } from './verdict.js';

export interface JobPorts {
  readonly worker: string;
  readonly store: DiskStore;
  readonly remote: RemoteStore;
  readonly inputs: Inputs;
  readonly slots: SlotPool;
  readonly sandbox: SandboxOptions;
}

/** A job whose program runs. */
export interface RunningJob {
  /** The root of its processes. */
  readonly pid: number;
  readonly clock: JobClock;
  /** Ends all of it; the lease then fails with this code. */
  readonly end: (code: string, message: string) => Promise<void>;
}

export interface JobUse {
  readonly cpuUs: number;
  readonly memoryBytes: number;
  /** Pauses not counted. */
  readonly wallUs: number;
}

export interface JobHooks {
  /** The inputs, perhaps fetched while the lease waited. */
  readonly inputs: () => Promise<Result<LoadedInputs>>;
  /** Asked at the last moment; a Fault keeps the job from beginning. */
  readonly mayBegin: () => Result<void>;
  /** The program is about to run. */
  readonly began: (job: RunningJob) => void;
  /** It runs no more. */
  readonly ended: (use: JobUse) => void;
}

const wallMs = (): number => performance.timeOrigin + performance.now();

/** Aborting `signal` ends the job's processes; `reason` of the signal may be a Fault to report. */
export async function runJob(assign: farm.Assign, ports: JobPorts, hooks: JobHooks, signal: AbortSignal): Promise<farm.LeaseUpdateInput> {
  const outcome = await attempt(assign, ports, hooks, signal);
  return { leaseId: assign.leaseId, ...(outcome.ok ? { finished: outcome.value } : { failed: failed(signal.aborted ? cancelled(signal) : outcome.error) }) };
}

const isFault = (value: unknown): value is Fault => typeof value === 'object' && value !== null && 'code' in value && 'message' in value;

const cancelled = (signal: AbortSignal): Fault => (isFault(signal.reason) && typeof signal.reason.code === 'string' ? signal.reason : fault('cancelled', 'cancelled'));

const failed = ({ code, message, cause }: Fault): farm.FailedInput => ({ code, message, ...(code === 'missing-input' ? { missing: cause as Digest[] } : {}) });

async function attempt(assign: farm.Assign, ports: JobPorts, hooks: JobHooks, signal: AbortSignal): Promise<Result<farm.FinishedInput>> {
  const { action, command } = assign;
  if (action === null || command === null || action.inputRootDigest === null) return err(fault('bad-input', 'the lease has no action, no command or no input root'));
  const rootDigest = action.inputRootDigest;
  const start = wallMs();
  // Twice: files may have vanished from under the store, which shows only when they are linked.
  for (let again = false; ; again = true) {
    const inputs = await (again ? ports.inputs.load(rootDigest, assign.directories, signal) : hooks.inputs());
    if (!inputs.ok) return inputs;
    if (signal.aborted) {
      inputs.value.release();
      return err(cancelled(signal));
    }
    const fetched = wallMs();
    try {
      const ran = await runInSlot(assign, command, inputs.value, { start, fetched }, ports, hooks, signal);
      if (ran.ok || ran.error.code !== 'missing-input' || again) return ran;
      for (const digest of ran.error.cause as Digest[]) await ports.store.drop(digest);
      ports.slots.forget(); // their links may lead to what was spoiled or deleted here
    } finally {
      inputs.value.release();
    }
  }
}

async function runInSlot(
  assign: farm.Assign,
  command: reapi.Command,
  inputs: LoadedInputs,
  { start, fetched }: Pick<Times, 'start' | 'fetched'>,
  ports: JobPorts,
  hooks: JobHooks,
  signal: AbortSignal,
): Promise<Result<farm.FinishedInput>> {
  const affinity = command.workingDirectory;
  const slot = await ports.slots.acquire(affinity);
  let leftovers: string[] = [];
  try {
    const full = lackOfRoom(slot.directory);
    if (full !== undefined) return err(giveUpRoom(full, ports));
    const killsBefore = memoryKills({ fresh: false });
    if (signal.aborted) return err(cancelled(signal));
    const may = hooks.mayBegin();
    if (!may.ok) return may;
    const executionStart = wallMs();
    const sandbox = startSandbox(slot, inputs.root, jobCommand(command), ports.sandbox);
    if (!sandbox.ok) return sandbox;
    leftovers = [sandbox.value.io, ...sandbox.value.scratches.values()];
    const { record, pausedMs } = await watch(sandbox.value, assign.timeoutMs, hooks, signal);
    const executionEnd = wallMs();
    // On a full disk PID 1 cannot even say how the job ended.
    const filled = record.ok || record.error.code === 'sandbox' ? lackOfRoom(slot.directory) : undefined;
    if (filled !== undefined) return err(giveUpRoom(filled, ports));
    if (!record.ok) return err(nameBlob(record.error, inputs));
    const collected = await collect(sandbox.value, record.value, () => memoryKills({ fresh: true }) !== killsBefore);
    if (!collected.ok) return collected;
    const { harvested, stdout, stderr } = collected.value;
    const uploadStart = wallMs();
    const blobs = [...harvested.blobs.values(), ...[stdout, stderr].flatMap(({ blob }) => (blob === undefined ? [] : [blob]))];
    const uploaded = await uploadAll(ports.remote, blobs, signal);
    if (!uploaded.ok) return uploaded;
    const end = wallMs();
    const times = { start, fetched, executionStart, executionEnd, uploadStart, end };
    return ok({
      result: actionResult(harvested, { stdout, stderr }, exitCodeOf(record.value.exit), ports.worker, times),
      usage: usageOf(record.value, times, inputs.fetchedBytes, pausedMs),
    });
  } finally {
    ports.slots.release(slot, affinity, leftovers);
  }
}

/** This job goes elsewhere; the next one shall find room. Stages hold on to the blobs that they link to. */
function giveUpRoom(problem: Fault, { store, slots }: JobPorts): Fault {
  store.giveUp(limits.jobDiskBytesMin);
  slots.forget();
  return problem;
}

function jobCommand(command: reapi.Command): JobCommand {
  return {
    arguments: command.arguments,
    environment: command.environmentVariables,
    workingDirectory: command.workingDirectory,
    outputPaths: command.outputPaths.length > 0 ? command.outputPaths : [...command.outputFiles, ...command.outputDirectories],
  };
}

/** Waits for the end; on a cancellation or after `timeoutMs` of its own time it makes one. */
async function watch(sandbox: Sandbox, timeoutMs: number, hooks: JobHooks, signal: AbortSignal): Promise<{ record: Result<JobRecord>; pausedMs: number }> {
  const bound = timeoutMs > 0 ? timeoutMs : limits.jobTimeoutMs;
  const clock = startJobClock(bound, () => void sandbox.kill('timeout', `still running after ${bound} ms`));
  const cancel = (): void => {
    const { code, message } = cancelled(signal);
    void sandbox.kill(code, message);
  };
  signal.addEventListener('abort', cancel, { once: true });
  hooks.began({ pid: sandbox.pid, clock, end: sandbox.kill });
  const record = await sandbox.ended;
  clock.stop();
  signal.removeEventListener('abort', cancel);
  const { userUs, systemUs, peakMemoryBytes } = record.ok ? record.value : { userUs: 0, systemUs: 0, peakMemoryBytes: 0 };
  hooks.ended({ cpuUs: userUs + systemUs, memoryBytes: peakMemoryBytes, wallUs: Math.round(clock.ranMs * 1000) });
  return { record, pausedMs: clock.pausedMs };
}

/** The stage names a blob by its place in the store; the coordinator wants digests. */
function nameBlob(problem: Fault, inputs: LoadedInputs): Fault {
  if (problem.code !== 'missing-input') return problem;
  const hash = String(problem.cause).replace(/^.*\//, '').replace(/\.x$/, '');
  const found = new Map<string, Digest>();
  const walk = (directory: LoadedInputs['root']): void => {
    for (const { digest } of directory.files.values()) if (digest.hash === hash) found.set(digestKey(digest), digest);
    for (const below of directory.directories.values()) walk(below);
  };
  walk(inputs.root);
  return missingInput([...found.values()]);
}

async function collect(
  sandbox: Sandbox,
  record: JobRecord,
  memoryKilled: () => boolean,
): Promise<Result<{ harvested: Harvest; stdout: Stdio; stderr: Stdio }>> {
  const stdout = readStdio(sandbox.io, 'stdout');
  if (!stdout.ok) return stdout;
  const stderr = readStdio(sandbox.io, 'stderr');
  if (!stderr.ok) return stderr;
  if (exitCodeOf(record.exit) !== 0) {
    const bytes = stderr.value.blob !== undefined && 'bytes' in stderr.value.blob ? stderr.value.blob.bytes : stderr.value.raw;
    const problem = nodeFailure({ record, stderr: bytes.toString('latin1'), memoryKilled: memoryKilled() });
    if (problem !== undefined) return err(problem);
  }
  const harvested = await harvest(sandbox);
  return harvested.ok ? ok({ harvested: harvested.value, stdout: stdout.value, stderr: stderr.value }) : harvested;
}

const microseconds = (from: number, to: number): number => Math.max(0, Math.round((to - from) * 1000));

const usageOf = (record: JobRecord, times: Times, fetchedBytes: number, pausedMs: number): farm.UsageInput => ({
  userUs: record.userUs,
  systemUs: record.systemUs,
  peakMemoryBytes: record.peakMemoryBytes,
  wallUs: Math.max(0, record.wallUs - Math.round(pausedMs * 1000)),
  fetchUs: microseconds(times.start, times.fetched),
  // Everything around the compiler: laying out the tree, making the sandbox, taking it down.
  prepareUs: Math.max(0, microseconds(times.executionStart, times.executionEnd) - record.wallUs),
  uploadUs: microseconds(times.uploadStart, times.end),
  fetchedBytes,
});

