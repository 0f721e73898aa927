import { expect, test } from 'vitest';
import { statsLines } from './stats.js';

const stats = {
  compiles: { total: 412, remote: 371, cacheHits: 30, local: 11, failed: 2 },
  nodes: [
    { name: 'w1', jobs: 100, cpuSeconds: 51.26 },
    { name: 'w2', jobs: 271, cpuSeconds: 130 },
  ],
  localReasons: { 'embeds-time': 3, 'preprocess-only': 8 },
  clientCpuMsPerCompile: 4.26,
  otherCalls: { total: 7, reasons: { link: 7 } },
  farmErrors: 1,
  localCache: { sizeBytes: 3 * 1024 ** 2, sizeBytesMax: 5 * 1024 ** 3 },
  since: '2024-11-02T10:20:30.000Z',
};

test('reads like ccache -s', () => {
  expect(statsLines(stats, { verbose: false })).toMatchInlineSnapshot(`
    [
      "Compiles:                      412",
      "  on the farm:                 371 (90.0 %)",
      "    w2:                        271 130.0 s CPU",
      "    w1:                        100 51.3 s CPU",
      "  from cache:                   30 (7.3 %)",
      "  here:                         11 (2.7 %)",
      "    preprocess-only:             8",
      "    embeds-time:                 3",
      "  with errors of the compiler:   2",
      "Links, probes and the like:      7",
      "Farm failures:                   1",
      "Client CPU per compile:        4.3 ms",
      "Cache on this machine:           3 MiB of 5 GiB",
      "Since:                             2024-11-02 10:20:30",
    ]
  `);
});

test('nothing counted yet', () => {
  expect(statsLines({}, { verbose: true }).slice(0, 2)).toEqual(['Compiles:                        0', '  on the farm:                   0 (-)']);
});

test('long lists are cut unless asked for, reasons are explained', () => {
  const nodes = Array.from({ length: 12 }, (_, index) => ({ name: `n${index}`, jobs: index, cpuSeconds: 0 }));
  expect(statsLines({ ...stats, nodes }, { verbose: false }).join('\n')).toMatch(/4 more \(-v shows all\)/);
  expect(statsLines({ ...stats, nodes }, { verbose: true }).join('\n')).not.toMatch(/more/);
  expect(statsLines(stats, { verbose: true, explain: (reason) => `because ${reason}` }).join('\n')).toMatch(/embeds-time: +3 because embeds-time/);
});

test("the daemon's hint comes last", () => {
  expect(statsLines({ ...stats, hint: { code: 'x', message: 'no coordinator', hint: 'mosix up' } }, { verbose: false }).slice(-2)).toEqual(['no coordinator', 'try: mosix up']);
});

test("-v: the scheduler's error of prediction", () => {
  const lines = (prediction: unknown, verbose = true): string => statsLines({ ...stats, prediction }, { verbose }).join('\n');
  expect(lines({ jobs: 371, median: 1.04, p90: 1.82 })).toMatch(/Jobs with a prediction: +371\n +actual \/ predicted, median: +1\.04x\n +actual \/ predicted, p90: +1\.82x/);
  expect(lines({ jobs: 0, median: 0, p90: 0 })).toMatch(/Jobs with a prediction: +0\n(?! +actual)/);
  expect(lines({ jobs: 371, median: 1.04, p90: 1.82 }, false)).not.toMatch(/prediction/);
  expect(lines(null)).not.toMatch(/prediction/);
});
