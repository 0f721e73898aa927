// Starts one job: mosix-init lays out the root and becomes bubblewrap, which starts mosix-init again as PID 1 inside. One process is
// spawned from Node for all of it.
import { spawn } from 'node:child_process';
import type { ChildProcessByStdio } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';
import { join } from 'node:path';
import { err, fault, ok } from '@mosix/core';
import type { Fault, Result } from '@mosix/core';
import type { InputDirectory } from './input-tree.js';
import { createManifest } from './manifest.js';
import type { Manifest } from './manifest.js';
import { INIT_PATH, IO_PATH, planJob } from './plan.js';
import type { JobCommand, Mount, Plan } from './plan.js';
import { killSandbox } from './processes.js';
import { errnoName, parseInitError, readRecord } from './record.js';
import type { JobRecord } from './record.js';

export interface User {
  readonly uid: number;
  readonly gid: number;
}

export interface SandboxOptions {
  /** mosix-init, on the file system of the blobs. */
  readonly init: string;
  readonly bubblewrap: string;
  /** The store's directory of blobs (`<2 hex>/<hash>`). */
  readonly blobDirectory: string;
  /** Who runs the jobs when the worker is root; undefined: the worker's own user, who must not be root. */
  readonly jobUser: User | undefined;
  /** Tests that run as root play an unprivileged worker: the whole stage happens as this user. */
  readonly workerUser?: User;
  /** An existing directory that hides the job's directory behind a path its user can reach (see init-stage.h, `h`). */
  readonly hideAt: string | undefined;
  /** 0 to 19, for the whole job. */
  readonly nice: number;
  /** The job gets only processor and disk time that nobody else wants (SCHED_IDLE, see sched(7)). */
  readonly onlyIdleTime?: boolean;
}

/** A directory in which one job after another runs. What its `stage` holds is reused. */
export interface StageSlot {
  readonly directory: string;
  /** What `stage` holds; undefined: nothing, or nobody knows. */
  tree: InputDirectory | undefined;
  runs: number;
  /** False: the directory must be removed, and the slot gets a new one. */
  intact: boolean;
}

export interface Sandbox {
  readonly plan: Plan;
  /** Holds `stdout`, `stderr` and mosix-init's `record`. */
  readonly io: string;
  /** The private directory behind each writable one, by real path without the leading slash. */
  readonly scratches: ReadonlyMap<string, string>;
  /** Bubblewrap's process id. */
  readonly pid: number;
  /**
   * Settles when no process of the job lives any more. Codes: `missing-input` (a blob is gone from the store, `cause` is its name),
   * `disk-full`, `sandbox` (bubblewrap or the stage failed), `exec` (the program could not be started), `too-big` (arguments and
   * environment beyond the kernel's limit), `killed`.
   */
  readonly ended: Promise<Result<JobRecord>>;
  /** Ends the whole tree; `ended` then gives a Fault with this code. */
  readonly kill: (code: string, message: string) => Promise<void>;
}

const STDERR_BYTES_MAX = 16 * 1024;

const FIXED_ARGUMENTS = [
  '--unshare-user', '--unshare-pid', '--unshare-ipc', '--unshare-uts', '--unshare-net', '--unshare-cgroup-try',
  '--die-with-parent', '--new-session', '--as-pid-1', '--cap-drop', 'ALL',
]; // prettier-ignore

/** The slot is in use until `ended`; afterwards `slot.intact` says whether it can be used again. */
export function startSandbox(slot: StageSlot, root: InputDirectory, command: JobCommand, options: SandboxOptions): Result<Sandbox> {
  const { directory } = slot;
  // A namespace does not tame uid 0: the kernel lets it write to /proc/sys by its number alone.
  const runner = options.jobUser?.uid ?? options.workerUser?.uid ?? process.getuid?.();
  if (runner === 0) return err(fault('sandbox', 'jobs must not run as root'));
  const plan = planJob(root, command, { init: options.init, otherUser: options.jobUser !== undefined, run: (slot.runs += 1), before: slot.tree });
  if (!plan.ok) return plan;
  const manifest = createManifest();
  manifest.add('R', directory, 'C', options.blobDirectory);
  if (options.jobUser !== undefined) manifest.add('J', options.jobUser.uid, options.jobUser.gid);
  plan.value.layOut(manifest);
  if (options.nice > 0) manifest.add('n', options.nice);
  if (options.onlyIdleTime === true) manifest.add('b');
  if (options.hideAt !== undefined) manifest.add('h', options.hideAt);
  addProgram(manifest, plan.value, command);
  addBubblewrap(manifest, plan.value.mounts, options.hideAt ?? directory, options.bubblewrap);

  const started = startStage(options);
  if (!started.ok) return started;
  const child = started.value;
  // Unknown until the new tree stands.
  slot.tree = undefined;
  slot.intact = false;
  let stderr = '';
  child.stderr.setEncoding('latin1').on('data', (text: string) => {
    if (stderr.length < STDERR_BYTES_MAX) stderr += text;
  });
  child.stdin.on('error', () => undefined); // it died before it read everything; its exit says why
  child.stdin.end(manifest.bytes());

  const io = join(directory, `io-${slot.runs}`);
  let killed: Fault | undefined;
  let over = false;
  const ended = new Promise<Result<JobRecord>>((resolve) => {
    child.once('error', (cause) => resolve(err(fault('sandbox', `${options.init} does not start: ${cause.message}`, { cause }))));
    child.once('close', (code, signal) => {
      over = true;
      const result = killed === undefined ? judge(join(io, 'record'), command.arguments[0] ?? '', code, signal, stderr) : err(killed);
      // A record means that the stage was whole. After anything else it is not known how far it got.
      if (result.ok) {
        slot.tree = plan.value.tree;
        slot.intact = true;
      }
      resolve(result);
    });
  });
  const pid = child.pid ?? 0;
  return ok({
    plan: plan.value,
    io,
    scratches: new Map(plan.value.writable.map(({ real, scratch }) => [real.join('/'), join(directory, `scratch-${slot.runs}-${scratch}`)])),
    pid,
    ended,
    kill: async (code, message) => {
      if (over || pid === 0) return;
      killed ??= fault(code, message);
      await killSandbox(pid);
      await ended;
    },
  });
}

function startStage({ init, workerUser }: SandboxOptions): Result<ChildProcessByStdio<Writable, null, Readable>> {
  try {
    // A process group of its own: a terminal's Ctrl-C asks the worker to drain, and must not reach its jobs.
    return ok(spawn(init, ['--stage'], { stdio: ['pipe', 'ignore', 'pipe'], env: {}, cwd: '/', detached: true, ...workerUser }));
  } catch (cause) {
    return err(fault('sandbox', `no process can be started: ${(cause as Error).message}`, { cause })); // too many files or processes
  }
}

function addProgram(manifest: Manifest, plan: Plan, command: JobCommand): void {
  const environment = command.environment.map(({ name, value }) => `${name}=${value}`);
  const fields = [IO_PATH, plan.workingDirectory, command.arguments.length, ...command.arguments, environment.length, ...environment];
  const bytes = `${fields.join('\0')}\0`;
  manifest.add('i', Buffer.byteLength(bytes), bytes);
}

function addBubblewrap(manifest: Manifest, mounts: readonly Mount[], base: string, bubblewrap: string): void {
  const words = [bubblewrap];
  for (const { kind, source, target } of mounts) {
    if (kind === 'bind' || kind === 'ro-bind') words.push(`--${kind}`, `${base}/${source}`, target);
    else words.push(`--${kind}`, target);
  }
  words.push(...FIXED_ARGUMENTS, '--', INIT_PATH);
  manifest.add('x', words.length, ...words);
}

/** The program is not in the input root, or is none, or its arguments are more than a kernel takes: it is the same on every node. */
const ACTIONS_OWN: ReadonlySet<string> = new Set(['ENOENT', 'ENOTDIR', 'ENOEXEC', 'E2BIG']);

function judge(record: string, program: string, code: number | null, signal: string | null, stderr: string): Result<JobRecord> {
  const outcome = readRecord(record);
  if (outcome !== undefined && 'exit' in outcome) return ok(outcome);
  if (outcome !== undefined) {
    const why = errnoName(outcome.errno);
    // Clients that expect a machine with programs of its own should learn that there is none.
    const more = outcome.step === 'exec' && why === 'ENOENT' ? '; an action brings its program, interpreter and libraries in its input root' : '';
    return err(fault(outcome.step === 'exec' && ACTIONS_OWN.has(why) ? 'bad-input' : outcome.step, `${program} could not be started: ${outcome.step} says ${why}${more}`));
  }
  const problem = parseInitError(stderr);
  if (problem !== undefined) {
    const why = errnoName(problem.errno);
    const message = `${problem.step} of ${problem.subject}: ${why}`;
    if (problem.step === 'blob' && why === 'ENOENT') return err(fault('missing-input', message, { cause: problem.subject }));
    return err(fault(why === 'ENOSPC' || why === 'EDQUOT' ? 'disk-full' : 'sandbox', message));
  }
  const end = signal === null ? `status ${code}` : signal;
  return err(fault('sandbox', `the sandbox ended with ${end}: ${stderr.trim() || 'no message'}`));
}
