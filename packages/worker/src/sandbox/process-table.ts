// What /proc says about processes: one pass over all of them gives the trees of all jobs. (The kernel's lists of children name those of
// one thread only, and a walk along them costs two files a process.)
import { readdirSync, readFileSync } from 'node:fs';

/** USER_HZ; 100 on every Linux that Node runs on. */
const TICKS_PER_SECOND = 100;
const PAGE_BYTES = 4096;
const PASSES_MAX = 3;

export interface ProcessFacts {
  readonly pid: number;
  readonly parent: number;
  /** As in proc(5): R running, S sleeping, T stopped, Z zombie ... */
  readonly state: string;
  /** User and system time of its own and of the children it has waited for. */
  readonly cpuTicks: number;
  readonly residentPages: number;
}

export interface ProcessTable {
  readonly byPid: ReadonlyMap<number, ProcessFacts>;
  readonly children: ReadonlyMap<number, readonly ProcessFacts[]>;
}

export interface TreeUse {
  /** User and system time of the living and of those they have waited for. */
  readonly cpuUs: number;
  /** Pages shared by processes count once for each: an upper bound. */
  readonly memoryBytes: number;
}

/** The text of /proc/PID/stat; undefined when it is none. */
export function parseStat(stat: string): ProcessFacts | undefined {
  // Fields after the name, which may hold anything; the first is field 3 of proc(5).
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const number = (index: number): number => Number(fields[index]);
  const facts = {
    pid: Number.parseInt(stat, 10),
    parent: number(1),
    state: fields[0] ?? '',
    cpuTicks: number(11) + number(12) + number(13) + number(14),
    residentPages: number(21),
  };
  return Number.isFinite(facts.pid + facts.parent + facts.cpuTicks + facts.residentPages) ? facts : undefined;
}

const readProcess = (pid: number | string): ProcessFacts | undefined => {
  try {
    return parseStat(readFileSync(`/proc/${pid}/stat`, 'latin1'));
  } catch {
    return undefined; // ended meanwhile
  }
};

const tableOf = (all: Iterable<ProcessFacts>): ProcessTable => {
  const byPid = new Map<number, ProcessFacts>();
  const children = new Map<number, ProcessFacts[]>();
  for (const facts of all) {
    byPid.set(facts.pid, facts);
    const siblings = children.get(facts.parent);
    if (siblings === undefined) children.set(facts.parent, [facts]);
    else siblings.push(facts);
  }
  return { byPid, children };
};

/** These processes alone: cheap, for when nothing else of ours runs. */
export const readSomeProcesses = (pids: readonly number[]): ProcessTable => tableOf(pids.flatMap((pid) => readProcess(pid) ?? []));

/**
 * All processes. One that ends between its parent's turn and its own is missed with all its time, which its parent gets a moment later:
 * when one of `ours` has ended so, the pass is made again.
 */
export function readAllProcesses(ours: ReadonlyMap<number, unknown> = new Map()): ProcessTable {
  for (let pass = 1; ; pass += 1) {
    const all: ProcessFacts[] = [];
    let lost = false;
    for (const name of readdirSync('/proc')) {
      const first = name.charCodeAt(0);
      if (first < 48 || first > 57) continue;
      const facts = readProcess(name);
      if (facts !== undefined) all.push(facts);
      else lost ||= ours.has(Number(name));
    }
    if (!lost || pass === PASSES_MAX) return tableOf(all);
  }
}

/** A process and all below it, the root first; empty when it is gone. */
export function treeOf({ byPid, children }: ProcessTable, root: number): ProcessFacts[] {
  const top = byPid.get(root);
  const tree = new Map<number, ProcessFacts>(top === undefined ? [] : [[root, top]]);
  // The map grows while it is walked; a parent that changed between two reads cannot make a circle.
  for (const pid of tree.keys()) for (const child of children.get(pid) ?? []) if (!tree.has(child.pid)) tree.set(child.pid, child);
  return [...tree.values()];
}

export function useOf(tree: readonly ProcessFacts[]): TreeUse {
  let ticks = 0;
  let pages = 0;
  for (const { cpuTicks, residentPages } of tree) {
    ticks += cpuTicks;
    pages += residentPages;
  }
  return { cpuUs: Math.round((ticks * 1e6) / TICKS_PER_SECOND), memoryBytes: pages * PAGE_BYTES };
}
