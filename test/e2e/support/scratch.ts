// A temporary folder that cleans up after itself: every process that was started with its MOSIX_DIR, every mount below
// it and the folder go away at `remove`, and, should the test process end in any way without it, by a guardian process
// that notices the end of a pipe.

import { execFileSync, spawn } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface Scratch {
  readonly path: string;
  /** A folder below, made if absent. */
  folder(...names: string[]): string;
  /** Runs at removal, last added first. */
  onRemove(action: () => void): void;
  remove(): void;
}

/** Processes that carry `MOSIX_DIR` at or below the folder in their environment: all that a test can have left behind. */
export function processesOf(folder: string): number[] {
  const found: number[] = [];
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name) || Number(name) === process.pid) continue;
    try {
      const environment = readFileSync(`/proc/${name}/environ`, 'latin1').split('\0');
      if (environment.some((entry) => entry === `MOSIX_DIR=${folder}` || entry.startsWith(`MOSIX_DIR=${folder}/`))) found.push(Number(name));
    } catch {
      // gone, or another user's
    }
  }
  return found;
}

function unmountBelow(folder: string): void {
  const mounts = readFileSync('/proc/self/mounts', 'utf8')
    .split('\n')
    .map((line) => (line.split(' ')[1] ?? '').replace(/\\040/g, ' '))
    .filter((point) => point.startsWith(`${folder}/`));
  for (const point of mounts.reverse()) {
    try {
      execFileSync('umount', ['-l', point], { stdio: 'ignore' });
    } catch {
      // already gone
    }
  }
}

const pause = (ms: number): void => void Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);

function killAll(folder: string): void {
  // More than one round: a process may be forking while we look.
  for (let round = 0; round < 40; round += 1) {
    const pids = processesOf(folder);
    if (pids.length === 0) return;
    for (const pid of pids) {
      try {
        process.kill(pid, 'SIGKILL');
      } catch {
        // gone
      }
    }
    pause(50);
  }
}

/** Waits for its stdin to end, then does what `remove` does; finds nothing to do when that was done. */
const guardianScript = `read -r _
for round in 1 2 3 4 5; do
  for process in /proc/[0-9]*; do grep -qsz "^MOSIX_DIR=$1" "$process/environ" && kill -9 "\${process#/proc/}"; done
  sleep 0.1
done
while read -r _ point _; do case $point in "$1"/*) umount -l "$point";; esac; done < /proc/mounts
rm -rf "$1"`;

function startGuardian(path: string): () => void {
  const guardian = spawn('bash', ['-c', guardianScript, 'guardian', path], { detached: true, stdio: ['pipe', 'ignore', 'ignore'], cwd: '/' });
  guardian.unref();
  // The pipe alone must not keep this process alive.
  (guardian.stdin as unknown as { unref(): void }).unref();
  return () => void guardian.kill('SIGKILL');
}

export function makeScratch(name: string): Scratch {
  const path = mkdtempSync(join(tmpdir(), `mosix-scratch-${name}-`));
  chmodSync(path, 0o755);
  const actions: (() => void)[] = [];
  let removed = false;
  const dismissGuardian = process.env['MOSIX_TEST_KEEP'] === '1' ? (): void => undefined : startGuardian(path);
  const remove = (): void => {
    if (removed) return;
    removed = true;
    process.off('exit', remove);
    for (const action of actions.reverse()) {
      try {
        action();
      } catch (problem) {
        console.error(`clean-up of ${path}:`, problem);
      }
    }
    killAll(path);
    unmountBelow(path);
    if (process.env['MOSIX_TEST_KEEP'] === '1') console.error(`kept: ${path}`);
    else rmSync(path, { recursive: true, force: true, maxRetries: 5 });
    dismissGuardian();
  };
  process.on('exit', remove);
  return {
    path,
    folder: (...names) => {
      const folder = join(path, ...names);
      mkdirSync(folder, { recursive: true });
      return folder;
    },
    onRemove: (action) => void actions.push(action),
    remove,
  };
}
