import { describe, expect, test } from 'vitest';
import { createHistory, type CostSample } from './history.js';

const GIB = 1024 ** 3;
const sample = (cpuSeconds: number, more: Partial<CostSample> = {}): CostSample => ({ cpuSeconds, memoryBytes: GIB, outputBytes: 1_000, ...more });

describe('an estimate', () => {
  test('without any past grows with the source', () => {
    const history = createHistory(10);
    const small = history.estimate(['a'], 10_000);
    const large = history.estimate(['a'], 9 * 1_048_576);
    expect(small).toMatchObject({ level: -1, count: 0 });
    expect(small.cpuSeconds).toBeLessThan(1);
    // SQLite's amalgamation, 9 MB: half a minute.
    expect(large.cpuSeconds).toBeGreaterThan(25);
    expect(large.cpuSeconds).toBeLessThan(40);
    expect(large.memoryBytes).toBeGreaterThan(small.memoryBytes);
  });

  test.each([-1, NaN])('does not fall for a source of %d bytes', (bytes) => {
    expect(createHistory(10).estimate([], bytes).cpuSeconds).toSatisfy(Number.isFinite);
  });

  test('comes from the most specific key that is known, and is the less sure the further off that is', () => {
    const history = createHistory(10);
    history.learn(['file', 'directory'], sample(4));
    history.learn(['other file', 'directory'], sample(1));
    expect(history.estimate(['file', 'directory'], 0)).toMatchObject({ level: 0, cpuSeconds: expect.closeTo(4) });
    const far = history.estimate(['new file', 'directory'], 0);
    expect(far.level).toBe(1);
    expect(far.sigma).toBeGreaterThan(history.estimate(['directory'], 0).sigma);
  });

  test('follows what changes: three tenths for the newest, in logarithms', () => {
    const history = createHistory(10);
    history.learn(['a'], sample(1));
    history.learn(['a'], sample(Math.E));
    expect(Math.log(history.estimate(['a'], 0).cpuSeconds)).toBeCloseTo(0.3);
    for (let times = 0; times < 20; times += 1) history.learn(['a'], sample(Math.E));
    expect(Math.log(history.estimate(['a'], 0).cpuSeconds)).toBeCloseTo(1, 2);
  });

  test('the spread is that of the samples', () => {
    const steady = createHistory(10);
    const wild = createHistory(10);
    for (let times = 0; times < 40; times += 1) {
      steady.learn(['a'], sample(2));
      wild.learn(['a'], sample(times % 2 === 0 ? 1 : 8));
    }
    expect(steady.estimate(['a'], 0).sigma).toBeCloseTo(0.08);
    // Half of ln 8 either side of the mean.
    expect(wild.estimate(['a'], 0).sigma).toBeGreaterThan(0.7);
    expect(wild.estimate(['a'], 0).sigma).toBeLessThan(1.3);
  });

  test('memory rises at once and falls slowly; a peak of 0 was not measured', () => {
    const history = createHistory(10);
    history.learn(['a'], sample(1, { memoryBytes: GIB }));
    history.learn(['a'], sample(1, { memoryBytes: 4 * GIB }));
    expect(history.estimate(['a'], 0).memoryBytes).toBe(4 * GIB);
    history.learn(['a'], sample(1, { memoryBytes: GIB }));
    expect(history.estimate(['a'], 0).memoryBytes / GIB).toBeCloseTo(3.88);
    for (let times = 0; times < 100; times += 1) history.learn(['a'], sample(1, { memoryBytes: 0 }));
    expect(history.estimate(['a'], 0).memoryBytes / GIB).toBeCloseTo(3.88);
    history.learn(['new'], sample(1, { memoryBytes: 0 }));
    expect(history.estimate(['new'], 0).memoryBytes).toBeGreaterThan(0);
  });
});

describe('what is learnt', () => {
  test('every changed record is told, for the disk', () => {
    const history = createHistory(10);
    const told = history.learn(['a', 'b'], sample(2));
    expect(told.map(([key, record]) => [key, record.count])).toEqual([['a', 1], ['b', 1]]);
    const again = createHistory(10, told);
    expect(again.estimate(['a'], 0)).toEqual(history.estimate(['a'], 0));
  });

  test.each([NaN, Infinity, -1])('a cost of %d is not', (cpuSeconds) => {
    const history = createHistory(10);
    expect(history.learn(['a'], sample(cpuSeconds))).toEqual([]);
    expect(history.size).toBe(0);
  });

  test('a peak that killed a job that was never seen to end says nothing of its time', () => {
    const history = createHistory(10);
    for (let times = 0; times < 5; times += 1) history.learn(['neighbour', 'directory'], sample(30));
    history.learnPeak(['file', 'directory'], 6 * GIB);
    expect(history.estimate(['file', 'directory'], 0)).toMatchObject({ level: 0, count: 0, cpuSeconds: expect.closeTo(30), memoryBytes: 6 * GIB });
    // Its first end is then the first of all.
    history.learn(['file'], sample(3));
    expect(history.estimate(['file', 'directory'], 0)).toMatchObject({ count: 1, cpuSeconds: expect.closeTo(3) });
    expect(history.estimate(['file'], 0).memoryBytes / GIB).toBeCloseTo(5.82);
    // Neighbours did nothing wrong.
    expect(history.estimate(['directory'], 0).memoryBytes).toBe(GIB);
  });

  test('a peak lower than what is known changes nothing', () => {
    const history = createHistory(10);
    history.learn(['a'], sample(1, { memoryBytes: 4 * GIB }));
    history.learnPeak(['a'], GIB);
    expect(history.estimate(['a'], 0)).toMatchObject({ count: 1, memoryBytes: 4 * GIB });
    expect(history.learnPeak([], GIB)).toEqual([]);
  });
});

test('it is bounded: what was not used for the longest goes first, also of what was on disk', () => {
  const history = createHistory(3);
  for (const key of ['a', 'b', 'c']) history.learn([key], sample(1));
  history.learn(['a'], sample(1));
  history.learn(['d'], sample(1));
  expect([...history.entries()].map(([key]) => key)).toEqual(['c', 'a', 'd']);
  expect(createHistory(2, history.entries()).size).toBe(2);
  expect([...createHistory(2, history.entries()).entries()].map(([key]) => key)).toEqual(['a', 'd']);
});
