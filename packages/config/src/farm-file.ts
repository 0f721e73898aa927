// farm.json: what `mosix up` leaves behind so that every other command on this machine finds the farm, and `mosix down` its processes.
// A process is named by pid and start time: a pid alone may belong to somebody else by the time it is read.

import { readFileSync } from 'node:fs';

export interface FarmProcess {
  readonly role: 'coordinator' | 'worker';
  readonly name: string;
  readonly pid: number;
  /** Field 22 of /proc/PID/stat: clock ticks from boot to the start of the process. */
  readonly startTicks: number;
  readonly log: string;
}

export interface FarmFile {
  readonly address: string;
  readonly pids: readonly number[];
  readonly processes: readonly FarmProcess[];
  readonly dataDirectory: string;
  /** Slots of each worker. */
  readonly slots: number;
  /** /proc/sys/kernel/random/boot_id: after a reboot no process of the file is alive. */
  readonly bootId: string;
}

/** Undefined when there is no farm file or it is damaged (a half-written one counts as none). */
export const readFarmFile = (path: string): FarmFile | undefined => {
  try {
    const found = JSON.parse(readFileSync(path, 'utf8')) as Partial<FarmFile>;
    if (typeof found.address !== 'string') return undefined;
    return {
      address: found.address,
      pids: found.pids ?? [],
      processes: found.processes ?? [],
      dataDirectory: found.dataDirectory ?? '',
      slots: found.slots ?? 0,
      bootId: found.bootId ?? '',
    };
  } catch {
    return undefined;
  }
};
