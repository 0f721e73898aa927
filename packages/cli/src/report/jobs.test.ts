import { expect, test } from 'vitest';
import { decision, job } from '../testing/admin-farm.js';
import { decisionLines, jobLines, jobsJson } from './jobs.js';

const jobs = [
  job('17', { label: 'obj/sqlite3.o', ageMs: 14_200, cpuSeconds: 13.1, expectedSeconds: 16, progress: 0.82, memoryBytes: 410 * 1024 ** 2, immovable: 'it asked for node1 by name' }),
  job('18', { label: 'lib/a-long-path/to/some/deeply/nested/source-file-of-a-project.o', node: 'node3', nodes: ['node3', 'node7'], ageMs: 9_000, progress: 1.7, moves: 1, user: 'Jos%C3%A9@box' }),
  job('19', { label: 'obj/new.o', expectedSeconds: 0, progress: 0, ageMs: 100, paused: true, priority: -5, attempts: 2 }),
  ...Array.from({ length: 7 }, (_, index) => job(`${30 + index}`, { state: 'queued', node: '', user: index < 4 ? 'bob@box' : `u${index}@x`, ageMs: 2_000 + index })),
];
const status = { jobs, queued: 7 };

test('a wide terminal: oldest first, a bar for progress, copies, why one stays', () => {
  expect(jobLines(status)).toMatchInlineSnapshot(`
    [
      "JOB  USER      NODE              AGE    CPU  EXPECTED  PROGRESS           MEM  MOVES  TRY  PRIO  STAYS                       MAKES",
      " 17  ada@box   node1           14.2s  13.1s     16.0s  ████████░░  82 %  410M                    it asked for node1 by name  obj/sqlite3.o",
      " 18  José@box  node3+node7      9.0s   0.5s      1.0s  ██████████ 170 %            1                                         lib/a-long-path/to/some/deeply/nested/source-file-of-a-project.o",
      " 19  ada@box   node1 (paused)   0.1s   0.5s                                             2    -5                              obj/new.o",
      "3 running, 7 waiting (bob@box 4, u4@x 1, u5@x 1, u6@x 1), the oldest for 2.0s (-a lists them)",
    ]
  `);
});

test('80 columns', () => {
  expect(jobLines(status, { width: 80 })).toMatchInlineSnapshot(`
    [
      "JOB  USER      NODE           AGE    CPU  PROGRESS          MOVES  MAKES",
      " 17  ada@box   node1        14.2s  13.1s  ████████░░  82 %         obj/sqlite3.o",
      " 18  José@box  node3+node7   9.0s   0.5s  ██████████ 170 %      1  lib/a-long-p…",
      " 19  ada@box   node1 (pau…   0.1s   0.5s                           obj/new.o",
      "3 running, 7 waiting (bob@box 4, u4@x 1, u5@x 1, u6@x 1), the oldest for 2.0s (-a lists them)",
    ]
  `);
  for (const width of [60, 80, 100, 140]) expect(Math.max(...jobLines(status, { width }).slice(0, -1).map((line) => line.length))).toBeLessThanOrEqual(width);
});

test('waiting ones each on demand', () => {
  const lines = jobLines(status, { all: true });
  expect(lines.filter((line) => line.includes('(waits)')).length).toBe(7);
  expect(lines.at(-1)).toBe('3 running, 7 waiting (bob@box 4, u4@x 1, u5@x 1, u6@x 1), the oldest for 2.0s');
});

test('an older coordinator tells only how many wait', () => {
  expect(jobLines({ jobs: [], queued: 12 })).toEqual(['0 running, 12 waiting']);
  expect(jobLines({ jobs: [], queued: 0 })).toEqual(['no jobs']);
});

test('JSON: a job by its number, its user in plain text', () => {
  expect(jobsJson(status)).toMatchObject({ queued: 7, jobs: [{ job: '17', immovable: 'it asked for node1 by name' }, { job: '18', user: 'José@box', nodes: ['node3', 'node7'] }, { job: '19', paused: true }, ...Array.from({ length: 7 }, () => ({ state: 'queued' }))] });
});

test('decisions as a table, the newest last', () => {
  const decisions = [
    decision('node2 is expelled', { ageMs: 61_000, job: '4', method: 'restart', cause: 'expel', from: 'node2', to: '' }),
    decision('ada brought it home', { ageMs: 9_000, job: '5', method: 'home', cause: 'asked', from: 'node2', to: '' }),
    decision('moved from node3 to node7 after 4.1 s: node3 gave it 31 % of a core; expected there 2.0 s, here 9.8 s'),
  ];
  expect(decisionLines({ decisions })).toMatchInlineSnapshot(`
    [
      "  AGO  JOB  HOW      CAUSE    FROM -> TO      MAKES    WHAT AND WHY",
      "61.0s    4  restart  expel    node2 -> queue  obj/a.o  node2 is expelled",
      " 9.0s    5  home     asked    node2 -> home   obj/a.o  ada brought it home",
      " 5.0s   17  race     starved  node3 -> node7  obj/a.o  moved from node3 to node7 after 4.1 s: node3 gave it 31 % of a core; expected there 2.0 s, here 9.8 s",
    ]
  `);
  expect(decisionLines({ decisions }, { width: 80 })).toMatchInlineSnapshot(`
    [
      "  AGO  JOB  HOW      CAUSE    FROM -> TO      MAKES    WHAT AND WHY",
      "61.0s    4  restart  expel    node2 -> queue  obj/a.o  node2 is expelled",
      " 9.0s    5  home     asked    node2 -> home   obj/a.o  ada brought it home",
      " 5.0s   17  race     starved  node3 -> node7  obj/a.o  moved from node3 to node…",
    ]
  `);
  expect(decisionLines({ decisions }, { most: 1 }).at(-1)).toBe('2 older ones (-a lists them)');
  expect(decisionLines({ decisions: [] })).toEqual(['no job was moved']);
});
