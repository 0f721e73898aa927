import { describe, expect, test } from 'vitest';
import { createFarm, decisionsOf, type TestFarm } from './testing/farm.js';
import type { FarmEffect } from './words.js';

/** Forty nodes; `work` seconds of short jobs wait behind a long one, which came first. */
function farmWith(work: number, options: { readonly long?: number; readonly movable?: boolean } = {}): { farm: TestFarm; effects: FarmEffect[] } {
  const farm = createFarm({ checked: false });
  for (let at = 0; at < 40; at += 1) farm.join(`n${at}`);
  const effects = [...farm.submit('long', { seconds: options.long ?? 20, movable: options.movable ?? true })];
  farm.start('long');
  for (let at = 0; at < 2 * work; at += 1) effects.push(...farm.submit(`short${at}`, { seconds: 0.5 }));
  effects.push(...farm.advance(250));
  // Each node has its next job: one that ends makes a place.
  farm.start('short0');
  effects.push(...farm.finish('short0'));
  return { farm, effects };
}

const criticalOf = (effects: readonly FarmEffect[]): string[] => decisionsOf(effects).filter(({ cause }) => cause === 'critical').map(({ jobId }) => jobId);

describe('a long job on which the end depends', () => {
  test('runs twice, as soon as so much waits that it costs little', () => {
    const { farm, effects } = farmWith(600);
    expect(criticalOf(effects)).toEqual(['long']);
    expect(new Set(farm.where('long')).size).toBe(2);
    expect(decisionsOf(effects)[0]?.text).toMatch(/all else will be done before it/);
  });

  test('the owner takes one of the two: the other goes on, and nothing was thrown away by choice', () => {
    const { farm } = farmWith(600);
    const [first = '', second = ''] = farm.where('long');
    farm.start('long', second);
    farm.send({ type: 'owner', node: first, active: true, reason: 'keyboard' });
    expect(farm.where('long')).toEqual([second]);
    expect(farm.state.copies.size).toBe(0);
    expect(farm.state.wastedCpuSeconds).toBe(0);
  });

  test.each([
    ['not where it would be much of the work', 100, {}],
    ['not where other work takes longer', 2_000, {}],
    ['not when it is soon done anew', 600, { long: 8 }],
    ['not when it may not be moved', 600, { movable: false }],
  ])('%s', (_, work, options) => {
    expect(criticalOf(farmWith(work, options).effects)).toEqual([]);
  });

  test('not when much of it is done already', () => {
    const { farm } = farmWith(100);
    for (let second = 0; second < 3; second += 1) {
      farm.advance(1_000);
      for (const name of farm.state.nodes.keys()) farm.beat(name);
    }
    for (let at = 0; at < 500; at += 1) farm.submit(`later${at}`, { seconds: 1 });
    expect(farm.where('long')).toHaveLength(1);
  });
});
