import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { matters, startHeartbeats } from './heartbeats.js';
import type { Heartbeats, PlacementFacts } from './heartbeats.js';

const idle: PlacementFacts = { leases: 0, load: 0, freeMemoryBytes: 50, totalMemoryBytes: 100, memoryPressure: 0 };

test.each<[string, Partial<PlacementFacts>, Partial<PlacementFacts>, boolean]>([
  ['the first lease', {}, { leases: 1 }, true],
  ['one more lease', { leases: 1 }, { leases: 2 }, false],
  ['the last lease ends', { leases: 1 }, { leases: 0 }, false],
  ['half a processor of load', {}, { load: 0.5 }, false],
  ['more than half a processor', {}, { load: 0.51 }, true],
  ['as much less', { load: 0.6 }, { load: 0.05 }, true],
  ['a fifth of a large load', { load: 20 }, { load: 24 }, false],
  ['more than a quarter of a large load', { load: 20 }, { load: 25.1 }, true],
  ['a tenth of all memory', {}, { freeMemoryBytes: 40 }, false],
  ['more than a tenth of all memory', {}, { freeMemoryBytes: 39 }, true],
  ['memory comes back', {}, { freeMemoryBytes: 61 }, true],
  ['pressure over the edge', { memoryPressure: 0.09 }, { memoryPressure: 0.11 }, true],
  ['pressure back below the edge', { memoryPressure: 0.11 }, { memoryPressure: 0.09 }, true],
  ['pressure moves on one side', { memoryPressure: 0.2 }, { memoryPressure: 0.9 }, false],
])('%s', (_, before, after, expected) => expect(matters({ ...idle, ...before }, { ...idle, ...after })).toBe(expected));

let facts: PlacementFacts;
let sent: number[];
let heartbeats: Heartbeats;
beforeEach(() => {
  vi.useFakeTimers();
  facts = idle;
  sent = [];
  heartbeats = startHeartbeats({ intervalMs: 1000, idleIntervalMs: 10_000, facts: () => facts, beat: (sequence) => void sent.push(sequence) });
});
afterEach(() => {
  heartbeats.stop();
  vi.useRealTimers();
});

test('one at once, then seldom while there is nothing to do, and they are counted', () => {
  expect(sent).toEqual([1]);
  vi.advanceTimersByTime(9_999);
  expect(sent).toEqual([1]);
  vi.advanceTimersByTime(20_001);
  expect(sent).toEqual([1, 2, 3, 4]);
});

test('the first lease is told at once, then every second, and a last time after the last lease', () => {
  vi.advanceTimersByTime(500);
  facts = { ...idle, leases: 1 };
  heartbeats.changed();
  expect(sent).toEqual([1, 2]);
  vi.advanceTimersByTime(3_000);
  expect(sent).toHaveLength(5);
  facts = idle;
  heartbeats.changed();
  expect(sent).toHaveLength(5);
  vi.advanceTimersByTime(1_000);
  expect(sent).toHaveLength(6);
  vi.advanceTimersByTime(9_000);
  expect(sent).toHaveLength(6);
});

test('a change is measured against what was told last, so that a slow one is told too', () => {
  for (let step = 1; step <= 10; step += 1) {
    facts = { ...idle, load: step / 10 };
    heartbeats.changed();
  }
  expect(sent).toHaveLength(2);
  heartbeats.changed();
  expect(sent).toHaveLength(2);
});

test('nothing is sent on a stream that has ended', () => {
  heartbeats.stop();
  facts = { ...idle, leases: 3, load: 9 };
  heartbeats.changed();
  vi.advanceTimersByTime(60_000);
  expect(sent).toEqual([1]);
});
