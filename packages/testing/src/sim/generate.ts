// Job sets that no one recorded: log-normal, heavy-tailed, and layered graphs.
import type { Trace, Unit } from '../trace.js';
import { createRandom } from './random.js';
import type { Random } from './random.js';
import { MIB } from './scenario.js';
import type { WorkPlan } from './scenario.js';

const SECONDS_MAX = 300;

function unit(name: string, cpuSeconds: number, random: Random, needs: readonly number[] = []): Unit {
  const seconds = Math.min(SECONDS_MAX, Math.max(0.01, cpuSeconds));
  // As in our recordings: about 60 MB for a small unit, and some 40 MB for each second.
  const memoryBytes = Math.round((60 + 40 * seconds * random.between(0.5, 1.5)) * MIB);
  const sourceBytes = Math.round(20_000 * seconds * random.between(0.5, 2));
  return { name, kind: 'compile', cpuSeconds: seconds, memoryBytes, outputBytes: Math.round(150_000 * seconds), sourceBytes, inputBytes: sourceBytes + 2 * MIB, needs };
}

const archive = (name: string, needs: readonly number[]): Unit => ({
  name, kind: 'home', cpuSeconds: 0.02 + 0.002 * needs.length, memoryBytes: 20 * MIB, outputBytes: MIB, sourceBytes: 0, inputBytes: 0, needs,
});

/** The trace of any plan but a recorded one. */
export function generate(plan: Exclude<WorkPlan, { kind: 'trace' }>): Trace {
  const random = createRandom(plan.seed);
  switch (plan.kind) {
    case 'log-normal':
      return { name: 'log-normal', units: Array.from({ length: plan.count }, (_, index) => unit(`log-normal/${index}`, random.logNormal(plan.medianSeconds, plan.sigma), random)) };
    case 'pareto':
      return { name: 'pareto', units: Array.from({ length: plan.count }, (_, index) => unit(`pareto/${index}`, random.pareto(plan.leastSeconds, plan.alpha), random)) };
    case 'layers':
      return { name: 'layers', units: layers(plan, random) };
  }
}

function layers(plan: { readonly count: number; readonly layers: number; readonly medianSeconds: number }, random: Random): Unit[] {
  const units: Unit[] = [];
  let before: number[] = [];
  const each = Math.max(1, Math.floor(plan.count / plan.layers));
  for (let layer = 0; layer < plan.layers && units.length < plan.count; layer++) {
    const own: number[] = [];
    for (let index = 0; index < each; index++) {
      const needs = before.length === 0 ? [] : [...new Set(Array.from({ length: 1 + random.integer(3) }, () => random.pick(before)))].sort((a, b) => a - b);
      own.push(units.length);
      units.push(unit(`layers/${layer}-${index}`, random.logNormal(plan.medianSeconds, 0.8), random, needs));
    }
    units.push(archive(`layers/${layer}.a`, own));
    before = own;
  }
  return units;
}
