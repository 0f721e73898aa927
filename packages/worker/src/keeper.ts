// The worker's caretaker, `mosix-init --keep`: a process beside us that holds the lock on the data directory and removes the trees of
// finished jobs. It ends when we do, however that happens, because its standard input ends then.
import { spawn } from 'node:child_process';
import { err, fault, ok } from '@mosix/core';
import type { Result } from '@mosix/core';
import { errnoName, parseInitError } from './sandbox/record.js';

export interface Keeper {
  /** Its process id. */
  readonly pid: number;
  /** Removes a tree; true when it is gone. Never rejects; trees that stay are removed at the next start. */
  remove(path: string): Promise<boolean>;
  /** Lets the caretaker finish and go, and with it the lock. */
  close(): Promise<void>;
}

/** Codes: `data-in-use` (another worker holds the directory), `no-init` (the program does not start), `data-directory`. */
export function startKeeper(init: string, lockPath: string): Promise<Result<Keeper>> {
  const child = spawn(init, ['--keep', lockPath], { stdio: ['pipe', 'pipe', 'pipe'], env: {}, cwd: '/' });
  const waiting: ((gone: boolean) => void)[] = [];
  let over = false;
  let stderr = '';
  let unread = '';
  child.stderr.setEncoding('latin1').on('data', (text: string) => (stderr = (stderr + text).slice(-4096)));
  child.stdin.on('error', () => undefined);
  const exited = new Promise<void>((resolve) => child.once('close', () => resolve()).once('error', () => resolve()));

  const keeper: Keeper = {
    pid: child.pid ?? 0,
    remove: (path) =>
      new Promise((resolve) => {
        if (over) return resolve(false);
        waiting.push(resolve);
        child.stdin.write(`${path}\0`);
      }),
    close: async () => {
      child.stdin.end();
      await exited;
    },
  };
  return new Promise((resolve) => {
    const failed = (result: Result<Keeper>): void => {
      over = true;
      for (const settle of waiting.splice(0)) settle(false);
      resolve(result);
    };
    child.once('error', (cause) => failed(err(fault('no-init', `${init} does not start: ${cause.message}`, { cause, hint: 'build it with: make -C packages/launcher' }))));
    child.once('close', () => failed(err(explain(lockPath, stderr))));
    child.stdout.setEncoding('latin1').on('data', (text: string) => {
      const lines = (unread + text).split('\n');
      unread = lines.pop() ?? '';
      for (const line of lines) {
        if (line === 'ready') resolve(ok(keeper));
        else waiting.shift()?.(line === '0');
      }
    });
  });
}

function explain(lockPath: string, stderr: string): ReturnType<typeof fault> {
  const problem = parseInitError(stderr);
  const why = problem === undefined ? stderr.trim() : errnoName(problem.errno);
  if (why === 'EAGAIN' || why === 'EWOULDBLOCK') {
    return fault('data-in-use', `another worker uses ${lockPath.replace(/\/[^/]*$/, '')}`, { hint: 'give each worker a data directory of its own (--data DIR)' });
  }
  return fault('data-directory', `cannot lock ${lockPath}: ${why}`, { hint: 'choose a data directory that this user may write to (--data DIR)' });
}
