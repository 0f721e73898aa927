import { expect, test } from 'vitest';
import { loadOnUs, othersUse, smoothLoad } from './others-load.js';
import type { CpuCounters } from './others-load.js';

const at = (seconds: number, busy: number, own: number, group?: number): CpuCounters => ({
  atMs: seconds * 1000,
  machine: { processors: 8, busyUs: busy * 1e6 },
  ownUs: own * 1e6,
  groupUs: group === undefined ? undefined : group * 1e6,
});

test('what others use is what the machine used less what we used', () => {
  expect(othersUse(at(10, 100, 40), at(12, 110, 44))).toEqual({ processors: 3, inGroup: 0 });
  expect(othersUse(at(10, 100, 40), at(12, 104, 44))).toEqual({ processors: 0, inGroup: 0 });
  expect(othersUse(at(10, 100, 40), at(12, 103.9, 44))).toEqual({ processors: 0, inGroup: 0 });
  expect(othersUse(at(10, 100, 40), at(11, 200, 40))?.processors).toBe(8);
});

test('a counter that went back, or no time at all, tells nothing', () => {
  expect(othersUse(at(10, 100, 40), at(11, 108, 20))).toBeUndefined();
  expect(othersUse(at(10, 100, 40), at(11, 99, 41))).toBeUndefined();
  expect(othersUse(at(10, 100, 40), at(10, 101, 40))).toBeUndefined();
});

test('under a quota others cost nothing as long as they stay within what is beyond it', () => {
  expect(loadOnUs({ processors: 3, inGroup: 0 }, 8, 8)).toBe(3);
  expect(loadOnUs({ processors: 3, inGroup: 0 }, 8, 4)).toBe(0);
  expect(loadOnUs({ processors: 7, inGroup: 0 }, 8, 4)).toBe(3);
  expect(loadOnUs({ processors: 2, inGroup: 1.5 }, 8, 4)).toBe(1.5);
  const use = othersUse(at(0, 0, 0, 0), at(1, 4, 1, 2.5));
  expect(use).toEqual({ processors: 3, inGroup: 1.5 });
});

test('what is shown rises at once and falls by an eighth a second', () => {
  expect(smoothLoad(1, 4, 1000)).toBe(4);
  expect(smoothLoad(4, 4, 1000)).toBe(4);
  expect(smoothLoad(8, 0, 1000)).toBe((7 * 8 + 0) / 8);
  expect(smoothLoad(8, 4, 1000)).toBe((7 * 8 + 4) / 8);
  expect(smoothLoad(smoothLoad(8, 4, 400), 4, 600)).toBeCloseTo(smoothLoad(8, 4, 1000));
});
