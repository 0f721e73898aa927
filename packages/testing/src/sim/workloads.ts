// Farms and builds of the comparison: the rows of TARGETS.md, "Scheduling quality".
import { createRandom } from './random.js';
import type { Random } from './random.js';
import { defaultNode, defaultScenario, defaultUser } from './scenario.js';
import type { Fault, NodePlan, Scenario, UserPlan, WorkPlan } from './scenario.js';

/** A benchmark is wrong by up to this much, either way. */
const BENCHMARK_ERROR = 0.1;
const HOME = { homeSpeed: 2, homeCores: 8 } as const;

export function farmOf(speeds: readonly number[], slots: number, random: Random): NodePlan[] {
  return speeds.map((speed, index) => ({
    ...defaultNode, name: `node${String(index + 1).padStart(2, '0')}`, speed, benchmarkSpeed: speed * random.between(1 - BENCHMARK_ERROR, 1 + BENCHMARK_ERROR), slots, cores: slots,
  }));
}

export interface Workload {
  readonly name: string;
  /** Recorded from real builds; the targets are about these. */
  readonly recorded: boolean;
  /** `scale` 1 gives a 32-slot farm of speed 1 some twenty seconds. */
  readonly users: (scale: number, slots: number, seed: number) => UserPlan[];
}

const user = (name: string, work: WorkPlan, jobs: number, more: Partial<UserPlan> = {}): UserPlan => ({ ...defaultUser, ...HOME, name, work, jobs, ...more });

const several = (trace: string, count: number, jobs: number): UserPlan[] =>
  Array.from({ length: Math.max(1, Math.round(count)) }, (_, index) => user(`${trace}${index + 1}`, { kind: 'trace', name: trace }, jobs, { startMs: 100 + index * 37 }));

export const workloads: readonly Workload[] = [
  { name: 'abseil, many users', recorded: true, users: (scale, slots) => several('abseil', 8 * scale, slots) },
  {
    name: 'all projects, SQLite last', recorded: true, users: (scale, slots) => [
      ...several('abseil', 6 * scale, slots), ...several('re2', 2 * scale, slots), ...several('leveldb', 3 * scale, slots), ...several('lmdb', 3 * scale, slots),
      user('sqlite', { kind: 'trace', name: 'sqlite' }, slots),
    ],
  },
  { name: 'log-normal', recorded: false, users: (scale, _slots, seed) => [user('ln', { kind: 'log-normal', count: 1000 * scale, medianSeconds: 0.45, sigma: 0.8, seed }, 1000 * scale)] },
  { name: 'heavy tail', recorded: false, users: (scale, _slots, seed) => [user('pareto', { kind: 'pareto', count: 1000 * scale, leastSeconds: 0.25, alpha: 1.6, seed }, 1000 * scale)] },
  { name: 'layers', recorded: false, users: (scale, _slots, seed) => [user('layers', { kind: 'layers', count: 1000 * scale, layers: 3, medianSeconds: 0.45, seed }, 1000 * scale)] },
];

export type Row = 'homogeneous' | 'mixed' | 'degrade-share' | 'degrade-clock' | 'owner';

const repeat = (speeds: readonly number[], times: number): number[] => Array.from({ length: times }, () => speeds).flat();

/** The farm and its builds, before anything happens to it. */
export function calmScenario(row: Row, workload: Workload, seed: number, warm: boolean): Scenario {
  const random = createRandom(seed * 7919 + 13);
  const base = { ...defaultScenario, name: `${row} ${workload.name}`, seed, faults: [], warmNodes: warm } as const;
  switch (row) {
    case 'homogeneous':
      return { ...base, nodes: farmOf(repeat([1], 32), 2, random), users: workload.users(2, 64, seed) };
    case 'mixed':
      return { ...base, nodes: farmOf(repeat([1, 2, 4, 8], 8), 2, random), users: workload.users(8, 64, seed) };
    case 'degrade-share':
    case 'degrade-clock':
      return { ...base, nodes: farmOf(repeat([1], 8), 4, random), users: workload.users(1, 32, seed) };
    case 'owner':
      return { ...base, nodes: farmOf(repeat([1], 30), 2, random), users: workload.users(2, 60, seed) };
  }
}

/** What happens in the middle of it; `aboutMs`: how long the calm build takes. */
export function faultsOf(row: Row, scenario: Scenario, aboutMs: number, seed: number): readonly Fault[] {
  const random = createRandom(seed * 104_729 + 7);
  const atMs = 100 + aboutMs * random.between(0.3, 0.5);
  const node = random.integer(scenario.nodes.length);
  switch (row) {
    case 'homogeneous':
    case 'mixed':
      return [];
    case 'degrade-share':
      return [{ kind: 'degrade', atMs, node, share: 0.2, speed: 1, lengthMs: undefined }];
    case 'degrade-clock':
      return [{ kind: 'degrade', atMs, node, share: 1, speed: 0.2, lengthMs: undefined }];
    case 'owner': {
      const count = Math.round(scenario.nodes.length / 10);
      return Array.from({ length: count }, (_, index): Fault => ({ kind: 'owner', atMs: atMs + index, node: (node + 7 * index) % scenario.nodes.length, load: scenario.nodes[0]?.cores ?? 1, active: true, lengthMs: undefined }));
    }
  }
}
