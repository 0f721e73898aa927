// The end of a farm that `mosix up` began: workers first, so that they can hand back what they run, then the coordinator, then the
// daemon if it served this farm. Parts that are dead already are no error, and a pid that belongs to somebody else is left alone.

import { rmSync } from 'node:fs';
import { limits, ok, type Result } from '@mosix/core';
import { readFarmFile, runFiles, type Directories, type FarmProcess } from '@mosix/config';
import { bootId, endProcesses, isAlive } from '../processes.js';
import { withFarmLock } from './farm-lock.js';
import { farmLock } from './up.js';

export interface FarmDown {
  /** False: there was no farm to end. */
  readonly found: boolean;
  readonly ended: readonly string[];
  readonly deadBefore: readonly string[];
  /** Parts that did not end when asked twice. */
  readonly killed: readonly string[];
}

/** Codes: farm-busy. */
export const takeDown = (places: Directories): Promise<Result<FarmDown>> =>
  withFarmLock<FarmDown>(farmLock(places), async () => {
    const path = runFiles(places.run).farm;
    const farm = readFarmFile(path);
    if (farm === undefined) {
      rmSync(path, { force: true });
      return ok({ found: false, ended: [], deadBefore: [], killed: [] });
    }
    const alive = farm.bootId === bootId() ? farm.processes.filter(isAlive) : [];
    const killed: FarmProcess[] = [];
    for (const role of ['worker', 'coordinator'] as const) {
      killed.push(...(await endProcesses(alive.filter((one) => one.role === role), limits.processEndMsMax)));
    }
    rmSync(path, { force: true });
    return ok({
      found: true,
      ended: alive.map((one) => one.name),
      deadBefore: farm.processes.filter((one) => !alive.includes(one)).map((one) => one.name),
      killed: killed.map((one) => one.name),
    });
  });
