// The table of TARGETS.md, "Scheduling quality": our makespan against the lower bound, beside the rivals', over seeds and builds.
import { createHistory, limits, type History } from '@mosix/core';
import { createOurPolicy } from './our-policy.js';
import { createFifoPolicy } from './rivals/fifo.js';
import { rivalRules } from './rivals/rules.js';
import { run } from './run.js';
import type { RunResult } from './run.js';
import type { Fault, Scenario } from './scenario.js';
import { calmScenario, faultsOf, workloads } from './workloads.js';
import type { Row, Workload } from './workloads.js';

export const rows: readonly Row[] = ['homogeneous', 'mixed', 'degrade-share', 'degrade-clock', 'owner'];

/** `bound`: makespan / lower bound. `gone`: makespan / that of ours with the node gone from that moment. */
export interface Cell {
  readonly row: Row;
  readonly workload: string;
  readonly recorded: boolean;
  readonly policy: string;
  readonly ratios: number[];
  readonly wastes: number[];
  /** Makespan over that of the same scheduler when it moves nothing. */
  readonly againstNothing: number[];
  readonly violations: string[];
}

const isDegrade = (row: Row): boolean => row === 'degrade-share' || row === 'degrade-clock';

/** The node that slows down leaves instead. */
const gone = (faults: readonly Fault[]): Fault[] => faults.flatMap((fault): Fault[] => (fault.kind === 'degrade' ? [{ kind: 'leave', atMs: fault.atMs, node: fault.node }] : [fault]));

const immovable = (scenario: Scenario): Scenario => ({ ...scenario, users: scenario.users.map((user) => ({ ...user, movable: false })) });

export interface CompareOptions {
  readonly seeds: number;
  readonly rows: readonly Row[];
  readonly onProgress: (text: string) => void;
}

export function compare({ seeds, rows: wanted, onProgress }: CompareOptions): Cell[] {
  const cells = new Map<string, Cell>();
  const note = (row: Row, workload: Workload, policy: string, ratio: number, result: RunResult, againstNothing?: number): void => {
    const key = `${row}\n${workload.name}\n${policy}`;
    let cell = cells.get(key);
    if (cell === undefined) cells.set(key, (cell = { row, workload: workload.name, recorded: workload.recorded, policy, ratios: [], wastes: [], againstNothing: [], violations: [] }));
    cell.ratios.push(ratio);
    cell.wastes.push(result.wasteShare);
    if (againstNothing !== undefined) cell.againstNothing.push(againstNothing);
    cell.violations.push(...result.violations);
  };
  for (const row of wanted) {
    for (const workload of workloads) {
      for (let seed = 1; seed <= seeds; seed++) {
        one(row, workload, seed, note);
        onProgress(`${row}, ${workload.name}, seed ${seed}`);
      }
    }
  }
  return [...cells.values()];
}

/** A second build with the same machines: what was learnt is a copy, so that one run does not teach the next. */
const copyOf = (history: History): History => createHistory(limits.historyEntriesMax, [...history.entries()]);

function one(row: Row, workload: Workload, seed: number, note: (row: Row, workload: Workload, policy: string, ratio: number, result: RunResult, againstNothing?: number) => void): void {
  const cold = calmScenario(row, workload, seed, false);
  const warm = calmScenario(row, workload, seed, true);
  const first = createOurPolicy();
  const firstBuild = run(cold, first, { audit: false });
  const calm = run(warm, createOurPolicy(copyOf(first.history)), { audit: false });
  const faults = faultsOf(row, warm, calm.makespanMs, seed);
  const [coldFaulted, warmFaulted] = [{ ...cold, faults }, { ...warm, faults }];
  const oursWarm = (scenario: Scenario): RunResult => run(scenario, createOurPolicy(copyOf(first.history)));
  const ours = row === 'homogeneous' || row === 'mixed' ? calm : oursWarm(warmFaulted);
  const coldRun = faults.length === 0 ? firstBuild : run(coldFaulted, createOurPolicy());
  if (!isDegrade(row)) {
    note(row, workload, 'mosix', ours.ratio, ours);
    note(row, workload, 'mosix, first build', coldRun.ratio, coldRun);
    rivals(warm, warmFaulted, seed, (name, result) => note(row, workload, name, result.ratio, result));
    return;
  }
  const goneMs = oursWarm({ ...warmFaulted, faults: gone(faults) }).makespanMs;
  const nothing = oursWarm(immovable(warmFaulted));
  note(row, workload, 'mosix', ours.makespanMs / goneMs, ours, ours.makespanMs / nothing.makespanMs);
  const coldGoneMs = run({ ...coldFaulted, faults: gone(faults) }, createOurPolicy(), { audit: false }).makespanMs;
  const coldNothing = run(immovable(coldFaulted), createOurPolicy(), { audit: false });
  note(row, workload, 'mosix, first build', coldRun.makespanMs / coldGoneMs, coldRun, coldRun.makespanMs / coldNothing.makespanMs);
  note(row, workload, 'mosix, moving nothing', nothing.makespanMs / goneMs, nothing);
  rivals(warm, warmFaulted, seed, (name, result) => note(row, workload, name, result.makespanMs / goneMs, result));
}

/** Each rival builds once before, with what it remembers, and then is measured. */
function rivals(calm: Scenario, scenario: Scenario, seed: number, note: (name: string, result: RunResult) => void): void {
  for (const rule of rivalRules(seed)) {
    if (rule.finished !== undefined) run(calm, createFifoPolicy(rule), { audit: false });
    note(rule.name, run(scenario, createFifoPolicy(rule, rule.finished === undefined ? 0 : 100_000), { audit: false }));
  }
}
