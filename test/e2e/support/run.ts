// Runs one command the way a build tool does (pipes, own process group) and records all that it can tell: status,
// signal, bytes, and whether something kept its pipes open after it had ended, which is what makes ninja hang.

import { spawn } from 'node:child_process';

export interface RunOptions {
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  readonly stdin?: string | Buffer;
  readonly timeoutMs?: number;
  /** Called with the process id of the group's leader once it runs. */
  readonly onStart?: (pid: number) => void;
}

export interface Outcome {
  readonly status: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: Buffer;
  readonly stderr: Buffer;
  readonly timedOut: boolean;
  /** A process that outlived the command held its stdout or stderr. */
  readonly pipesHeld: boolean;
  readonly wallMs: number;
}

const pipeGraceMs = 3_000;
const pipeTurnMs = 200;

export function run(argv: readonly string[], options: RunOptions): Promise<Outcome> {
  const [program, ...rest] = argv;
  if (program === undefined) throw new Error('empty command');
  return new Promise((resolve, reject) => {
    const start = performance.now();
    const child = spawn(program, rest, { cwd: options.cwd, env: { ...options.env }, detached: true, stdio: ['pipe', 'pipe', 'pipe'] });
    const out: Buffer[] = [];
    const err: Buffer[] = [];
    let timedOut = false;
    let pipesHeld = false;
    let grace: NodeJS.Timeout | undefined;
    const kill = (): void => {
      timedOut = true;
      try {
        if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
      } catch {
        // already gone
      }
    };
    const timer = setTimeout(kill, options.timeoutMs ?? 120_000);
    child.stdout.on('data', (chunk: Buffer) => out.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => err.push(chunk));
    child.stdin.on('error', () => undefined);
    child.stdin.end(options.stdin ?? '');
    child.on('error', reject);
    child.on('spawn', () => options.onStart?.(child.pid as number));
    child.on('exit', () => {
      clearTimeout(timer);
      const judge = (): void => {
        pipesHeld = true;
        child.stdout.destroy();
        child.stderr.destroy();
      };
      // After a stall of this very process timers come before what waits in the pipes: those get a turn before anything is said.
      grace = setTimeout(() => (grace = setTimeout(judge, pipeTurnMs)), pipeGraceMs);
    });
    child.on('close', (status, signal) => {
      clearTimeout(timer);
      clearTimeout(grace);
      resolve({ status, signal, stdout: Buffer.concat(out), stderr: Buffer.concat(err), timedOut, pipesHeld, wallMs: performance.now() - start });
    });
  });
}

/** Runs, and throws with everything the command said if it did not end with status 0. */
export async function mustRun(argv: readonly string[], options: RunOptions): Promise<Outcome> {
  const outcome = await run(argv, options);
  if (outcome.status !== 0) throw new Error(`${argv.join(' ')}\n${describe(outcome)}`);
  return outcome;
}

const tail = (bytes: Buffer): string => (bytes.length > 6000 ? `…${bytes.subarray(-6000).toString()}` : bytes.toString());

export const describe = (outcome: Outcome): string =>
  `status ${outcome.status} signal ${outcome.signal}${outcome.timedOut ? ' TIMED OUT' : ''}${outcome.pipesHeld ? ' PIPES HELD' : ''}\n--- stdout\n${tail(outcome.stdout)}\n--- stderr\n${tail(outcome.stderr)}`;
