import { expect, test } from 'vitest';
import { REFERENCE_NS, speedOf } from './speed.js';

test('speed is the reference’s time by the median of ours, less what a quota takes', () => {
  expect(speedOf([REFERENCE_NS * 9, REFERENCE_NS * 2, REFERENCE_NS], Infinity)).toBe(0.5);
  expect(speedOf([REFERENCE_NS / 2], 4)).toBe(2);
  expect(speedOf([REFERENCE_NS], 0.25)).toBe(0.25);
  expect(speedOf([REFERENCE_NS * 1e6], 1)).toBe(0.01);
});
