import { expect, test } from 'vitest';
import { createOwnLoad, instructionSets, machineState, parseAvailableMemory, parseLoad, parseMemoryKills } from './machine.js';

test('a machine runs its own instruction set, and the 32-bit one where the kernel does', () => {
  expect(instructionSets('x64', true)).toEqual(['x86_64', 'i386']);
  expect(instructionSets('x64', false)).toEqual(['x86_64']);
  expect(instructionSets('arm64')).toEqual(['aarch64']);
  expect(instructionSets('future')).toEqual(['future']);
});

test('reads what the kernel writes', () => {
  expect(parseLoad('1.25 0.80 0.30 2/345 6789\n')).toBe(1.25);
  expect(parseAvailableMemory('MemTotal:  100 kB\nMemFree:  20 kB\nMemAvailable:   60 kB\n')).toBe(61_440);
  expect(parseMemoryKills('pgfault 5\noom_kill 3\n')).toBe(3);
  expect(parseMemoryKills('')).toBe(0);
});

test('our own jobs are averaged as slowly as the kernel’s figure from which they are taken', () => {
  const own = createOwnLoad();
  expect(own(4, 0)).toBe(0);
  expect(own(4, 60_000)).toBeCloseTo(4 * (1 - Math.exp(-1)));
  expect(own(0, 600_000)).toBeCloseTo(4, 2);
  expect(own(0, 1_200_000)).toBeCloseTo(0, 2);
});

test('the load of others is never negative', async () => {
  const state = await machineState('/', 1e9);
  expect(state.load).toBe(0);
  expect(state.freeDiskBytes).toBeGreaterThan(0);
  expect((await machineState('/nonexistent', 0)).freeDiskBytes).toBe(0);
});
