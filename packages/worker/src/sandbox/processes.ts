// Signals to the processes of jobs. A job's tree is found from the process that the worker started: bubblewrap, its child (PID 1 of the
// sandbox), the compiler and its passes. Whatever leaves its session or its parent in there still hangs below PID 1.
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseStat, readAllProcesses, treeOf } from './process-table.js';

/** Stopping a tree of processes that fork takes several rounds; a stop that is not done after so many is told as such. */
const STOP_ROUNDS_MAX = 100;
const STOP_ROUND_MS = 2;
/** Bubblewrap ends by itself when its child is dead; after this many looks it is killed. */
const REAP_TRIES_MAX = 100;

const signal = (pid: number, name: 'SIGKILL' | 'SIGSTOP' | 'SIGCONT'): void => {
  try {
    process.kill(pid, name);
  } catch {
    // already gone
  }
};

const stateOf = (pid: number): string => {
  try {
    return parseStat(readFileSync(`/proc/${pid}/stat`, 'latin1'))?.state ?? '';
  } catch {
    return '';
  }
};

/** Of a process with one thread, as bubblewrap is. */
const childrenOf = (pid: number): number[] => {
  try {
    return readFileSync(`/proc/${pid}/task/${pid}/children`, 'latin1').split(' ').filter(Boolean).map(Number);
  } catch {
    return (readAllProcesses().children.get(pid) ?? []).map((child) => child.pid); // gone, or a kernel without these lists
  }
};

const isGone = (pid: number): boolean => ['', 'Z', 'X'].includes(stateOf(pid));
const isStill = (state: string): boolean => ['', 'T', 't', 'Z', 'X'].includes(state);

/**
 * Ends a sandbox whole, running or stopped. Its PID 1 must be the one that dies: with it the kernel kills the namespace, and a zombie in
 * its place means that nothing in there lives. Bubblewrap is stopped first, or it could fork that process just after we looked;
 * then it goes on, so that it reaps its child and the time which that used is counted as ours.
 */
export async function killSandbox(pid: number): Promise<void> {
  signal(pid, 'SIGSTOP');
  for (let tries = 0; tries < 100 && !isStill(stateOf(pid)); tries += 1) await sleep(1);
  const children = childrenOf(pid);
  for (const child of children) signal(child, 'SIGKILL');
  for (let tries = 0; tries < 1000 && !children.every(isGone); tries += 1) await sleep(2);
  if (children.length > 0) {
    signal(pid, 'SIGCONT');
    for (let tries = 0; tries < REAP_TRIES_MAX && !isGone(pid); tries += 1) await sleep(2);
  }
  signal(pid, 'SIGKILL');
}

/**
 * Stops these trees whole. A process can fork between the look and the signal, so it is done again until all stand still, or until
 * `wanted` says otherwise. True: all stand still.
 */
export async function stopTrees(roots: readonly number[], wanted: () => boolean): Promise<boolean> {
  for (let round = 0; round < STOP_ROUNDS_MAX && wanted(); round += 1) {
    const table = readAllProcesses();
    const moving = roots.flatMap((root) => treeOf(table, root)).filter(({ state }) => !isStill(state));
    if (moving.length === 0) return true;
    for (const { pid } of moving) signal(pid, 'SIGSTOP');
    await sleep(STOP_ROUND_MS);
  }
  return false;
}

/** One look is enough: what goes on and forks makes running children. */
export function continueTrees(roots: readonly number[]): void {
  const table = readAllProcesses();
  for (const root of roots) for (const { pid } of treeOf(table, root)) signal(pid, 'SIGCONT');
}
