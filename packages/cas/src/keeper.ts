// The caretaker of a data directory, `mosix-init --keep`: a process beside us that holds the lock on it (Node has no flock) and, for a
// worker, removes the trees of finished jobs. It ends when we do, however that happens, because its standard input ends then.
import { spawn } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { getSystemErrorName } from 'node:util';
import { err, fault, limits, ok } from '@mosix/core';
import type { Result } from '@mosix/core';

export interface Keeper {
  /** Its process id. */
  readonly pid: number;
  /** Removes a tree; true when it is gone. Never rejects; trees that stay are removed at the next start. */
  remove(path: string): Promise<boolean>;
  /** Lets the caretaker finish and go, and with it the lock. */
  close(): Promise<void>;
}

/**
 * `who` uses the directory, for messages. The caretaker of a process that was killed is gone a moment after it: a lock that is taken is
 * asked for again for limits.dataLockMsMax. Codes: `data-in-use` (another process holds the directory), `no-init` (the program does not
 * start), `data-directory`.
 */
export async function startKeeper(init: string, lockPath: string, who: 'worker' | 'coordinator'): Promise<Result<Keeper>> {
  const deadlineMs = performance.now() + limits.dataLockMsMax;
  for (;;) {
    const started = await startOnce(init, lockPath, who);
    if (started.ok || started.error.code !== 'data-in-use' || performance.now() > deadlineMs) return started;
    await sleep(limits.dataLockRetryMs);
  }
}

function startOnce(init: string, lockPath: string, who: string): Promise<Result<Keeper>> {
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
    child.once('close', () => failed(err(explain(lockPath, who, stderr))));
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

function explain(lockPath: string, who: string, stderr: string): ReturnType<typeof fault> {
  // The line that `fail()` of init-common.h writes.
  const errno = Number(/^mosix-init\t[^\t]*\t(\d+)\t/m.exec(stderr)?.[1] ?? 0);
  const why = errno > 0 ? getSystemErrorName(-errno) : stderr.trim();
  if (why === 'EAGAIN' || why === 'EWOULDBLOCK') {
    return fault('data-in-use', `another ${who} uses ${lockPath.replace(/\/[^/]*$/, '')}`, { hint: `give each ${who} a data directory of its own (--data DIR)` });
  }
  return fault('data-directory', `cannot lock ${lockPath}: ${why}`, { hint: 'choose a data directory that this user may write to (--data DIR)' });
}
