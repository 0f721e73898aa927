// The worker's look at its machine: one sample gives the load of others, memory, and what each running job uses.
import { cpuQuota, coresAvailable, groupCpuUs } from './cpu-quota.js';
import { machineCpu, memoryPressure } from './machine.js';
import type { Memory } from './memory.js';
import { loadOnUs, othersUse, smoothLoad } from './others-load.js';
import type { CpuCounters } from './others-load.js';
import { readAllProcesses, readSomeProcesses, treeOf, useOf } from './sandbox/process-table.js';
import type { ProcessTable, TreeUse } from './sandbox/process-table.js';

export interface Snapshot {
  /** Load of others on the processors that are ours to use, smoothed as it is shown to others. */
  readonly load: number;
  /** Processors that others keep busy on the whole machine, as of now. */
  readonly othersProcessors: number;
  readonly memory: Memory;
  readonly memoryPressure: number;
  /** By the job's process id. */
  readonly uses: ReadonlyMap<number, TreeUse>;
}

export interface Monitor {
  /** A new sample, or the last one when it is not older than `ageMsMax`. */
  sample(ageMsMax: number): Snapshot;
}

/** The kernel counts processor time in steps of 10 ms: shorter intervals say too little. */
const LOAD_INTERVAL_MS_MIN = 300;
const IDLE_USE: TreeUse = { cpuUs: 0, memoryBytes: 0 };

export interface MonitorPorts {
  /** Process ids of the running jobs. */
  readonly jobs: () => readonly number[];
  /** Other children of the worker that live long. */
  readonly helpers: readonly number[];
  readonly memory: () => Memory;
}

export function createMonitor({ jobs, helpers, memory }: MonitorPorts): Monitor {
  const { group } = cpuQuota();
  const cores = coresAvailable();
  let ours: ReadonlyMap<number, unknown> = new Map();
  let before: CpuCounters | undefined;
  let load = 0;
  let othersProcessors = 0;
  let last: { readonly atMs: number; readonly snapshot: Snapshot } | undefined;

  const processes = (running: number): ProcessTable => (running > 0 ? readAllProcesses(ours) : readSomeProcesses([process.pid, ...helpers]));

  const updateLoad = (table: ProcessTable): void => {
    const own = treeOf(table, process.pid);
    ours = new Map(own.map(({ pid }) => [pid, true]));
    const atMs = performance.now();
    if (before !== undefined && atMs - before.atMs < LOAD_INTERVAL_MS_MIN) return;
    const after: CpuCounters = { atMs, machine: machineCpu(), ownUs: useOf(own).cpuUs, groupUs: group === undefined ? undefined : groupCpuUs(group) };
    const use = before === undefined ? undefined : othersUse(before, after);
    if (before !== undefined && use !== undefined) {
      othersProcessors = use.processors;
      load = smoothLoad(load, loadOnUs(use, after.machine.processors, cores), atMs - before.atMs);
    }
    before = after;
  };

  return {
    sample(ageMsMax) {
      if (last !== undefined && performance.now() - last.atMs <= ageMsMax) return last.snapshot;
      const roots = jobs();
      const table = processes(roots.length);
      updateLoad(table);
      const uses = new Map(roots.map((pid) => [pid, useOf(treeOf(table, pid))]));
      const snapshot = { load, othersProcessors, memory: memory(), memoryPressure: memoryPressure(), uses };
      last = { atMs: performance.now(), snapshot };
      return snapshot;
    },
  };
}

export const useIn = ({ uses }: Snapshot, pid: number): TreeUse => uses.get(pid) ?? IDLE_USE;
