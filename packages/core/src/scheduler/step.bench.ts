// What the scheduler costs per event, at 10, 1,000 and 65,535 nodes. Nothing is asserted; the targets are 20 us mean and 200 us at the 99th
// percentile a placement, no more than twice the cost from the smallest farm to the largest, 2 KB an idle node.
// Run: npm run bench:scheduler. Arguments: numbers of nodes.
import { createFarmState, step } from './step.js';
import type { FarmState, JobSpec, NodeSpec, Requirements } from './state.js';
import type { FarmEffect, FarmEvent } from './words.js';

const SLOTS = 4;
const QUEUED = 100_000;
const SPEEDS = [1, 1.3, 2, 2.7, 4, 0.5];
const GIB = 1024 ** 3;

const x86: Requirements = { key: '[["x86_64"],[],""]', instructionSets: ['x86_64'], labels: [] };
const instructionSets: ReadonlySet<string> = new Set(['x86_64']);

/** The same numbers in every run. */
let word = 1;
const unit = (): number => ((word = (Math.imul(word, 1_103_515_245) + 12_345) & 0x7fffffff) / 0x7fffffff);

interface Scene {
  readonly state: FarmState;
  /** Applies the event and notes how long it took. */
  send(event: FarmEvent): FarmEffect[];
  /** Microseconds of the steps since the last call, those that placed a job (for each of its placements) and the others. */
  times(): { readonly placing: number[]; readonly other: number[] };
  now: number;
}

function createScene(): Scene {
  let leases = 0;
  let placing: number[] = [];
  let other: number[] = [];
  const scene: Scene = {
    state: createFarmState({ newLeaseId: () => `lease${(leases += 1)}` }),
    now: 0,
    send(event) {
      const begin = process.hrtime.bigint();
      const effects = step(scene.state, event, scene.now);
      const us = Number(process.hrtime.bigint() - begin) / 1_000;
      let placed = 0;
      for (const effect of effects) if (effect.type === 'assign') placed += 1;
      if (placed > 0) for (let count = 0; count < placed; count += 1) placing.push(us / placed);
      else other.push(us);
      return effects;
    },
    times() {
      const result = { placing, other };
      placing = [];
      other = [];
      return result;
    },
  };
  return scene;
}

const node = (at: number, more: Partial<NodeSpec> = {}): NodeSpec => ({
  name: `n${at}`, instance: 'i', slots: SLOTS, cores: SLOTS, speed: SPEEDS[at % SPEEDS.length] ?? 1, instructionSets, labels: new Map(), memoryBytes: 64 * GIB, version: '1', live: false,
  ...more,
});

let jobs = 0;
const job = (more: Partial<JobSpec> = {}): JobSpec => ({
  id: `j${(jobs += 1)}`, actionKey: `a${jobs}`, joinable: true, requirements: x86, timeoutMs: 600_000, label: 'x.o', user: 'ann', priority: 0,
  costKeys: [`k${jobs % 5_000}`], sourceBytes: 0, bulkKey: 'gcc', bulkBytes: 50_000_000, movable: true, ...more,
});

const submit = (scene: Scene, more: Partial<JobSpec> = {}): FarmEffect[] => scene.send({ type: 'submit', job: job(more), waiter: 'w' });

/** The farm has seen all of these commands before. */
function learned(scene: Scene): void {
  for (let at = 0; at < 5_000; at += 1) {
    const sample = { cpuSeconds: Math.exp(1.2 * (unit() + unit() + unit() - 1.5)) * 2, memoryBytes: GIB / 4, outputBytes: 1 };
    for (let times = 0; times < 3; times += 1) scene.state.history.learn([`k${at}`], sample);
  }
}

/** Leases in the order in which they began, as the farm's workers run them: started at once, ended after their time. */
function createWork(scene: Scene): { take(effects: readonly FarmEffect[]): void; endNext(): void } {
  const heap: { readonly atMs: number; readonly leaseId: string }[] = [];
  const push = (atMs: number, leaseId: string): void => {
    let index = heap.push({ atMs, leaseId }) - 1;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      const [mine, above] = [heap[index], heap[parent]];
      if (mine === undefined || above === undefined || above.atMs <= mine.atMs) return;
      [heap[index], heap[parent]] = [above, mine];
      index = parent;
    }
  };
  const pop = (): { readonly atMs: number; readonly leaseId: string } | undefined => {
    const [first, last] = [heap[0], heap.pop()];
    if (last === undefined || heap.length === 0) return first;
    heap[0] = last;
    for (let index = 0; ; ) {
      let child = 2 * index + 1;
      if ((heap[child + 1]?.atMs ?? Infinity) < (heap[child]?.atMs ?? Infinity)) child += 1;
      const [mine, below] = [heap[index], heap[child]];
      if (mine === undefined || below === undefined || mine.atMs <= below.atMs) return first;
      [heap[index], heap[child]] = [below, mine];
      index = child;
    }
  };
  return {
    take(effects) {
      for (const effect of effects) {
        if (effect.type !== 'assign') continue;
        const lease = scene.state.leases.get(effect.leaseId);
        if (lease === undefined) continue;
        scene.send({ type: 'lease-started', leaseId: lease.id });
        push(scene.now + ((lease.job.estimate.cpuSeconds * 1_000) / lease.node.benchmarkSpeed) * (0.7 + 0.6 * unit()), lease.id);
      }
    },
    endNext() {
      const next = pop();
      const lease = next === undefined ? undefined : scene.state.leases.get(next.leaseId);
      if (next === undefined || lease === undefined) return;
      scene.now = Math.max(scene.now, next.atMs);
      const cpuSeconds = (scene.now - (lease.startedAtMs ?? 0)) / 1_000;
      this.take(scene.send({
        type: 'lease-finished', leaseId: lease.id, actionKey: lease.job.spec.actionKey, node: lease.node.name, exitStatus: 0, cpuSeconds, wallSeconds: cpuSeconds, peakMemoryBytes: GIB / 8,
        outputBytes: 1,
      }));
    },
  };
}

function show(what: string, values: readonly number[]): number {
  if (values.length === 0) return 0;
  const sorted = [...values].sort((a, b) => a - b);
  const at = (share: number): string => (sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0).toFixed(1).padStart(8);
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  console.log(`  ${what.padEnd(44)} mean ${mean.toFixed(1).padStart(8)} us   p50 ${at(0.5)}   p99 ${at(0.99)}   max ${at(1)}   (${values.length})`);
  return mean;
}

const heapBytes = (): number => {
  for (let times = 0; times < 3; times += 1) globalThis.gc?.();
  return process.memoryUsage().heapUsed;
};

/** What an idle node costs, with what its own description takes. Only of use with --expose-gc. */
function bytesOf(nodes: number): void {
  const before = heapBytes();
  const scene = createScene();
  scene.state.index.pool(x86);
  for (let at = 0; at < nodes; at += 1) step(scene.state, { type: 'node-joined', node: node(at), runningLeases: [] }, 0);
  console.log(`${nodes.toLocaleString('en')} idle nodes: ${Math.round((heapBytes() - before) / scene.state.nodes.size)} bytes each`);
}

function joinAll(scene: Scene, nodes: number, more: (at: number) => Partial<NodeSpec> = () => ({})): void {
  for (let at = 0; at < nodes; at += 1) scene.send({ type: 'node-joined', node: node(at, more(at)), runningLeases: [] });
}

function beatOf(scene: Scene, name: string): FarmEvent {
  const leases = [...(scene.state.nodes.get(name)?.leases.values() ?? [])].filter((lease) => lease.state === 'started');
  return {
    type: 'node-heartbeat', node: name, sequence: 0, load: 0, freeMemoryBytes: 60 * GIB, freeDiskBytes: 1e12, memoryPressure: 0,
    leases: leases.map((lease) => {
      const seconds = (scene.now - (lease.startedAtMs ?? scene.now)) / 1_000;
      return { leaseId: lease.id, cpuSeconds: seconds * 0.98, wallSeconds: seconds, memoryBytes: GIB / 8, paused: false };
    }),
  };
}

/** A farm of so many nodes: idle, filling, busy with 100,000 jobs waiting. Gives the mean cost of a placement on the busy one. */
function farmOf(nodes: number): number {
  console.log(`${nodes.toLocaleString('en')} nodes`);
  const scene = createScene();
  scene.state.index.pool(x86);
  joinAll(scene, nodes);
  show('a node joins', scene.times().other);
  learned(scene);
  const work = createWork(scene);

  scene.now += 1_000;
  for (let at = 0; at < Math.min(nodes, 20_000); at += 1) scene.send(beatOf(scene, `n${at}`));
  show('heartbeat of an idle node', scene.times().other);
  for (let count = 0; count < 20; count += 1) {
    scene.now += 250;
    scene.send({ type: 'tick' });
  }
  show('tick, all idle', scene.times().other);

  const filling = Math.min(nodes * SLOTS, 60_000);
  for (let count = 0; count < filling; count += 1) work.take(submit(scene));
  show('a job is placed on a farm with free nodes', scene.times().placing);
  while (scene.state.index.queued < QUEUED) work.take(submit(scene));
  show('a job joins the queue', scene.times().other);
  for (let count = 0; count < 50_000; count += 1) work.endNext();
  const mean = show('a job ends, the next is placed', scene.times().placing);

  for (let round = 0; round < 10; round += 1) {
    scene.now += 1_000;
    for (let at = 0; at < Math.min(nodes, 5_000); at += 1) scene.send(beatOf(scene, `n${at}`));
  }
  show(`heartbeat of a node with ${SLOTS} jobs`, scene.times().other);
  // All others must not be silent, or the tick is about their loss.
  for (const each of scene.state.nodes.values()) each.lastHeardMs = scene.now;
  for (let count = 0; count < 20; count += 1) {
    scene.now += 250;
    scene.send({ type: 'tick' });
  }
  show('tick, all busy', [...scene.times().other]);
  return mean;
}

/** Shapes of work that could be dear, on a farm of 1,000 nodes with 100,000 jobs waiting. */
function shapeOf(what: string, more: (at: number) => Partial<JobSpec>, nodes: (at: number) => Partial<NodeSpec> = () => ({})): void {
  const scene = createScene();
  scene.state.index.pool(x86);
  joinAll(scene, 1_000, nodes);
  learned(scene);
  const work = createWork(scene);
  for (let at = 0; scene.state.index.queued < QUEUED; at += 1) work.take(submit(scene, more(at)));
  scene.times();
  for (let count = 0; count < 10_000; count += 1) work.endNext();
  const { placing, other } = scene.times();
  console.log(what);
  show('a job ends, the next is placed', placing);
  show('other events', other);
}

const sizes = process.argv.slice(2).map(Number).filter((size) => size > 0);
if (globalThis.gc !== undefined) bytesOf(65_535);
const means = (sizes.length > 0 ? sizes : [10, 1_000, 65_535]).map(farmOf);
console.log(`cost of a placement, largest farm to smallest: ${((means.at(-1) ?? 0) / (means[0] ?? 1)).toFixed(2)}`);
if (sizes.length === 0) {
  shapeOf('300 users', (at) => ({ user: `u${at % 300}` }));
  const kinds = Array.from({ length: 200 }, (_, at): Requirements => ({ key: `l${at}`, instructionSets: ['x86_64'], labels: [[`l${at}`, 'yes']] }));
  const labels = new Map(Array.from({ length: 20 }, (_, at) => [`l${at}`, 'yes']));
  shapeOf('20 kinds of needs, each met by every node', (at) => ({ requirements: kinds[at % 20] ?? x86 }), () => ({ labels }));
  shapeOf('200 kinds of needs, each met by 50 nodes', (at) => ({ requirements: kinds[at % kinds.length] ?? x86 }), (at) => ({
    labels: new Map(Array.from({ length: 10 }, (_, each) => [`l${(at * 10 + each) % 200}`, 'yes'])),
  }));
  shapeOf('memory for three of four slots', () => ({}), () => ({ memoryBytes: GIB * 0.85 }));
  shapeOf('memory for three of four slots, 300 users', (at) => ({ user: `u${at % 300}` }), () => ({ memoryBytes: GIB * 0.85 }));
}
