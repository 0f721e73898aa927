// A worker as the scheduler meets it: slots, fetching, heartbeats, an owner who comes and goes, results that are kept until they can be
// sent. It behaves as proto/mosix/farm/v1/farm.proto says; what a real one does inside (sandbox, upload) is a few milliseconds here.
import { limits } from '@mosix/core';
import type { FarmEvent, LeaseProgress, NodeSpec } from '@mosix/core';
import type { VirtualClock, Timer } from './clock.js';
import { createMachine, WORK_EPSILON } from './machine.js';
import type { Degradation, Machine, Task } from './machine.js';
import type { NodePlan } from './scenario.js';
import type { Unit } from '../trace.js';

/** Laying out a sandbox before, harvesting after. */
const PREPARE_MS = 5;
const HARVEST_MS = 3;
/** A program has a third of its peak from the start, and all of it when half of its work is done. */
const MEMORY_AT_START = 0.3;
const MEMORY_FULL_AT = 0.5;

export interface Assignment {
  readonly leaseId: string;
  readonly jobId: string;
  readonly actionKey: string;
  readonly unit: Unit;
  readonly bulkKey: string;
  readonly bulkBytes: number;
  /** Small inputs that many jobs of one build share. */
  readonly project: string;
}

export type LeasePhase = 'fetching' | 'waiting' | 'running' | 'harvesting' | 'done';

export interface WorkerLease extends Assignment {
  phase: LeasePhase;
  readonly task: Task;
  beganAtMs: number | undefined;
  /** Its result, kept until the coordinator is known to have it. */
  result: FarmEvent | undefined;
  /** Being moved by checkpoint: it stands still. */
  frozen: boolean;
}

export interface WorkerPorts {
  readonly clock: VirtualClock;
  /** A message on the present stream. */
  readonly send: (worker: SimWorker, event: FarmEvent) => void;
  readonly pausesForOwner: boolean;
  /** The lease left this machine; `result` says how. */
  readonly onEnd: (worker: SimWorker, lease: WorkerLease, how: 'finished' | 'cancelled' | 'recalled' | 'out-of-memory' | 'died' | 'failed') => void;
  readonly onBegin: (worker: SimWorker, lease: WorkerLease) => void;
}

export interface SimWorker {
  readonly plan: NodePlan;
  readonly machine: Machine;
  readonly leases: ReadonlyMap<string, WorkerLease>;
  readonly alive: boolean;
  readonly instance: string;
  readonly running: number;
  spec(): NodeSpec;
  /** Starts the process and joins. */
  start(): void;
  /** The process is gone, and all its jobs. */
  die(): void;
  /** A new stream: says who it is and what it still runs. */
  join(): void;
  welcomed(unknownLeases: readonly string[]): void;
  assign(assignment: Assignment): void;
  /** The other half of a live migration arrives, with its work left. */
  adopt(assignment: Assignment, task: Task): boolean;
  freeze(leaseId: string): WorkerLease | undefined;
  thaw(leaseId: string): void;
  /** Taken away without a word: it runs elsewhere now. */
  discard(leaseId: string): void;
  cancel(leaseId: string): void;
  recall(leaseId: string): void;
  drain(): void;
  setOwner(active: boolean, load: number): void;
  degrade(degradation: Degradation | undefined): void;
  failOne(code: string): void;
  holdBulk(key: string, project: string | undefined): void;
}

/** Processor seconds at speed 1 that a program has done when its memory is at its peak. */
const fullAt = (unit: Unit): number => unit.cpuSeconds * (1 - MEMORY_FULL_AT);

/** What the program takes at this point of its work. */
export function memoryOf(unit: Unit, workLeft: number): number {
  const done = Math.min(1, Math.max(0, (unit.cpuSeconds - workLeft) / (unit.cpuSeconds * MEMORY_FULL_AT)));
  return unit.memoryBytes * (MEMORY_AT_START + (1 - MEMORY_AT_START) * done);
}

export function createSimWorker(plan: NodePlan, ports: WorkerPorts): SimWorker {
  const { clock, send } = ports;
  const machine = createMachine(plan);
  const leases = new Map<string, WorkerLease>();
  const byTask = new Map<Task, WorkerLease>();
  const held = new Map<string, number>();
  const projects = new Map<string, number>();
  let alive = false;
  let starts = 0;
  let sequence = 0;
  let linkFreeAtMs = 0;
  let owner = { active: false, load: 0 };
  let running = 0;
  let draining = false;
  let wake: Timer | undefined;
  let beat: Timer | undefined;

  const guard = (action: () => void): (() => void) => {
    const born = starts;
    return () => {
      if (alive && starts === born) action();
    };
  };
  const isPaused = (lease: WorkerLease): boolean => lease.frozen || (owner.active && ports.pausesForOwner);

  // --- heartbeats
  const usedBytes = (): number => {
    let sum = 0;
    for (const task of machine.tasks) sum += memoryOf((byTask.get(task) as WorkerLease).unit, task.workLeft);
    return sum;
  };
  const heartbeat = (): void => {
    machine.advance(clock.now());
    const progress: LeaseProgress[] = [];
    for (const lease of leases.values()) {
      if (lease.phase !== 'running') continue;
      const { cpuSeconds, wallSeconds, workLeft, paused } = lease.task;
      progress.push({ leaseId: lease.leaseId, cpuSeconds, wallSeconds, memoryBytes: Math.round(memoryOf(lease.unit, workLeft)), paused });
    }
    const used = usedBytes();
    send(self, {
      type: 'node-heartbeat', node: plan.name, sequence: ++sequence, load: owner.load, freeMemoryBytes: Math.max(0, Math.round(plan.claimedMemoryBytes - used)),
      freeDiskBytes: 50e9, memoryPressure: used > 0.97 * plan.memoryBytes ? 0.3 : 0, leases: progress,
    });
    beat?.cancel();
    beat = clock.after(leases.size > 0 ? limits.heartbeatIntervalMs : limits.idleHeartbeatIntervalMs, guard(heartbeat));
  };

  // --- running
  const plannedEnd = (): void => {
    wake?.cancel();
    wake = undefined;
    let next = Infinity;
    const first = machine.nextToEnd();
    if (first !== undefined) next = first.atMs;
    // The moment at which one of them has its peak matters only where memory may not last.
    let peaks = 0;
    for (const task of machine.tasks) peaks += (byTask.get(task) as WorkerLease).unit.memoryBytes;
    if (peaks > plan.memoryBytes) {
      for (const task of machine.tasks) {
        const at = fullAt((byTask.get(task) as WorkerLease).unit);
        if (task.workLeft > at + WORK_EPSILON) next = Math.min(next, machine.timeOfWorkLeft(task, at));
      }
    }
    if (next !== Infinity) wake = clock.at(next, guard(look));
  };
  const look = (): void => {
    machine.advance(clock.now());
    for (const task of [...machine.tasks]) if (task.workLeft <= WORK_EPSILON) programEnded(byTask.get(task) as WorkerLease);
    killIfShort();
    plannedEnd();
  };
  /** The kernel kills the largest. */
  const killIfShort = (): void => {
    while (usedBytes() > plan.memoryBytes && machine.tasks.size > 0) {
      let largest: WorkerLease | undefined;
      for (const task of machine.tasks) {
        const lease = byTask.get(task) as WorkerLease;
        if (largest === undefined || memoryOf(lease.unit, lease.task.workLeft) > memoryOf(largest.unit, largest.task.workLeft)) largest = lease;
      }
      const lease = largest as WorkerLease;
      const peak = Math.round(memoryOf(lease.unit, lease.task.workLeft));
      stopProgram(lease);
      fail(lease, 'out-of-memory', peak);
    }
  };
  const stopProgram = (lease: WorkerLease): void => {
    if (lease.phase !== 'running') return;
    machine.remove(lease.task, clock.now());
    byTask.delete(lease.task);
    running -= 1;
  };
  const forget = (lease: WorkerLease): void => {
    leases.delete(lease.leaseId);
    lease.phase = 'done';
  };
  const fail = (lease: WorkerLease, code: string, peakMemoryBytes = 0): void => {
    forget(lease);
    send(self, { type: 'lease-failed', leaseId: lease.leaseId, code, message: `${code} on ${plan.name}`, peakMemoryBytes });
    ports.onEnd(self, lease, code === 'cancelled' || code === 'recalled' || code === 'out-of-memory' ? code : 'failed');
    beginNext();
  };
  const programEnded = (lease: WorkerLease): void => {
    stopProgram(lease);
    lease.phase = 'harvesting';
    const bytes = lease.unit.outputBytes;
    clock.after(HARVEST_MS + (bytes / plan.bytesPerSecond) * 1000, guard(() => {
      if (lease.phase !== 'harvesting') return;
      lease.phase = 'done';
      lease.result = {
        type: 'lease-finished', leaseId: lease.leaseId, actionKey: lease.actionKey, node: plan.name, exitStatus: 0, cpuSeconds: lease.task.cpuSeconds,
        wallSeconds: lease.task.wallSeconds, peakMemoryBytes: lease.unit.memoryBytes, outputBytes: bytes,
      };
      // Kept for a while, should the stream break under it.
      clock.after(limits.resultResendMs, guard(() => void (leases.get(lease.leaseId) === lease && leases.delete(lease.leaseId))));
      send(self, lease.result);
      ports.onEnd(self, lease, 'finished');
    }));
    beginNext();
  };
  const beginNext = (): void => {
    if (owner.active && ports.pausesForOwner) return plannedEnd();
    for (const lease of leases.values()) {
      if (running >= plan.slots) break;
      if (lease.phase === 'waiting') begin(lease);
    }
    plannedEnd();
  };
  const begin = (lease: WorkerLease): void => {
    lease.phase = 'running';
    lease.beganAtMs = clock.now();
    lease.task.paused = isPaused(lease);
    running += 1;
    byTask.set(lease.task, lease);
    machine.add(lease.task, clock.now());
    send(self, { type: 'lease-started', leaseId: lease.leaseId });
    ports.onBegin(self, lease);
    killIfShort();
  };
  /** Toolchain once, headers of a project the less the more of it was here before, the source always; one after another on the link. */
  const fetchMs = (assignment: Assignment): number => {
    const now = clock.now();
    let bytes = assignment.unit.sourceBytes;
    const seen = projects.get(assignment.project) ?? 0;
    if (seen !== Infinity) {
      bytes += (assignment.unit.inputBytes - assignment.unit.sourceBytes) / (1 + seen);
      projects.set(assignment.project, seen + 1);
    }
    if (assignment.bulkKey !== '' && !held.has(assignment.bulkKey)) {
      bytes += assignment.bulkBytes;
      held.set(assignment.bulkKey, now);
    }
    linkFreeAtMs = Math.max(now, linkFreeAtMs) + (bytes / plan.bytesPerSecond) * 1000;
    return linkFreeAtMs - now + PREPARE_MS;
  };
  const pauseAll = (): void => {
    for (const lease of leases.values()) if (lease.phase === 'running') machine.setPaused(lease.task, isPaused(lease), clock.now());
  };

  const self: SimWorker = {
    plan, machine, leases,
    get alive() {
      return alive;
    },
    get instance() {
      return `${plan.name}#${starts}`;
    },
    get running() {
      return running;
    },
    spec: () => ({
      name: plan.name, instance: self.instance, slots: plan.slots, cores: plan.cores, speed: plan.benchmarkSpeed, instructionSets: new Set(['x86_64']),
      labels: new Map(), memoryBytes: plan.claimedMemoryBytes, version: '1', live: plan.live,
    }),
    start() {
      alive = true;
      starts += 1;
      sequence = 0;
      draining = false;
      linkFreeAtMs = clock.now();
      self.join();
    },
    die() {
      machine.advance(clock.now());
      for (const lease of [...leases.values()]) {
        const had = lease.phase;
        if (had === 'running') stopProgram(lease);
        forget(lease);
        if (had !== 'done') ports.onEnd(self, lease, 'died');
      }
      wake?.cancel();
      beat?.cancel();
      running = 0;
      alive = false;
    },
    join() {
      sequence = 0;
      send(self, { type: 'node-joined', node: self.spec(), runningLeases: [...leases.keys()].map((leaseId) => ({ leaseId, adopt: undefined })) });
      heartbeat();
      if (owner.active) send(self, { type: 'owner', node: plan.name, active: true, reason: 'somebody is there' });
      if (draining) send(self, { type: 'node-draining', node: plan.name });
    },
    welcomed(unknownLeases) {
      for (const leaseId of unknownLeases) {
        const lease = leases.get(leaseId);
        if (lease === undefined) continue;
        if (lease.result !== undefined) leases.delete(leaseId);
        else self.cancel(leaseId);
      }
      for (const lease of leases.values()) if (lease.result !== undefined) send(self, lease.result);
    },
    assign(assignment) {
      const lease: WorkerLease = {
        ...assignment, phase: 'fetching', beganAtMs: undefined, result: undefined, frozen: false,
        task: { workLeft: assignment.unit.cpuSeconds, cpuSeconds: 0, wallSeconds: 0, paused: false },
      };
      const idle = leases.size === 0;
      leases.set(lease.leaseId, lease);
      clock.after(fetchMs(assignment), guard(() => {
        if (lease.phase !== 'fetching') return;
        lease.phase = 'waiting';
        beginNext();
      }));
      if (idle) heartbeat();
    },
    adopt(assignment, task) {
      if (!alive || running >= plan.slots) return false;
      const lease: WorkerLease = { ...assignment, phase: 'waiting', beganAtMs: undefined, result: undefined, frozen: false, task: { ...task, paused: false } };
      leases.set(lease.leaseId, lease);
      begin(lease);
      plannedEnd();
      return true;
    },
    freeze(leaseId) {
      const lease = leases.get(leaseId);
      if (lease?.phase !== 'running') return undefined;
      lease.frozen = true;
      machine.setPaused(lease.task, true, clock.now());
      plannedEnd();
      return lease;
    },
    thaw(leaseId) {
      const lease = leases.get(leaseId);
      if (lease === undefined) return;
      lease.frozen = false;
      if (lease.phase === 'running') machine.setPaused(lease.task, isPaused(lease), clock.now());
      plannedEnd();
    },
    discard(leaseId) {
      const lease = leases.get(leaseId);
      if (lease === undefined) return;
      stopProgram(lease);
      forget(lease);
      beginNext();
    },
    cancel(leaseId) {
      const lease = leases.get(leaseId);
      // Also of what it never had: the coordinator waits for the word.
      if (lease === undefined) return send(self, { type: 'lease-failed', leaseId, code: 'cancelled', message: 'not here', peakMemoryBytes: 0 });
      if (lease.phase === 'done') return;
      machine.advance(clock.now());
      stopProgram(lease);
      fail(lease, 'cancelled');
    },
    recall(leaseId) {
      const lease = leases.get(leaseId);
      if (lease !== undefined && (lease.phase === 'fetching' || lease.phase === 'waiting')) fail(lease, 'recalled');
    },
    drain() {
      draining = true;
      send(self, { type: 'node-draining', node: plan.name });
    },
    setOwner(active, load) {
      const came = active !== owner.active;
      owner = { active, load };
      machine.setOwnerLoad(load, clock.now());
      if (!alive) return;
      pauseAll();
      if (came) send(self, { type: 'owner', node: plan.name, active, reason: active ? 'somebody is there' : '' });
      heartbeat();
      beginNext();
    },
    degrade(degradation) {
      machine.setDegradation(degradation, clock.now());
      plannedEnd();
    },
    failOne(code) {
      for (const lease of leases.values()) {
        if (lease.phase !== 'running') continue;
        machine.advance(clock.now());
        stopProgram(lease);
        return fail(lease, code);
      }
    },
    holdBulk(key, project) {
      held.set(key, 0);
      if (project !== undefined) projects.set(project, Infinity);
    },
  };
  return self;
}
