import { expect, test } from 'vitest';
import { createVirtualClock } from './clock.js';
import { createRandom } from './random.js';

test('actions run in the order of their time, equals in the order of planning', () => {
  const clock = createVirtualClock();
  const random = createRandom(5);
  const seen: { at: number; order: number }[] = [];
  for (let order = 0; order < 500; order++) {
    const at = random.integer(50);
    clock.at(at, () => seen.push({ at, order }));
  }
  while (clock.advance());
  expect(seen).toHaveLength(500);
  expect(seen).toEqual([...seen].sort((a, b) => a.at - b.at || a.order - b.order));
  expect(clock.now()).toBe(seen.at(-1)?.at);
});

test('what is cancelled does not run; time does not go back', () => {
  const clock = createVirtualClock();
  const seen: string[] = [];
  clock.after(10, () => {
    seen.push('first');
    clock.at(3, () => seen.push(`late at ${clock.now()}`));
  });
  clock.after(20, () => seen.push('never')).cancel();
  while (clock.advance());
  expect(seen).toEqual(['first', 'late at 10']);
});

test('random numbers repeat, and have the shape they claim', () => {
  const draw = (seed: number): number[] => Array.from({ length: 5 }, ((random) => () => random.next())(createRandom(seed)));
  expect(draw(7)).toEqual(draw(7));
  expect(draw(7)).not.toEqual(draw(8));
  const random = createRandom(1);
  const sample = (take: () => number): number[] => Array.from({ length: 20_000 }, take).sort((a, b) => a - b);
  const logNormal = sample(() => random.logNormal(2, 0.5));
  expect(logNormal[10_000]).toBeCloseTo(2, 1);
  const pareto = sample(() => random.pareto(1, 2));
  expect(pareto[0]).toBeGreaterThanOrEqual(1);
  // P(x > 2) = 1/4
  expect(pareto[15_000]).toBeCloseTo(2, 1);
});
