import { expect, it } from 'vitest';
import { createLru } from './lru.js';

it('keeps what was used, within its weight', () => {
  const lru = createLru<number>(10);
  lru.set('a', 1, 4);
  lru.set('b', 2, 4);
  lru.get('a');
  lru.set('c', 3, 4);
  expect([lru.get('a'), lru.get('b'), lru.get('c'), lru.weight]).toEqual([1, undefined, 3, 8]);
  lru.set('a', 5, 1);
  expect([lru.get('a'), lru.weight]).toEqual([5, 5]);
  lru.set('huge', 6, 11);
  expect([lru.get('huge'), lru.get('c')]).toEqual([undefined, 3]);
});

it('makes room even when everything was used', () => {
  const lru = createLru<number>(3);
  for (const key of ['a', 'b', 'c']) lru.set(key, 1, 1);
  for (const key of ['a', 'b', 'c']) lru.get(key);
  lru.set('d', 1, 2);
  expect(lru.weight).toBeLessThanOrEqual(3);
  expect(lru.get('d')).toBe(1);
});
