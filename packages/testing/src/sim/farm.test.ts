import type { FarmEffect, FarmEvent } from '@mosix/core';
import { describe, expect, test } from 'vitest';
import { gantt } from './gantt.js';
import { createOurPolicy } from './our-policy.js';
import type { Policy } from './policy.js';
import { between } from './report.js';
import { createFifoPolicy } from './rivals/fifo.js';
import { roundRobin } from './rivals/rules.js';
import { run } from './run.js';
import { defaultNode, defaultScenario, defaultUser, MIB } from './scenario.js';
import type { Fault, NodePlan, Scenario } from './scenario.js';
import { kindOf, shrink, violationsOf } from './soak.js';
import { recordedNames, recordedTrace } from './traces.js';

const scenario = (nodes: Partial<NodePlan>[], count: number, faults: Fault[] = []): Scenario => ({
  ...defaultScenario, name: 'test', seed: 1, faults, warmNodes: true, nodes: nodes.map((more, index) => ({ ...defaultNode, name: `n${index + 1}`, ...more })),
  users: [{ ...defaultUser, name: 'u', jobs: 50, work: { kind: 'log-normal', count, medianSeconds: 1, sigma: 0, seed: 1 } }],
});
const fifo = (): Policy => createFifoPolicy(roundRobin());

describe('time', () => {
  test('eight equal jobs in two slots take four jobs one after another, and what lies around', () => {
    const result = run(scenario([{}, {}], 8), fifo());
    expect(result.ended).toBe(true);
    expect(result.makespanMs).toBeGreaterThan(4_000);
    expect(result.makespanMs).toBeLessThan(4_100);
    expect(result.accounts.useful).toBeCloseTo(8);
    expect(result.wasteShare).toBe(0);
  });

  test('the toolchain travels once to each node', () => {
    const cold = run({ ...scenario([{ bytesPerSecond: 30 * MIB }], 3), warmNodes: false }, fifo());
    // 60 MiB at 30 MiB/s, and the headers beside.
    expect(cold.makespanMs).toBeGreaterThan(5_000);
    expect(cold.makespanMs).toBeLessThan(5_400);
  });

  test('more slots than cores share them', () => {
    expect(run(scenario([{ slots: 4, cores: 2 }], 4), fifo()).makespanMs).toBeCloseTo(2_030, -2);
  });
});

describe('faults', () => {
  test('a dead node loses its jobs, and they run elsewhere', () => {
    const result = run(scenario([{}, {}], 6, [{ kind: 'crash', atMs: 1_500, node: 0, noticed: true, backMs: undefined }]), createOurPolicy());
    expect(result.violations).toEqual([]);
    expect(result.fellBack).toBe(0);
    expect(result.accounts.useful).toBeCloseTo(6);
    expect(result.accounts.waste().lost).toBeGreaterThan(0);
  });

  test('a silent node is found out', () => {
    const result = run(scenario([{}, {}], 6, [{ kind: 'partition', atMs: 1_500, node: 0, lengthMs: 60_000 }]), createOurPolicy());
    expect(result.violations).toEqual([]);
    expect(result.ended).toBe(true);
    expect(result.makespanMs).toBeLessThan(30_000);
  });

  test('two jobs that do not fit in memory together: one is killed, and runs again', () => {
    const result = run(scenario([{ slots: 2, cores: 2, memoryBytes: 130 * MIB, claimedMemoryBytes: 0 }], 2), fifo());
    expect([...result.accounts.bars.values()].some((bar) => bar.how === 'out-of-memory')).toBe(true);
    expect(result.ended).toBe(true);
  });

  test('without nodes everything is compiled at home', () => {
    const result = run(scenario([{}], 4, [{ kind: 'leave', atMs: 50, node: 0 }]), createOurPolicy());
    expect(result.fellBack).toBe(4);
    expect(result.violations).toEqual([]);
  });

  test('an owner pauses guests of a scheduler that asks for it, and shares with those of others', () => {
    const faults: Fault[] = [{ kind: 'owner', atMs: 600, node: 0, active: true, load: 1, lengthMs: 3_000 }];
    const shared = run(scenario([{ cores: 2 }], 1, faults), fifo());
    expect(shared.makespanMs).toBeLessThan(1_100);
    const paused = run(scenario([{ cores: 2 }], 1, faults), { ...fifo(), ownersFirst: true });
    expect(paused.makespanMs).toBeGreaterThan(3_900);
  });
});

describe('the auditor', () => {
  /** Our scheduler, with its effects changed on the way. */
  const crooked = (change: (effects: readonly FarmEffect[], event: FarmEvent) => readonly FarmEffect[]): readonly string[] => {
    const ours = createOurPolicy();
    return run(scenario([{}, {}], 4), { ...ours, step: (event, now) => change(ours.step(event, now), event) } as Policy).violations.map(kindOf);
  };

  test('finds nothing where nothing is', () => expect(crooked((effects) => effects)).toEqual([]));

  test('finds a job that is answered twice', () => expect(crooked((effects) => effects.flatMap((effect) => (effect.type === 'done' ? [effect, effect] : [effect])))).toContain('done'));

  test('finds an answer that never comes', () => expect(crooked((effects) => effects.filter((effect) => effect.type !== 'done'))).toContain('ends'));

  test('finds effects about what does not exist', () => {
    expect(crooked((effects) => effects.map((effect) => (effect.type === 'assign' ? { ...effect, node: 'nobody' } : effect)))).toContain('assign');
    expect(crooked((effects, event) => (event.type === 'tick' ? [...effects, { type: 'cancel-lease', node: 'n1', leaseId: 'nothing', reason: '' }] : effects))).toContain('cancel-lease');
  });
});

test('a failing scenario shrinks to what it takes', () => {
  const large = scenario([{}, {}, {}, {}], 40, [
    { kind: 'restart', atMs: 500, node: 1 }, { kind: 'job-failure', atMs: 700, node: 0, code: 'sandbox' }, { kind: 'leave', atMs: 900, node: 2 }, { kind: 'stale-messages', atMs: 950, node: 3 },
  ]);
  const broken = (candidate: Scenario): string[] => (candidate.faults.some((fault) => fault.kind === 'leave') ? ['broken: because of that'] : []);
  const small = shrink(large, 'broken', broken);
  expect(small.faults.map((fault) => fault.kind)).toEqual(['leave']);
  expect(small.nodes).toHaveLength(1);
  expect(small.users[0]?.work).toMatchObject({ count: 1 });
  expect(violationsOf(large)).toEqual([]);
});

test('recorded traces are sound', () => {
  const units = recordedNames.flatMap((name) => recordedTrace(name).units);
  expect(recordedTrace('abseil').units.filter((unit) => unit.kind === 'compile')).toHaveLength(159);
  expect(units.every((unit) => unit.cpuSeconds > 0 && unit.memoryBytes > 1e6)).toBe(true);
  const sqlite = recordedTrace('sqlite').units.filter((unit) => unit.kind === 'compile').map((unit) => unit.cpuSeconds).sort((a, b) => b - a);
  expect(sqlite[0]).toBeGreaterThan(5 * (sqlite[1] ?? 0));
});

test('a picture has a bar for every lease; a report goes between its marks', () => {
  const result = run(scenario([{}, {}], 5), fifo());
  expect(gantt('test', ['n1', 'n2'], result.accounts.bars.values()).match(/<rect x=/g)).toHaveLength(5);
  expect(between('a <b> old <e> z', 'new', '<b>', '<e>')).toBe('a <b>\n\nnew\n\n<e> z');
  expect(between('no marks', 'new', '<b>', '<e>')).toBeUndefined();
});
