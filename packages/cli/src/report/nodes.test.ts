import { expect, test } from 'vitest';
import { node } from '../testing/admin-farm.js';
import { compactSize, duration, nodeLines, nodesJson } from './nodes.js';

const gib = 1024 ** 3;
const nodes = [
  node('node10', { slots: 16, cores: 16, running: 16, waiting: 2, speed: 1.31, measuredSpeed: 1.24, speedSource: 'tune', drift: 1.06, load: 0.4, jobs: 1203, cpuSeconds: 5400, freeMemoryBytes: 40.5 * gib, memoryBytes: 64 * gib, predictedMemoryBytes: 9 * gib, movesIn: 3, movesOut: 1, labels: { rack: 'a' } }),
  node('node2', { slots: 8, cores: 2.5, running: 1, speed: 0.5, measuredSpeed: 0.5, state: 'owner', reason: 'terminal pts/2', load: 3.1, jobs: 87, cpuSeconds: 61.5 }),
  node('build-machine-of-the-third-floor', { state: 'lost', reason: 'its stream broke', silentMs: 7_400, speed: 0.98, jobs: 4 }),
];

test('a wide terminal shows everything, in the order of names as people count', () => {
  expect(nodeLines({ nodes, queued: 5 })).toMatchInlineSnapshot(`
    [
      "NODE                              STATE  SPEED  FROM            DRIFT  CORES    RUN  WAIT  LOAD   FREE MEM  PLANNED  JOBS    CPU  IN/OUT  RUNS    LABELS  WHY",
      "build-machine-of-the-third-floor  lost    0.98  benchmark 1.00             4    0/4     0   0.0     8G/16G              4   0.0s          x86_64          its stream broke, silent for 7.4 s",
      "node2                             owner   0.50  benchmark                2.5    1/8     0   3.1     8G/16G             87  61.5s          x86_64          terminal pts/2",
      "node10                            ready   1.31  tune 1.24        1.06     16  16/16     2   0.4  40.5G/64G       9G  1203    90m     3/1  x86_64  rack:a",
      "3 nodes, 1 ready, worth 21 cores; 17 running on 28 slots, 7 waiting; 1294 jobs done, 91m CPU",
    ]
  `);
});

test('80 columns show what matters, and never more than fits', () => {
  expect(nodeLines({ nodes, queued: 5 }, { width: 80 })).toMatchInlineSnapshot(`
    [
      "NODE             STATE  SPEED    RUN  WAIT  LOAD   FREE MEM  JOBS  WHY",
      "build-machine-…  lost    0.98    0/4     0   0.0     8G/16G     4  its stream b…",
      "node2            owner   0.50    1/8     0   3.1     8G/16G    87  terminal pts…",
      "node10           ready   1.31  16/16     2   0.4  40.5G/64G  1203",
      "3 nodes, 1 ready, worth 21 cores; 17 running on 28 slots, 7 waiting",
      "1294 jobs done, 91m CPU",
    ]
  `);
  for (const width of [72, 80, 100, 120, 160, 200]) {
    expect(Math.max(...nodeLines({ nodes, queued: 5 }, { width }).map((line) => line.length))).toBeLessThanOrEqual(width);
  }
});

test('an older coordinator, which knows less', () => {
  const old = node('w1', { cores: 0, memoryBytes: 0, measuredSpeed: 0, speedSource: '', drift: 0 });
  expect(nodeLines({ nodes: [old], queued: 0 })).toEqual(['NODE  STATE  SPEED  RUN  WAIT  LOAD  FREE MEM  JOBS   CPU  RUNS', 'w1    ready   1.00  0/4     0   0.0        8G     0  0.0s  x86_64', '1 node, worth 4 cores; 0 running on 4 slots, 0 waiting; 0 jobs done, 0.0s CPU']);
});

test('no nodes', () => {
  expect(nodeLines({ nodes: [], queued: 0 })).toEqual(['no nodes: start one with mosix worker']);
});

test('colours: green, yellow, red', () => {
  const paint = { bold: String, dim: String, green: (text: string) => `G${text}`, yellow: (text: string) => `Y${text}`, red: (text: string) => `R${text}` };
  const text = nodeLines({ nodes: [...nodes, node('node11')], queued: 0 }, { paint }).join('\n');
  expect(text).toMatch(/Gready[\s\S]*Yowner|Yowner[\s\S]*Gready/);
  expect(text).toContain('Rlost');
});

test('JSON: the contract with scripts, sorted', () => {
  expect(nodesJson({ nodes }).map(({ name }) => name)).toEqual(['build-machine-of-the-third-floor', 'node2', 'node10']);
  expect(nodesJson({ nodes })[2]).toMatchObject({ slots: 16, speed: 1.31, state: 'ready', speedSource: 'tune', measuredSpeed: 1.24, drift: 1.06, waiting: 2, predictedMemoryBytes: 9 * gib, labels: { rack: 'a' } });
});

test('sizes and times in few letters', () => {
  expect([0, 512, 1536, 40.5 * gib, 128 * gib].map(compactSize)).toEqual(['0B', '512B', '1.5K', '40.5G', '128G']);
  expect([0.04, 99.9, 100, 5_999, 6_000, 360_000].map(duration)).toEqual(['0.0s', '99.9s', '2m', '100m', '1.7h', '100.0h']);
});
