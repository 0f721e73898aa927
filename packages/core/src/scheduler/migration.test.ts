import { describe, expect, test } from 'vitest';
import { allOf, assignments, createFarm, decisionsOf, oneOf, type TestFarm } from './testing/farm.js';
import type { FarmEffect } from './words.js';

/** Time passes in seconds; each node of `shares` tells every second what its jobs got. */
function run(farm: TestFarm, seconds: number, shares: Readonly<Record<string, number>>): FarmEffect[] {
  const effects: FarmEffect[] = [];
  for (let second = 0; second < seconds; second += 1) {
    effects.push(...farm.advance(1_000));
    for (const [name, share] of Object.entries(shares)) effects.push(...farm.beat(name, { share }));
  }
  return effects;
}

/** A job of 10 s runs on `slow`, which gives it a fifth of a processor; `idle` has just joined. */
function starved(): { farm: TestFarm; effects: FarmEffect[] } {
  const farm = createFarm();
  farm.join('slow');
  farm.submit('a', { seconds: 10 });
  farm.start('a');
  farm.join('idle');
  return { farm, effects: run(farm, 5, { slow: 0.2 }) };
}

describe('a job whose node gives it too little', () => {
  test('is copied to an idle node', () => {
    const { farm, effects } = starved();
    expect(decisionsOf(effects)).toMatchObject([{ method: 'race', cause: 'starved', from: 'slow', to: 'idle' }]);
    expect(assignments(effects)).toEqual(['a>idle']);
    expect(farm.where('a')).toEqual(['slow', 'idle']);
    expect(farm.state.copies).toBe(1);
  });

  test('alone, its copy is no longer a copy', () => {
    const { farm } = starved();
    farm.fail('a', 'internal', { node: 'slow' });
    expect(farm.where('a')).toEqual(['idle']);
    expect(farm.lease('a').isCopy).toBe(false);
    expect(farm.state.copies).toBe(0);
  });

  test('the first result wins, once, and the other copy ends', () => {
    const { farm } = starved();
    const late = farm.lease('a', 'slow').id;
    const effects = farm.finish('a', { node: 'idle', cpuSeconds: 10 });
    expect(oneOf(effects, 'done')).toMatchObject({ jobId: 'a', outcome: { kind: 'finished', node: 'idle' }, story: expect.arrayContaining(['idle was done first']) });
    expect(oneOf(effects, 'cancel-lease')).toMatchObject({ node: 'slow', leaseId: late });
    // It had ended too, when the cancel was on its way.
    const again = farm.send({ type: 'lease-finished', leaseId: late, actionKey: 'a/1', node: 'slow', exitStatus: 0, cpuSeconds: 2, wallSeconds: 9, peakMemoryBytes: 1, outputBytes: 1 });
    expect(allOf(again, 'done')).toEqual([]);
    expect(farm.state.leases.size).toBe(0);
  });

  test.each(['slow', 'idle'])('a failure of the copy on %s does not decide', (failing) => {
    const { farm } = starved();
    const effects = farm.fail('a', 'internal', { node: failing });
    expect([...allOf(effects, 'done'), ...allOf(effects, 'verify-inputs'), ...allOf(effects, 'stage')]).toEqual([]);
    const [other] = farm.where('a');
    expect(other).not.toBe(failing);
    expect(oneOf(farm.finish('a'), 'done').outcome).toMatchObject({ kind: 'finished', node: other });
  });
});
