// The targets of scheduling quality, on one seed of each row; `npm run sim -- compare` measures all of them beside the rivals.
import { describe, expect, test } from 'vitest';
import { calmScenario, createFifoPolicy, createOurPolicy, faultsOf, rivalRules, run, scale, workloads } from '@mosix/testing';
import type { RunResult, Scenario } from '@mosix/testing';

const recorded = workloads.filter((workload) => workload.recorded);
const WASTE_MOST = 0.05;

/** The second build: what was learnt in the first, and toolchains where they are needed. */
function secondBuild(cold: Scenario, warm: Scenario): RunResult {
  const first = createOurPolicy();
  run(cold, first, { audit: false });
  return run(warm, createOurPolicy(first.history));
}

describe.each(recorded)('$name', (workload) => {
  test('32 equal nodes: near the lower bound, and better than taking jobs as they come', () => {
    const warm = calmScenario('homogeneous', workload, 1, true);
    const ours = secondBuild(calmScenario('homogeneous', workload, 1, false), warm);
    expect(ours.violations).toEqual([]);
    expect(ours.ratio).toBeLessThanOrEqual(1.03);
    expect(ours.wasteShare).toBeLessThanOrEqual(WASTE_MOST);
    for (const rule of rivalRules(1)) expect(run(warm, createFifoPolicy(rule)).makespanMs, rule.name).toBeGreaterThanOrEqual(ours.makespanMs * 0.999);
  });

  test('32 nodes of speeds 1:2:4:8', () => {
    const warm = calmScenario('mixed', workload, 1, true);
    const ours = secondBuild(calmScenario('mixed', workload, 1, false), warm);
    expect(ours.violations).toEqual([]);
    expect(ours.ratio).toBeLessThanOrEqual(1.05);
  });

  test.each(['degrade-share', 'degrade-clock'] as const)('%s: a node drops to a fifth, and the build takes hardly longer than without that node', (row) => {
    const cold = calmScenario(row, workload, 1, false);
    const warm = calmScenario(row, workload, 1, true);
    const faults = faultsOf(row, warm, secondBuild(cold, warm).makespanMs, 1);
    const [fault] = faults;
    if (fault?.kind !== 'degrade') throw new Error('nothing degrades');
    const ours = secondBuild(cold, { ...warm, faults });
    const gone = secondBuild(cold, { ...warm, faults: [{ kind: 'leave', atMs: fault.atMs, node: fault.node }] });
    expect(ours.violations).toEqual([]);
    expect(ours.makespanMs / gone.makespanMs).toBeLessThanOrEqual(1.1);
    expect(ours.wasteShare).toBeLessThanOrEqual(WASTE_MOST);
  });

  test('owners come back to a tenth of the nodes', () => {
    const warm = calmScenario('owner', workload, 1, true);
    const faults = faultsOf('owner', warm, 20_000, 1);
    const ours = secondBuild(calmScenario('owner', workload, 1, false), { ...warm, faults });
    expect(faults.length).toBe(3);
    expect(ours.violations).toEqual([]);
    expect(ours.ratio).toBeLessThanOrEqual(1.1);
    expect(ours.wasteShare).toBeLessThanOrEqual(WASTE_MOST);
  });
});

test('the scale run places every job that it queues', () => {
  const row = scale({ nodes: 50, jobs: 2_000, seed: 1 });
  expect(row.placements).toBeGreaterThanOrEqual(2_000);
  expect(row.placeMeanUs).toBeGreaterThan(0);
});
