// What /proc says about the processes of a job, and how to end all of them. A job's tree is found from the process that the worker
// started: bubblewrap, its child (PID 1 of the sandbox), the compiler and its passes.
import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';

/** USER_HZ; 100 on every Linux that Node runs on. */
const TICKS_PER_SECOND = 100;
const PAGE_BYTES = 4096;
const TREE_PROCESSES_MAX = 4096;

export interface TreeUse {
  /** User and system time of the living and of those they have waited for. */
  readonly cpuUs: number;
  readonly memoryBytes: number;
}

const childrenOf = (pid: number): number[] => {
  try {
    return readFileSync(`/proc/${pid}/task/${pid}/children`, 'latin1').split(' ').filter(Boolean).map(Number);
  } catch {
    return [];
  }
};

/** Resident memory counts pages shared by the processes once for each: an upper bound. */
export function treeUse(pid: number): TreeUse {
  let ticks = 0;
  let pages = 0;
  const waiting = [pid];
  for (let seen = 0; seen < TREE_PROCESSES_MAX; seen += 1) {
    const next = waiting.pop();
    if (next === undefined) break;
    try {
      const stat = readFileSync(`/proc/${next}/stat`, 'latin1');
      // Fields after the name, which may hold anything; the first is field 3 of proc(5).
      const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      for (const index of [11, 12, 13, 14]) ticks += Number(fields[index]);
      pages += Number(fields[21]);
    } catch {
      continue; // ended meanwhile; its parent has its time
    }
    waiting.push(...childrenOf(next));
  }
  return { cpuUs: Math.round((ticks * 1e6) / TICKS_PER_SECOND), memoryBytes: pages * PAGE_BYTES };
}

const signal = (pid: number, name: 'SIGKILL' | 'SIGSTOP'): void => {
  try {
    process.kill(pid, name);
  } catch {
    // already gone
  }
};

const isStopped = async (pid: number): Promise<boolean> => {
  const stat = await readFile(`/proc/${pid}/stat`, 'latin1').catch(() => '');
  return stat === '' || /^[TtZX]/.test(stat.slice(stat.lastIndexOf(')') + 2));
};

/**
 * Ends a sandbox whole. Its PID 1 must be the one that dies: with it the kernel kills the namespace, and reaping it means that nothing
 * in there lives. Bubblewrap is stopped first, or it could fork that process just after we looked.
 */
export async function killSandbox(pid: number): Promise<void> {
  signal(pid, 'SIGSTOP');
  for (let tries = 0; tries < 100 && !(await isStopped(pid)); tries += 1) await sleep(1);
  const children = childrenOf(pid);
  for (const child of children) signal(child, 'SIGKILL');
  signal(pid, 'SIGKILL');
  for (let tries = 0; tries < 1000 && children.some(isAlive); tries += 1) await sleep(2);
}

function isAlive(pid: number): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    return !/^[ZX]/.test(stat.slice(stat.lastIndexOf(')') + 2));
  } catch {
    return false;
  }
}
