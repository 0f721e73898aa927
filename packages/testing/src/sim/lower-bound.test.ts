import { expect, test } from 'vitest';
import type { Trace, Unit } from '../trace.js';
import { lowerBound } from './lower-bound.js';
import { defaultNode, defaultScenario, defaultUser } from './scenario.js';
import type { Fault, NodePlan, Scenario } from './scenario.js';

const unit = (cpuSeconds: number, needs: number[] = [], kind: Unit['kind'] = 'compile'): Unit => ({ name: 'u', kind, cpuSeconds, memoryBytes: 1, outputBytes: 0, sourceBytes: 0, inputBytes: 0, needs });
const trace = (...units: Unit[]): Trace => ({ name: 't', units });
const node = (name: string, more: Partial<NodePlan> = {}): NodePlan => ({ ...defaultNode, name, ...more });
const scenario = (nodes: NodePlan[], faults: Fault[] = []): Scenario => ({
  ...defaultScenario, name: 's', seed: 1, nodes, faults, latencyMs: 0, warmNodes: true,
  users: [{ ...defaultUser, name: 'u', work: { kind: 'trace', name: 't' }, prepareMs: 0, homeSpeed: 1, homeCores: 2, startMs: 100 }],
});

test('work over speed', () => {
  const bound = lowerBound(scenario([node('a', { speed: 1, slots: 2, cores: 2 }), node('b', { speed: 2 })]), [trace(...Array.from({ length: 8 }, () => unit(1)))]);
  expect(bound.ms).toBeCloseTo(2_000);
});

test('the longest job on the fastest node', () => {
  const bound = lowerBound(scenario([node('a'), node('b', { speed: 2 })]), [trace(unit(10), unit(0.1))]);
  expect(bound.longestMs).toBeCloseTo(5_000);
  expect(bound.ms).toBeCloseTo(5_000);
});

test('the critical path, with links at home', () => {
  const bound = lowerBound(scenario([node('a', { speed: 4 }), node('b', { speed: 4 })]), [trace(unit(4), unit(0.4), unit(2, [0, 1], 'home'), unit(1, [2], 'home'))]);
  expect(bound.pathMs).toBeCloseTo(1_000 + 3_000);
  // Whichever compile is last, three seconds follow it.
  expect(bound.workMs).toBeCloseTo(550 + 3_000);
});

test('slots beyond the cores give nothing, and an owner takes his node away', () => {
  const units = trace(...Array.from({ length: 4 }, () => unit(1)));
  expect(lowerBound(scenario([node('a', { slots: 8, cores: 1 }), node('b')]), [units]).ms).toBeCloseTo(2_000);
  const gone: Fault = { kind: 'owner', atMs: 1_100, node: 1, active: true, load: 1, lengthMs: undefined };
  expect(lowerBound(scenario([node('a'), node('b')], [gone]), [units]).ms).toBeCloseTo(3_000);
  expect(lowerBound(scenario([node('a'), node('b')], [{ ...gone, lengthMs: 500 }]), [units]).ms).toBeCloseTo(2_250);
});
