import { expect, test } from 'vitest';
import { chooseVictim } from './memory-watch.js';

test('the youngest of the big ones', () => {
  const guest = (order: number, memoryBytes: number) => ({ order, memoryBytes });
  expect(chooseVictim([guest(1, 900), guest(2, 500), guest(3, 100)])?.order).toBe(2);
  expect(chooseVictim([guest(1, 900), guest(2, 400), guest(3, 100)])?.order).toBe(1);
  expect(chooseVictim([guest(3, 0), guest(1, 0)])?.order).toBe(3);
  expect(chooseVictim([])).toBeUndefined();
});
