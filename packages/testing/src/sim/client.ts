// One user's build: make -jN over a real graph. Compiles go to the farm; archives, links, and what the farm gives back run at home.
import { unreachable, type JobSpec, type Outcome } from '@mosix/core';
import type { Trace } from '../trace.js';
import type { VirtualClock } from './clock.js';
import { createMachine, WORK_EPSILON } from './machine.js';
import type { Task } from './machine.js';
import type { UserPlan } from './scenario.js';

export interface ClientPorts {
  readonly clock: VirtualClock;
  /** Reaches the coordinator after the network's latency. */
  readonly submit: (spec: JobSpec, waiter: string) => void;
  readonly leave: (jobId: string, waiter: string) => void;
  readonly nextJobId: () => string;
  readonly bulk: { readonly key: string; readonly bytes: number };
  readonly onBuilt: (client: SimClient, cancelled: boolean) => void;
  /** A unit was compiled, far or at home. */
  readonly onHome: (client: SimClient, unit: number, cpuSeconds: number) => void;
  readonly downloadBytesPerSecond: number;
}

export interface SimClient {
  readonly plan: UserPlan;
  readonly trace: Trace;
  readonly done: boolean;
  readonly startedAtMs: number;
  readonly endedAtMs: number | undefined;
  /** Units compiled at home that were meant for the farm. */
  readonly fellBack: number;
  start(): void;
  answered(jobId: string, outcome: Outcome): void;
  /** Ctrl-C. */
  cancel(): void;
  unitOf(jobId: string): number | undefined;
}

/** A chain as `costKeys` makes it: the command, its source under any options, the directory, what is known of any. */
const costKeysOf = (trace: Trace, name: string): string[] => [`x:${name}`, `f:${name}`, `d:${folderOf(name)}`, `c:${trace.name}`];
const folderOf = (name: string): string => name.slice(0, Math.max(0, name.lastIndexOf('/')));

export function createSimClient(plan: UserPlan, trace: Trace, ports: ClientPorts): SimClient {
  const { clock } = ports;
  const { units } = trace;
  const home = createMachine({ speed: plan.homeSpeed, cores: plan.homeCores });
  const waiters = units.map(() => [] as number[]);
  for (const [index, unit] of units.entries()) for (const need of unit.needs) waiters[need]?.push(index);
  let missing: number[] = [];
  let ready: number[] = [];
  let active = 0;
  let left = 0;
  let build = 0;
  let startedAtMs = plan.startMs;
  let endedAtMs: number | undefined;
  let daemonFreeAtMs = 0;
  let fellBack = 0;
  let stopped = false;
  const jobs = new Map<string, number>();
  const homeQueue: { unit: number; work: number }[] = [];
  const homeTasks = new Map<Task, number>();

  const pump = (): void => {
    if (stopped) return;
    // make and ninja start what comes first in the build file.
    ready.sort((a, b) => a - b);
    while (active < plan.jobs && ready.length > 0) {
      const unit = ready.shift() as number;
      active += 1;
      if (units[unit]?.kind === 'home') runAtHome(unit);
      else submit(unit);
    }
  };
  const submit = (index: number): void => {
    const unit = units[index];
    if (unit === undefined) throw new Error(`no unit ${index} in ${trace.name}`);
    daemonFreeAtMs = Math.max(daemonFreeAtMs, clock.now()) + plan.prepareMs;
    const id = ports.nextJobId();
    jobs.set(id, index);
    const ours = `${plan.name}:${unit.name}`;
    const spec: JobSpec = {
      id, actionKey: `${ours}@${build}/1`, joinable: true, requirements: { key: 'x86_64', instructionSets: ['x86_64'], labels: [] }, timeoutMs: 1_200_000, label: unit.name,
      user: plan.name, priority: 0, costKeys: costKeysOf(trace, unit.name), sourceBytes: unit.sourceBytes,
      bulkKey: ports.bulk.key, bulkBytes: ports.bulk.bytes, movable: plan.movable,
    };
    const round = build;
    clock.at(daemonFreeAtMs, () => {
      if (!stopped && round === build) ports.submit(spec, `${id}.op`);
    });
  };
  const homeWake = { timer: undefined as { cancel(): void } | undefined };
  const pumpHome = (): void => {
    while (homeTasks.size < plan.homeCores && homeQueue.length > 0) {
      const { unit, work } = homeQueue.shift() as { unit: number; work: number };
      const task: Task = { workLeft: work, cpuSeconds: 0, wallSeconds: 0, paused: false };
      homeTasks.set(task, unit);
      home.add(task, clock.now());
    }
    homeWake.timer?.cancel();
    const next = home.nextToEnd();
    if (next !== undefined) homeWake.timer = clock.at(next.atMs, lookHome);
  };
  const lookHome = (): void => {
    home.advance(clock.now());
    for (const [task, unit] of [...homeTasks]) {
      if (task.workLeft > WORK_EPSILON) continue;
      homeTasks.delete(task);
      home.remove(task, clock.now());
      ports.onHome(self, unit, task.cpuSeconds);
      finished(unit);
    }
    pumpHome();
  };
  const runAtHome = (unit: number): void => {
    homeQueue.push({ unit, work: units[unit]?.cpuSeconds ?? 0 });
    pumpHome();
  };
  const finished = (unit: number): void => {
    if (stopped) return;
    active -= 1;
    left -= 1;
    for (const waiter of waiters[unit] ?? []) {
      missing[waiter] = (missing[waiter] ?? 1) - 1;
      if (missing[waiter] === 0) ready.push(waiter);
    }
    if (left > 0) return pump();
    build += 1;
    if (build < plan.builds) {
      clock.after(plan.thinkMs, startBuild);
      return;
    }
    stopped = true;
    endedAtMs = clock.now();
    ports.onBuilt(self, false);
  };
  const startBuild = (): void => {
    if (stopped) return;
    missing = units.map((unit) => unit.needs.length);
    ready = units.flatMap((unit, index) => (unit.needs.length === 0 ? [index] : []));
    left = units.length;
    active = 0;
    if (left === 0) {
      stopped = true;
      endedAtMs = clock.now();
      return ports.onBuilt(self, false);
    }
    pump();
  };

  const self: SimClient = {
    plan, trace,
    get done() {
      return stopped;
    },
    get startedAtMs() {
      return startedAtMs;
    },
    get endedAtMs() {
      return endedAtMs;
    },
    get fellBack() {
      return fellBack;
    },
    start() {
      startedAtMs = clock.now();
      startBuild();
    },
    answered(jobId, outcome) {
      const unit = jobs.get(jobId);
      if (unit === undefined || stopped) return;
      jobs.delete(jobId);
      switch (outcome.kind) {
        case 'finished':
          clock.after(((units[unit]?.outputBytes ?? 0) / ports.downloadBytesPerSecond) * 1000, () => finished(unit));
          return;
        case 'gave-up':
        case 'no-worker':
        case 'missing':
        case 'cancelled':
          fellBack += 1;
          return runAtHome(unit);
        default:
          return unreachable(outcome, 'answered');
      }
    },
    cancel() {
      if (stopped) return;
      stopped = true;
      endedAtMs = clock.now();
      for (const jobId of jobs.keys()) ports.leave(jobId, `${jobId}.op`);
      jobs.clear();
      homeQueue.length = 0;
      for (const task of homeTasks.keys()) home.remove(task, clock.now());
      homeTasks.clear();
      homeWake.timer?.cancel();
      ports.onBuilt(self, true);
    },
    unitOf: (jobId) => jobs.get(jobId),
  };
  return self;
}
