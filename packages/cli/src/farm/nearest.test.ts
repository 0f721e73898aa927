import { expect, test } from 'vitest';
import { nearestNames } from './nearest.js';

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
