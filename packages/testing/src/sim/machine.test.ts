import { expect, test } from 'vitest';
import { createMachine } from './machine.js';
import type { Task } from './machine.js';

const task = (work: number): Task => ({ workLeft: work, cpuSeconds: 0, wallSeconds: 0, paused: false });

test('one job runs at the speed of the node', () => {
  const machine = createMachine({ speed: 2, cores: 4 });
  const one = task(10);
  machine.add(one, 0);
  expect(machine.nextToEnd()).toEqual({ task: one, atMs: 5_000 });
  machine.advance(2_000);
  expect(one).toMatchObject({ workLeft: 6, cpuSeconds: 2, wallSeconds: 2 });
});

test('more jobs than cores share them', () => {
  const machine = createMachine({ speed: 1, cores: 2 });
  const tasks = [task(1), task(2), task(2), task(2)];
  for (const each of tasks) machine.add(each, 0);
  expect(machine.share()).toBe(0.5);
  // The first ends at 2 s; three share two cores from then on.
  machine.remove(tasks[0] as Task, 2_000);
  expect(machine.share()).toBeCloseTo(2 / 3);
  expect(machine.nextToEnd()?.atMs).toBeCloseTo(2_000 + 1_500);
});

test('the owner takes what he wants; faults take a part of time, or of the clock', () => {
  const machine = createMachine({ speed: 4, cores: 2 });
  const one = task(8);
  machine.add(one, 0);
  machine.setOwnerLoad(1.5, 0);
  expect(machine.share()).toBe(0.5);
  machine.advance(1_000);
  expect(one).toMatchObject({ workLeft: 6, cpuSeconds: 0.5 });
  machine.setOwnerLoad(0, 1_000);
  machine.setDegradation({ share: 0.2, speed: 1 }, 1_000);
  machine.advance(2_000);
  expect(one.cpuSeconds).toBeCloseTo(0.7);
  machine.setDegradation({ share: 1, speed: 0.25 }, 2_000);
  machine.advance(3_000);
  expect(one.cpuSeconds).toBeCloseTo(1.7);
  expect(one.workLeft).toBeCloseTo(6 - 0.8 - 1);
});

test('a paused job stands still, and the others get its share', () => {
  const machine = createMachine({ speed: 1, cores: 1 });
  const [one, two] = [task(1), task(1)];
  machine.add(one, 0);
  machine.add(two, 0);
  machine.setPaused(one, true, 1_000);
  machine.advance(1_500);
  expect(one).toMatchObject({ workLeft: 0.5, wallSeconds: 1 });
  expect(two).toMatchObject({ workLeft: 0, wallSeconds: 1.5 });
  expect(machine.timeOfWorkLeft(one, 0)).toBe(Infinity);
});

test('a node without progress has no next end', () => {
  const machine = createMachine({ speed: 1, cores: 1 });
  machine.add(task(1), 0);
  machine.setDegradation({ share: 1, speed: 0 }, 0);
  expect(machine.nextToEnd()).toBeUndefined();
});
