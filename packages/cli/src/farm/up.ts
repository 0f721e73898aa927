// A whole farm on this machine: one coordinator, some workers, all in the background. "Up" means "see that it is so": what runs already
// is kept, what died is started again.

import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { err, fault, limits, ok, type Result } from '@mosix/core';
import { readFarmFile, runFiles, type Directories, type FarmFile, type FarmProcess } from '@mosix/config';
import type { admin } from '@mosix/protocol';
import { bootId, endProcesses, isAlive } from '../processes.js';
import { askCoordinator } from './ask-coordinator.js';
import { withFarmLock } from './farm-lock.js';
import { partEnded, spawnPart, waitForPart, type Part } from './spawn-part.js';

export interface FarmPlan {
  readonly workers: number;
  /** Of each worker. */
  readonly slots: number;
  readonly dataDirectory: string;
  readonly listen: string;
  readonly insecure: boolean;
  readonly env: NodeJS.ProcessEnv;
  /**
   * Aborted: what this call has started is ended again. Parts are in sessions of their own, so no Ctrl-C of a terminal reaches them, and
   * before the farm is whole no file names them.
   */
  readonly signal: AbortSignal;
  /** Command to put before a worker's own, by the worker's number from 1. */
  readonly prefixOf?: (worker: number) => readonly string[];
}

export interface FarmUp {
  readonly farm: FarmFile;
  readonly status: admin.Status;
  /** Names of the parts that this call started; empty when all was up already. */
  readonly started: readonly string[];
}

export const farmLock = (places: Directories): string => join(places.run, 'farm.lock');

/** Codes: farm-other (a farm of another shape runs), farm-busy, part-ended, part-slow, workers-missing, interrupted, and the coordinator's. */
export const bringUp = (places: Directories, plan: FarmPlan): Promise<Result<FarmUp>> =>
  withFarmLock(farmLock(places), async () => {
    const path = runFiles(places.run).farm;
    const found = livingFarm(path);
    if (found !== undefined && (found.workers.length > plan.workers || found.farm.slots !== plan.slots)) {
      return err(fault('farm-other', `a farm of ${found.workers.length} workers with ${found.farm.slots} slots each is up already`, { hint: 'mosix down, then mosix up again' }));
    }
    if (found === undefined) await endProcesses(leftOvers(path), limits.processEndMsMax);
    const mine: FarmProcess[] = [];
    const finish = async (result: Result<FarmUp>): Promise<Result<FarmUp>> => {
      // What this call started must not stay behind half-made.
      if (!result.ok) await endProcesses(mine, limits.processEndMsMax);
      return result;
    };

    const dataDirectory = found?.farm.dataDirectory ?? plan.dataDirectory;
    let farm: FarmFile;
    if (found === undefined) {
      const coordinator = coordinatorPart(plan);
      const running = spawnPart(coordinator, plan.env);
      mine.push(running);
      const state = await waitForPart(coordinator, running, plan.signal);
      if (!state.ok) return finish(state);
      farm = { address: state.value.address, pids: [running.pid], processes: [running], dataDirectory, slots: plan.slots, bootId: bootId() };
    } else farm = { ...found.farm, processes: [found.coordinator, ...found.workers] };

    for (let number = 1; number <= plan.workers; number += 1) {
      const worker = workerPart({ ...plan, dataDirectory }, number, farm.address);
      if (farm.processes.some((one) => one.name === worker.name)) continue;
      const running = spawnPart(worker, plan.env);
      mine.push(running);
      farm = { ...farm, processes: [...farm.processes, running] };
    }
    farm = { ...farm, pids: farm.processes.map((one) => one.pid) };
    const status = await waitForWorkers(farm, plan);
    if (!status.ok) return finish(status);
    writeFarmFile(places, farm);
    return ok({ farm, status: status.value, started: mine.map((one) => one.name) });
  }, plan.signal);

/** Of the farm in the file, what is alive; undefined when its coordinator is not. */
const livingFarm = (path: string): { farm: FarmFile; coordinator: FarmProcess; workers: FarmProcess[] } | undefined => {
  const farm = readFarmFile(path);
  if (farm === undefined || farm.bootId !== bootId()) return undefined;
  const alive = farm.processes.filter(isAlive);
  const coordinator = alive.find((one) => one.role === 'coordinator');
  return coordinator && { farm, coordinator, workers: alive.filter((one) => one.role === 'worker') };
};

/** Workers whose coordinator died: a new one cannot use them, it has another address. */
const leftOvers = (path: string): FarmProcess[] => {
  const farm = readFarmFile(path);
  return farm?.bootId === bootId() ? farm.processes.filter(isAlive) : [];
};

const partFiles = (plan: { dataDirectory: string }, name: string) => ({
  log: join(plan.dataDirectory, 'log', `${name}.log`),
  stateFile: join(plan.dataDirectory, 'state', `${name}.json`),
});

const coordinatorPart = (plan: FarmPlan): Part => ({
  role: 'coordinator',
  name: 'coordinator',
  command: ['coordinator', '--listen', plan.listen, '--data', join(plan.dataDirectory, 'coordinator'), ...(plan.insecure ? ['--insecure'] : [])],
  ...partFiles(plan, 'coordinator'),
});

const workerPart = (plan: FarmPlan, number: number, address: string): Part => {
  const name = `w${number}`;
  return {
    role: 'worker',
    name,
    command: ['worker', '--coordinator', address, '--name', name, '--slots', String(plan.slots), '--data', join(plan.dataDirectory, name), ...(plan.insecure ? ['--insecure'] : [])],
    ...partFiles(plan, name),
    ...(plan.prefixOf === undefined ? {} : { prefix: plan.prefixOf(number) }),
  };
};

const waitForWorkers = async (farm: FarmFile, plan: FarmPlan): Promise<Result<admin.Status>> => {
  const expected = farm.processes.filter((one) => one.role === 'worker').map((one) => one.name);
  const deadline = performance.now() + limits.farmStartMsMax;
  for (;;) {
    if (plan.signal.aborted) return err(fault('interrupted', 'interrupted'));
    const status = await askCoordinator({ address: farm.address, insecure: plan.insecure });
    if (!status.ok) return status;
    const ready = new Set(status.value.nodes.filter((node) => node.state === 'ready').map((node) => node.name));
    const missing = expected.filter((name) => !ready.has(name));
    if (missing.length === 0) return status;
    const dead = farm.processes.find((one) => !isAlive(one));
    if (dead !== undefined) return err(partEnded(dead));
    if (performance.now() > deadline) {
      return err(fault('workers-missing', `${missing.join(', ')} did not join within ${limits.farmStartMsMax / 1000} s`, { hint: `read the logs in ${join(farm.dataDirectory, 'log')}` }));
    }
    await sleep(100);
  }
};

const writeFarmFile = (places: Directories, farm: FarmFile): void => {
  const path = runFiles(places.run).farm;
  mkdirSync(places.run, { recursive: true, mode: 0o700 });
  writeFileSync(`${path}.new`, `${JSON.stringify(farm, null, 2)}\n`, { mode: 0o600 });
  renameSync(`${path}.new`, path);
};
