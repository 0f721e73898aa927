import { expect, test } from 'vitest';
import { freeDiskBytes, instructionSets, machineCpu, parseCpu, parseMemoryKills, parsePressure } from './machine.js';

test('a machine runs its own instruction set, and the 32-bit one where the kernel does', () => {
  expect(instructionSets('x64', true)).toEqual(['x86_64', 'i386']);
  expect(instructionSets('x64', false)).toEqual(['x86_64']);
  expect(instructionSets('arm64')).toEqual(['aarch64']);
  expect(instructionSets('future')).toEqual(['future']);
});

test('reads what the kernel writes', () => {
  expect(parseMemoryKills('pgfault 5\noom_kill 3\n')).toBe(3);
  expect(parseMemoryKills('')).toBe(0);
  expect(parsePressure('some avg10=12.50 avg60=1.00 avg300=0.00 total=9\nfull avg10=9.00 avg60=0.00 avg300=0.00 total=1\n')).toBe(0.125);
  expect(parsePressure('')).toBe(0);
});

test('busy time is all but idleness and waiting for disks; guests of virtual machines count once', () => {
  const stat = 'cpu  100 20 30 1000 500 4 5 6 70 7\ncpu0 50 10 15 500 250 2 2 3 35 3\ncpu1 50 10 15 500 250 2 3 3 35 4\nintr 1 2 3\n';
  expect(parseCpu(stat)).toEqual({ processors: 2, busyUs: (100 + 20 + 30 + 4 + 5 + 6) * 10_000 });
  expect(parseCpu('')).toEqual({ processors: 0, busyUs: 0 });
});

test('this machine tells its state', async () => {
  expect(machineCpu().busyUs).toBeGreaterThan(0);
  expect(machineCpu().processors).toBeGreaterThan(0);
  expect(await freeDiskBytes('/')).toBeGreaterThan(0);
  expect(await freeDiskBytes('/nonexistent')).toBe(0);
});
