// How many processors the control groups of this process let it use: a worker in a container or a slice is slower than its machine.
import { readFileSync } from 'node:fs';

export type ReadText = (path: string) => string | undefined;

const readText: ReadText = (path) => {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return undefined;
  }
};

/** Every group from `path` up to the root: the tightest of them counts. */
const upwards = (path: string): string[] => {
  const parts = path.split('/').filter(Boolean);
  return parts.map((_, index) => `/${parts.slice(0, parts.length - index).join('/')}`).concat('');
};

function quotaOf(directory: string, read: ReadText): number {
  const second = /^(\d+) (\d+)/.exec(read(`${directory}/cpu.max`) ?? '');
  if (second !== null) return Number(second[1]) / Number(second[2]);
  const quotaUs = Number(read(`${directory}/cpu.cfs_quota_us`) ?? -1);
  const periodUs = Number(read(`${directory}/cpu.cfs_period_us`) ?? 0);
  return quotaUs > 0 && periodUs > 0 ? quotaUs / periodUs : Infinity;
}

/** Processors' worth of time; Infinity without a quota. Control groups of version 1 and 2, see cgroups(7). */
export function cpuQuota(read: ReadText = readText, root = '/sys/fs/cgroup'): number {
  let cores = Infinity;
  for (const line of (read('/proc/self/cgroup') ?? '').split('\n')) {
    const [, controllers, path] = line.split(':');
    if (controllers === undefined || path === undefined) continue;
    const hierarchies = controllers === '' ? [root, `${root}/unified`] : controllers.split(',').includes('cpu') ? [`${root}/${controllers}`, `${root}/cpu`] : [];
    for (const hierarchy of hierarchies) {
      for (const group of upwards(path)) cores = Math.min(cores, quotaOf(`${hierarchy}${group}`, read));
    }
  }
  return cores;
}
