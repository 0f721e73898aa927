// How many processors the control groups of this process let it use: a worker in a container or a slice is slower than its machine.
import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';

export type ReadText = (path: string) => string | undefined;

export const readText: ReadText = (path) => {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return undefined;
  }
};

export interface CpuQuota {
  /** Processors' worth of time; Infinity without a quota. */
  readonly cores: number;
  /** Directory of the group that has the quota; undefined without one. */
  readonly group: string | undefined;
}

/** Every group from `path` up to the root. */
export const upwards = (path: string): string[] => {
  const parts = path.split('/').filter(Boolean);
  return parts.map((_, index) => `/${parts.slice(0, parts.length - index).join('/')}`).concat('');
};

/** Directories of this process' groups that count for `controller`, version 1 and 2, the innermost first; see cgroups(7). */
export function ownGroups(controller: string, read: ReadText, root: string): string[] {
  const directories: string[] = [];
  for (const line of (read('/proc/self/cgroup') ?? '').split('\n')) {
    const [, controllers, path] = line.split(':');
    if (controllers === undefined || path === undefined) continue;
    const mine = controllers.split(',').includes(controller);
    const hierarchies = controllers === '' ? [root, `${root}/unified`] : mine ? [`${root}/${controllers}`, `${root}/${controller}`] : [];
    for (const hierarchy of hierarchies) for (const group of upwards(path)) directories.push(`${hierarchy}${group}`);
  }
  return directories;
}

function quotaOf(directory: string, read: ReadText): number {
  const second = /^(\d+) (\d+)/.exec(read(`${directory}/cpu.max`) ?? '');
  if (second !== null) return Number(second[1]) / Number(second[2]);
  const quotaUs = Number(read(`${directory}/cpu.cfs_quota_us`) ?? -1);
  const periodUs = Number(read(`${directory}/cpu.cfs_period_us`) ?? 0);
  return quotaUs > 0 && periodUs > 0 ? quotaUs / periodUs : Infinity;
}

/** The tightest of all groups. */
export function cpuQuota(read: ReadText = readText, root = '/sys/fs/cgroup'): CpuQuota {
  let quota: CpuQuota = { cores: Infinity, group: undefined };
  for (const group of ownGroups('cpu', read, root)) {
    const cores = quotaOf(group, read);
    if (cores < quota.cores) quota = { cores, group };
  }
  return quota;
}

/** Processors' worth of time for all jobs together. */
export const coresAvailable = (): number => Math.min(availableParallelism(), cpuQuota().cores);

/** Processor time of all processes of a group so far; undefined when the kernel does not tell it beside the quota. */
export function groupCpuUs(group: string, read: ReadText = readText): number | undefined {
  const second = /^usage_usec (\d+)$/m.exec(read(`${group}/cpu.stat`) ?? '');
  if (second !== null) return Number(second[1]);
  const ns = read(`${group}/cpuacct.usage`);
  return ns === undefined ? undefined : Number(ns) / 1000;
}
