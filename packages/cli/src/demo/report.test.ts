import { expect, test } from 'vitest';
import { countersFrom } from '../builds/summary.js';
import { progressLine } from './progress.js';
import { demoLines, demoSucceeded, type DemoResult } from './report.js';

const result: DemoResult = {
  nodes: [
    { name: 'w1', speed: 1.234, cores: 0.8 },
    { name: 'w2', speed: 0.5 },
  ],
  cold: countersFrom({ compiles: { total: 46, remote: 44, cacheHits: 0, local: 2, failed: 0 }, nodes: [{ name: 'w1', jobs: 44, cpuSeconds: 31.23 }], localReasons: { 'embeds-time': 2 } }),
  warm: countersFrom({ compiles: { total: 46, remote: 0, cacheHits: 44, local: 2, failed: 0 } }),
  wallMs: { cold: 14_200, warm: 1_900, local: 13_000 },
  clientCpuMsPerCompile: 4.56,
  comparison: { identical: 52, different: [] },
  leftOut: [],
  next: 'bin/mosix up',
};

test('the report', () => {
  expect(demoLines(result)).toMatchInlineSnapshot(`
    [
      "",
      "NODE  QUOTA       SPEED  COMPILES  CPU",
      "w1    0.80 cores  1.23         44  31.2 s",
      "w2    -           0.50          0  0.0 s",
      "",
      "cold build    14.2 s: 46 compiles: 44 on 1 node, 0 from cache, 2 here",
      "warm build    1.9 s: 46 compiles: 44 from cache, 2 here (95.7 % hits)",
      "local build   13.0 s",
      "here because  embeds-time (2)",
      "client CPU    4.6 ms per compile (launcher and daemon)",
      "identical     52 of 52 objects, archives, executables and dependency files; 0 differ",
      "",
      "next: bin/mosix up",
    ]
  `);
});

test('a difference is named and fails; so does a comparison of nothing', () => {
  const bad = { ...result, comparison: { identical: 51, different: ['a.o: differs'] } };
  expect(demoSucceeded(bad)).toBe(false);
  expect(demoLines(bad)).toEqual(expect.arrayContaining(['DIFFERENT     1 of 52:', '  a.o: differs']));
  expect(demoSucceeded({ ...result, comparison: { identical: 0, different: [] } })).toBe(false);
  expect(demoSucceeded(result)).toBe(true);
});

test('the progress line', () => {
  expect(progressLine('cold', result.cold, 92, 7_000)).toBe('cold ██████████░░░░░░░░░░ 46/92  w1 44  cache 0  here 2  7.0 s');
});
