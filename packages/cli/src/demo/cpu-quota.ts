// Nodes of unequal speed on one machine: a control group with a CPU quota for each worker, where the system lets us make one.

import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

export interface CpuQuotas {
  /** Command that enters worker `number`'s group (from 1) and then becomes its arguments. */
  prefixOf(number: number): readonly string[];
  /** Cores that each worker may use. */
  readonly cores: readonly number[];
  /** Gives worker `number` another quota from now on. */
  change(number: number, cores: number): void;
  /** Once the workers are gone. */
  remove(): Promise<void>;
}

const periodUs = 100_000;
const removeAttemptsMax = 100;

/** Undefined where no group can be made: not root, a container without control groups, or one that shows them read-only. */
export const createCpuQuotas = (cores: readonly number[], name: string): CpuQuotas | undefined => {
  for (const place of places()) {
    const base = join(place.parent, name);
    const made: string[] = [];
    try {
      mkdirSync(base);
      made.push(base);
      if (place.version === 2) for (const group of [place.parent, base]) writeFileSync(join(group, 'cgroup.subtree_control'), '+cpu');
      for (const [index, share] of cores.entries()) {
        const group = join(base, `w${index + 1}`);
        mkdirSync(group);
        made.push(group);
        limit(group, place.version, share);
      }
      return {
        cores,
        prefixOf: (number) => enter(join(base, `w${number}`)),
        change: (number, share) => limit(join(base, `w${number}`), place.version, share),
        remove: () => removeGroups(made),
      };
    } catch {
      void removeGroups(made);
    }
  }
  return undefined;
};

const limit = (group: string, version: 1 | 2, cores: number): void => {
  const quotaUs = Math.max(1_000, Math.round(cores * periodUs));
  if (version === 2) {
    writeFileSync(join(group, 'cpu.max'), `${quotaUs} ${periodUs}`);
    return;
  }
  writeFileSync(join(group, 'cpu.cfs_period_us'), String(periodUs));
  writeFileSync(join(group, 'cpu.cfs_quota_us'), String(quotaUs));
};

const enter = (group: string): readonly string[] => ['/bin/sh', '-c', 'echo $$ > "$0" && exec "$@"', join(group, 'cgroup.procs')];

/** Where a group could be made: below our own group, or at the top; version 1's `cpu` hierarchy, or version 2. */
const places = (): { parent: string; version: 1 | 2 }[] => {
  const root = '/sys/fs/cgroup';
  const own = ownGroups();
  const found: { parent: string; version: 1 | 2 }[] = [];
  for (const hierarchy of ['cpu', 'cpu,cpuacct']) {
    for (const path of [own.cpu, '']) found.push({ parent: join(root, hierarchy, path), version: 1 });
  }
  for (const path of [own.unified, '']) found.push({ parent: join(root, path), version: 2 });
  return found.filter(({ parent, version }) => existsSync(join(parent, version === 1 ? 'cpu.cfs_quota_us' : 'cgroup.controllers')) || existsSync(join(parent, 'cpu.shares')));
};

const ownGroups = (): { cpu: string; unified: string } => {
  const lines = existsSync('/proc/self/cgroup') ? readFileSync('/proc/self/cgroup', 'utf8').split('\n') : [];
  const pathOf = (matches: (controllers: string) => boolean): string => lines.map((line) => line.split(':')).find(([, controllers = '']) => matches(controllers))?.[2] ?? '';
  return { cpu: pathOf((controllers) => controllers.split(',').includes('cpu')), unified: pathOf((controllers) => controllers === '') };
};

/** Innermost first. A group whose last process has just ended is busy for a moment. */
const removeGroups = async (made: readonly string[]): Promise<void> => {
  for (const group of [...made].reverse()) {
    for (let attempt = 0; attempt < removeAttemptsMax; attempt += 1) {
      try {
        rmdirSync(group);
        break;
      } catch (problem) {
        if ((problem as NodeJS.ErrnoException).code !== 'EBUSY') break;
        await sleep(50);
      }
    }
  }
};
