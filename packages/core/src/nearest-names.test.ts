import { expect, test } from 'vitest';
import { nearestNames } from './nearest-names.js';

const names = ['node1', 'node2', 'node3', 'node10', 'big', 'build-server'];

test.each([
  ['node4', ['node1', 'node2', 'node3']],
  ['NODE10', ['node10', 'node1', 'node2']],
  ['ndoe3', ['node3']],
  ['buld-server', ['build-server']],
  ['build', ['build-server']],
  ['bog', ['big']],
  ['zebra', []],
  ['', []],
])('%j', (typed, expected) => {
  expect(nearestNames(typed, names)).toEqual(expected);
});

test('a name twice is one name', () => {
  expect(nearestNames('A', ['a', 'a', 'b'])).toEqual(['a', 'b']);
});

test('a huge name in a huge farm comes near nothing', () => {
  const many = Array.from({ length: 65_535 }, (_, index) => `node-${index}.example.org`);
  expect(nearestNames('n'.repeat(100_000), many)).toEqual([]);
});
