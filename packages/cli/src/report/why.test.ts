import { expect, test } from 'vitest';
import { whyLines } from './why.js';

test('a compile on the farm', () => {
  const lines = whyLines('/p/a.o', {
    outcome: 'remote',
    time: '2024-11-02T10:20:30.000Z',
    node: 'w2',
    detail: 'least expected finish of 3 nodes',
    attempts: 2,
    steps: [
      { name: 'find inputs', ms: 3 },
      { name: 'run on the farm', ms: 97 },
      { name: '  compiled', ms: 80 },
      { name: 'in all', ms: 101 },
    ],
    inputs: { files: 273, bytes: 3.7 * 1024 ** 2 },
    sent: { blobs: 2, bytes: 2048 },
    action: 'ab/12',
    command: ['gcc', '-DNAME="x y"', '-c', 'a.c'],
    cwd: '/p',
  });
  expect(lines).toMatchInlineSnapshot(`
    [
      "/p/a.o",
      "  compiled on w2 at attempt 2  (2024-11-02 10:20:30)",
      "  detail: least expected finish of 3 nodes",
      "  inputs: 273 files, 3.7 MiB; sent 2 blobs, 2 KiB",
      "",
      "  STEP                     TIME",
      "  find inputs            3.0 ms  █",
      "  run on the farm       97.0 ms  ███████████████████████",
      "    compiled            80.0 ms  ███████████████████",
      "  in all               101.0 ms",
      "",
      "  action ab/12",
      "  in /p",
      "    gcc '-DNAME="x y"' -c a.c",
    ]
  `);
});

test('a compile that stayed here says why, in words and by code', () => {
  const lines = whyLines('/p/a.o', { outcome: 'local', reason: 'embeds-time', explanation: 'the clock of this machine counts', detail: '/p/version.h' });
  expect(lines.slice(1)).toEqual(['  compiled here', '  because: the clock of this machine counts [embeds-time]', '  detail: /p/version.h']);
});

test('a hit, and a failed compile', () => {
  expect(whyLines('/a.o', { outcome: 'cache', inputs: { files: 1, bytes: 9 }, sent: { blobs: 0, bytes: 0 } })).toEqual(['/a.o', '  taken from the cache', '  inputs: 1 file, 9 B; the farm had all of them']);
  expect(whyLines('/a.o', { outcome: 'failed', node: 'w1', exitStatus: 1 })[1]).toBe('  failed on w1, the compiler ended with status 1');
});

test('the story of a job that moved', () => {
  const lines = whyLines('/a.o', {
    outcome: 'remote',
    node: 'node7',
    cpuSeconds: 1.87,
    wallSeconds: 2.04,
    story: ['placed on node3: expected 2.0 s there; next best node1, 2.9 s', 'moved from node3 to node7 after 4.1 s: node3 gave it 31 % of a core; expected there 2.0 s, here 9.8 s'],
  });
  expect(lines).toEqual([
    '/a.o',
    '  compiled on node7',
    '  - placed on node3: expected 2.0 s there; next best node1, 2.9 s',
    '  - moved from node3 to node7 after 4.1 s: node3 gave it 31 % of a core; expected there 2.0 s, here 9.8 s',
    '  compiler: 1.87 s CPU in 2.04 s',
  ]);
});

test('a job brought home', () => {
  const lines = whyLines('/a.o', { outcome: 'local', reason: 'brought-home', explanation: 'the farm gave it back', detail: 'brought home by a person [brought-home]', story: ['placed on node3', 'brought home'] });
  expect(lines.slice(1)).toEqual(['  compiled here', '  because: the farm gave it back [brought-home]', '  detail: brought home by a person [brought-home]', '  - placed on node3', '  - brought home']);
});
