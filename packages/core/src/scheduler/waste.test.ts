import { describe, expect, test } from 'vitest';
import { allOf, createFarm, decisionsOf, run, type TestFarm } from './testing/farm.js';
import type { FarmEffect } from './words.js';

/** A job that is thought to need `seconds` runs on `first`; `second` joins as soon as it does. */
function onFirst(seconds: number): TestFarm {
  const farm = createFarm();
  farm.join('first');
  farm.submit('a', { seconds });
  farm.start('a');
  farm.join('second');
  return farm;
}

describe('a race that costs more than was thought', () => {
  test('is called off, and the half that has done more goes on', () => {
    const farm = onFirst(10);
    expect(decisionsOf(run(farm, 5, { first: 0.2 }))).toMatchObject([{ method: 'race' }]);
    farm.start('a', 'second');
    const effects = run(farm, 60, { first: 0.9, second: 0.3 });
    expect(allOf(effects, 'cancel-lease')).toMatchObject([{ node: 'second', reason: 'copies have cost as much as they may' }]);
    expect(farm.where('a')).toEqual(['first']);
    expect(farm.state.copies.size).toBe(0);
    expect(farm.state.wastedCpuSeconds).toBeGreaterThan(3);
    expect(farm.state.wastedCpuSeconds).toBeLessThan(20);
  });

  test('goes on where so much useful work was done that it may', () => {
    const farm = onFirst(10);
    farm.state.usefulCpuSeconds = 10_000;
    run(farm, 5, { first: 0.2 });
    farm.start('a', 'second');
    run(farm, 60, { first: 0.9, second: 0.3 });
    expect(farm.where('a')).toEqual(['first', 'second']);
  });

  test('after a jump of both the one that has cost less ends, even where it would be done first', () => {
    const farm = onFirst(10);
    run(farm, 5, { first: 0.2 });
    farm.start('a', 'second');
    Object.assign(farm.lease('a', 'first'), { cpuSeconds: 50, share: 0.1 });
    Object.assign(farm.lease('a', 'second'), { cpuSeconds: 48, share: 1 });
    farm.advance(250);
    expect(farm.where('a')).toEqual(['first']);
  });
});

describe('what a move throws away', () => {
  test('a job that has had much is not begun anew', () => {
    const farm = onFirst(200);
    run(farm, 20, { first: 1, second: 1 });
    const starve = (from: number, to: number): FarmEffect[] => Array.from({ length: to - from }, (_, each) => run(farm, 1, { first: (20 + 0.1 * (from + each)) / (20 + from + each), second: 1 })).flat();
    expect(decisionsOf(starve(1, 20))).toEqual([]);
    farm.state.usefulCpuSeconds = 10_000;
    expect(decisionsOf(starve(20, 30))).toMatchObject([{ cause: 'starved' }]);
  });

  test('what the races that run will cost counts against the next', () => {
    const farm = createFarm();
    farm.join('slow', { slots: 20, cores: 20 });
    for (let at = 0; at < 20; at += 1) {
      farm.submit(`a${at}`, { seconds: 20 });
      farm.start(`a${at}`);
    }
    farm.join('idle', { slots: 20, cores: 20 });
    const effects = run(farm, 5, { slow: 0.2 });
    // Eight seconds may be lost: a race loses five by the time its copy is done, each new beginning one.
    expect(decisionsOf(effects).map(({ method }) => method)).toEqual(['race', 'restart', 'restart', 'restart']);
  });
});
