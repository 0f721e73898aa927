import { expect, test } from 'vitest';
import { createHoldings } from './holdings.js';
import type { Node } from './state.js';

const node = (name: string): Node => ({ name, holds: [] as string[] }) as unknown as Node;

test('holders are known both ways, the newest last, and each once', () => {
  const { noteHolding, holders } = createHoldings();
  const [a, b] = [node('a'), node('b')];
  for (const each of [a, b, a]) noteHolding(each, 'gcc');
  noteHolding(a, 'clang');
  noteHolding(a, 'gcc');
  noteHolding(a, '');
  expect(holders('gcc')).toEqual([a, b]);
  expect(a.holds).toEqual(['clang', 'gcc']);
  expect(holders('icc')).toEqual([]);
});

test('what a node held the longest ago is forgotten on both sides', () => {
  const { noteHolding, holders } = createHoldings();
  const a = node('a');
  for (let at = 0; at < 20; at += 1) noteHolding(a, `k${at}`);
  expect(a.holds).toEqual(Array.from({ length: 8 }, (_, at) => `k${at + 12}`));
  expect(holders('k0')).toEqual([]);
  expect(holders('k19')).toEqual([a]);
});

test('bounded: few holders of each, few inputs', () => {
  const { noteHolding, holders } = createHoldings();
  for (let at = 0; at < 1_000; at += 1) noteHolding(node(`n${at}`), 'gcc');
  expect(holders('gcc')).toHaveLength(64);
  expect(holders('gcc').at(-1)?.name).toBe('n999');
  for (let at = 0; at < 300; at += 1) noteHolding(node('x'), `k${at}`);
  expect(holders('k299')).toHaveLength(1);
  expect(holders('k0')).toEqual([]);
});

test('a node that is gone is nowhere', () => {
  const { noteHolding, forgetHoldings, holders } = createHoldings();
  const [a, b] = [node('a'), node('b')];
  for (const each of [a, b]) for (const key of ['gcc', 'clang']) noteHolding(each, key);
  forgetHoldings(a);
  expect([holders('gcc'), holders('clang'), a.holds]).toEqual([[b], [b], []]);
});
