// What a placement costs, in real time and memory, from ten nodes to the 65,535 that MOSIX promised: the real scheduler, and a shell that
// does nothing but answer at once.
import { createFarmState, limits, step } from '@mosix/core';
import type { FarmEffect, FarmEvent, FarmState, JobSpec, NodeSpec } from '@mosix/core';
import { createRandom } from './random.js';

export interface ScaleRow {
  readonly nodes: number;
  readonly jobs: number;
  readonly placements: number;
  /** Of the steps that placed something, divided by what they placed, on free nodes and from the queue. */
  readonly placeMeanUs: number;
  readonly placeP99Us: number;
  /** Of those, the ones on free nodes, while the farm fills. */
  readonly fillMeanUs: number;
  readonly queueMeanUs: number;
  /** A job of a full farm, from its submission to its end: all steps for it, its part of the ticks among them. */
  readonly jobUs: number;
  readonly submitUs: number;
  readonly tickMs: number;
  /** Undefined without --expose-gc. */
  readonly bytesPerIdleNode: number | undefined;
}

export interface ScaleOptions {
  readonly nodes: number;
  /** Waiting at once before the first node is free. */
  readonly jobs: number;
  readonly seed: number;
}

/** Steps before any is measured: the compiler of the runtime is warm then. */
const WARM_UP_JOBS = 5_000;
const USERS = 20;
/** Jobs for each node before the farm is taken for full. */
const FILL_MOST = 8;

const nodeSpec = (index: number, speed: number): NodeSpec => ({
  name: `node${index}`, instance: `i${index}`, slots: 1, cores: 1, speed, instructionSets: INSTRUCTION_SETS, labels: LABELS, memoryBytes: 16e9, version: '1', live: false,
});
// One object for all nodes here; a coordinator has one for each, of the same small size.
const INSTRUCTION_SETS: ReadonlySet<string> = new Set(['x86_64']);
const LABELS: ReadonlyMap<string, string> = new Map();

const jobSpec = (index: number): JobSpec => ({
  id: `j${index}`, actionKey: `a${index}/1`, joinable: true, requirements: { key: 'x86_64', instructionSets: ['x86_64'], labels: [] }, timeoutMs: limits.jobTimeoutMs,
  label: `unit${index}.o`, user: `user${index % USERS}`, priority: 0, costKeys: [`unit${index}`, `dir${index % 997}`, 'class'], sourceBytes: 5_000 + ((index * 7919) % 400_000),
  bulkKey: 'gcc', bulkBytes: 60e6, movable: true,
});

const heapBytes = (): number | undefined => {
  if (globalThis.gc === undefined) return undefined;
  globalThis.gc();
  globalThis.gc();
  return process.memoryUsage().heapUsed;
};

export function scale({ nodes, jobs, seed }: ScaleOptions): ScaleRow {
  const random = createRandom(seed);
  let leases = 0;
  const before = heapBytes();
  const state = createFarmState({ newLeaseId: () => `L${++leases}` });
  let now = 0;
  for (let index = 0; index < nodes; index++) {
    step(state, { type: 'node-joined', node: nodeSpec(index, random.pick([1, 2, 4, 8]) * random.between(0.9, 1.1)), runningLeases: [] }, now);
    step(state, heartbeat(`node${index}`, 1), now);
  }
  const after = heapBytes();
  const bytesPerIdleNode = before === undefined || after === undefined ? undefined : (after - before) / nodes;
  return { ...drive(state, nodes, jobs, () => random.logNormal(1, 0.8), (elapsedMs) => (now += elapsedMs), () => now), nodes, jobs, bytesPerIdleNode };
}

const heartbeat = (node: string, sequence: number): FarmEvent => ({ type: 'node-heartbeat', node, sequence, load: 0, freeMemoryBytes: 15e9, freeDiskBytes: 1e11, memoryPressure: 0, leases: [] });

function drive(
  state: FarmState, nodes: number, jobs: number, cost: () => number, pass: (elapsedMs: number) => number, clock: () => number,
): Omit<ScaleRow, 'nodes' | 'jobs' | 'bytesPerIdleNode'> {
  const placedUs: number[] = [];
  const running: { leaseId: string; node: string }[] = [];
  let [placements, placingNs, allNs, ticks, tickNs, submitNs] = [0, 0, 0, 0, 0, 0];
  let measuring = false;
  const feed = (event: FarmEvent): number => {
    const begin = process.hrtime.bigint();
    const effects: FarmEffect[] = step(state, event, clock());
    const ns = Number(process.hrtime.bigint() - begin);
    let placed = 0;
    for (const effect of effects) {
      if (effect.type !== 'assign') continue;
      placed += 1;
      running.push({ leaseId: effect.leaseId, node: effect.node });
    }
    if (measuring) {
      allNs += ns;
      if (placed > 0) {
        placements += placed;
        placingNs += ns;
        for (let count = 0; count < placed; count++) placedUs.push(ns / 1000 / placed);
      }
    }
    return ns;
  };
  let random = 12345;
  const finishOne = (): void => {
    // Any of the running ones: nodes are unequal, and so are jobs.
    random = (Math.imul(random, 1_103_515_245) + 12_345) & 0x7fff_ffff;
    const at = random % running.length;
    const ended = running[at] as { leaseId: string; node: string };
    running[at] = running[running.length - 1] as { leaseId: string; node: string };
    running.pop();
    feed({ type: 'lease-started', leaseId: ended.leaseId });
    const cpuSeconds = cost();
    feed({
      type: 'lease-finished', leaseId: ended.leaseId, actionKey: undefined, node: ended.node, exitStatus: 0, cpuSeconds, wallSeconds: cpuSeconds, peakMemoryBytes: 2e8, outputBytes: 1e5,
    });
  };
  let submitted = 0;
  const submit = (count: number): void => {
    for (let each = 0; each < count; each++) {
      submitNs += feed({ type: 'submit', job: jobSpec(submitted), waiter: `w${submitted}` });
      submitted += 1;
    }
  };
  const tick = (): void => {
    pass(limits.schedulerTickMs);
    const ns = feed({ type: 'tick' });
    if (!measuring) return;
    ticks += 1;
    tickNs += ns;
  };
  const run = (count: number): void => {
    // A farm of so many nodes and jobs of one second: what ends between two ticks.
    const perTick = Math.max(1, Math.floor(nodes / 4));
    for (let done = 0; done < count && running.length > 0; done++) {
      finishOne();
      if (done % perTick === perTick - 1) tick();
    }
  };
  submit(WARM_UP_JOBS);
  run(WARM_UP_JOBS);
  measuring = true;
  // Of few jobs none takes a slow node while a faster one is soon free; so more come until all have one.
  const free = (): number => [...state.index.pools].reduce((sum, pool) => sum + pool.free, 0);
  for (let more = 0; more < FILL_MOST * nodes && free() > 0; more += 64) submit(64);
  const [filled, fillNs] = [placements, placingNs];
  // From here on every size does the same for each job: it waits, takes the place of one that ends, and ends.
  [allNs, submitNs] = [0, 0];
  submit(jobs);
  run(jobs);
  placedUs.sort((a, b) => a - b);
  return {
    placements, placeMeanUs: placingNs / 1000 / Math.max(1, placements), placeP99Us: placedUs[Math.floor(0.99 * placedUs.length)] ?? 0,
    fillMeanUs: fillNs / 1000 / Math.max(1, filled), queueMeanUs: (placingNs - fillNs) / 1000 / Math.max(1, placements - filled),
    jobUs: allNs / 1000 / jobs, submitUs: submitNs / 1000 / jobs, tickMs: tickNs / 1e6 / Math.max(1, ticks),
  };
}

export function scaleTable(rows: readonly ScaleRow[]): string {
  const lines = ['| nodes | queued jobs | placements | placement: mean µs | p99 µs | on a free node: mean µs | from the queue: mean µs | all steps, µs a job | of these submit | tick, ms | bytes an idle node |', `|${'---|'.repeat(11)}`];
  for (const row of rows) {
    const figures = [row.placeMeanUs, row.placeP99Us, row.fillMeanUs, row.queueMeanUs, row.jobUs, row.submitUs].map((us) => us.toFixed(1));
    lines.push(`| ${[row.nodes, row.jobs, row.placements, ...figures, row.tickMs.toFixed(2), row.bytesPerIdleNode?.toFixed(0) ?? '-'].join(' | ')} |`);
  }
  const [first, last] = [rows[0], rows.at(-1)];
  if (first !== undefined && last !== undefined && rows.length > 1) {
    lines.push('', `Growth of the cost of a job from ${first.nodes} to ${last.nodes} nodes: ${(last.jobUs / first.jobUs).toFixed(2)} (target 2); of a placement from the queue: ${(last.queueMeanUs / first.queueMeanUs).toFixed(2)}.`);
    lines.push(`Targets at ${last.nodes} nodes: mean 20 µs: ${last.placeMeanUs <= 20 ? 'met' : 'missed'}; p99 200 µs: ${last.placeP99Us <= 200 ? 'met' : 'missed'}; 2 KB an idle node: ${last.bytesPerIdleNode === undefined ? 'not measured (node --expose-gc)' : last.bytesPerIdleNode <= 2048 ? 'met' : 'missed'}.`);
  }
  return lines.join('\n');
}
