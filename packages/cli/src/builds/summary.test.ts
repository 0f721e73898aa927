import { expect, test } from 'vitest';
import { countersFrom, summaryLines } from './summary.js';

const nodes = (count: number) => Array.from({ length: count }, (_, index) => ({ name: `n${index}`, jobs: 9, cpuSeconds: 1 }));
const counters = (compiles: object, more: object = {}) => countersFrom({ compiles, nodes: nodes(6), ...more });

test('the whole line', () => {
  const line = summaryLines(counters({ total: 412, remote: 371, cacheHits: 30, local: 11 }), 41_234, { intercepting: false });
  expect(line).toEqual(['mosix: 412 compiles: 371 on 6 nodes, 30 from cache, 11 here; 41.2 s']);
});

test('what is zero is left out, one is singular, idle nodes do not count', () => {
  const one = countersFrom({ compiles: { total: 1, remote: 1 }, nodes: [...nodes(1), { name: 'idle', jobs: 0, cpuSeconds: 0 }] });
  expect(summaryLines(one, 940, { intercepting: false })).toEqual(['mosix: 1 compile: 1 on 1 node; 0.9 s']);
});

test('not one compile: the option that would help is named, unless it is in use', () => {
  expect(summaryLines(countersFrom({}), 1000, { intercepting: false })[0]).toMatch(/not one compile was seen.*--mosix-intercept/);
  expect(summaryLines(countersFrom({}), 1000, { intercepting: true })[0]).not.toMatch(/--mosix-intercept/);
});

test('a hint of the daemon is passed on with the command that mends it', () => {
  const [, hint] = summaryLines(counters({ total: 3, local: 3 }, { hint: { code: 'x', message: 'the coordinator at h:1 does not answer', hint: 'mosix doctor' } }), 0, { intercepting: false });
  expect(hint).toBe('mosix: the coordinator at h:1 does not answer (try: mosix doctor)');
});

test('a build that stayed here altogether says why', () => {
  const [, hint] = summaryLines(counters({ total: 3, local: 3 }, { localReasons: { 'no-farm': 2, assembler: 1 } }), 0, { intercepting: false });
  expect(hint).toBe('mosix: everything was compiled here: no-farm (2), assembler (1) (try: mosix doctor)');
});

test('failed compiles are counted apart', () => {
  expect(summaryLines(counters({ total: 3, remote: 3, failed: 1 }), 61_000, { intercepting: false })[0]).toBe('mosix: 3 compiles: 3 on 6 nodes (1 failed); 1 min 1 s');
});
