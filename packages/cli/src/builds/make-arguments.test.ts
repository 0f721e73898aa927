import { expect, test } from 'vitest';
import { makeflagsGiveJobs, readMakeArguments, type MakeArguments } from './make-arguments.js';

const read = (...given: string[]): MakeArguments => {
  const result = readMakeArguments(given);
  if (!result.ok) throw new Error(result.error.message);
  return result.value;
};

test('every argument of make is passed on as it is', () => {
  const given = ['-C', 'src', 'CC=gcc-12', '-f', '-', '--eval', '-j', 'all', '--', '-n', '--mosix-cache=off'];
  expect(read(...given).forMake).toEqual(given);
});

test.each([
  [['-j8'], true],
  [['-j'], true],
  [['-j', '8', 'all'], true],
  [['-kj8'], true],
  [['--jobs'], true],
  [['--jobs=8'], true],
  [['--jo=8'], true],
  [['-C', '-j8'], false],
  [['-Cj8'], false],
  [['-kC', 'j8'], false],
  [['--directory', '-j8'], false],
  [['-Otarget'], false],
  [['-l2.5', 'all'], false],
  [['--', '-j8'], false],
  [['j8'], false],
  [['--just-print'], false],
  [['-W', 'file.c', '-j3'], true],
])('%j: number of jobs given: %s', (given, expected) => {
  expect(read(...given).jobsGiven).toBe(expected);
});

test.each([
  [undefined, false],
  ['', false],
  ['k', false],
  ['kj8', true],
  ['-j8', true],
  [' -j8 --jobserver-auth=3,4', true],
  ['w -j --jobserver-auth=fifo:/tmp/GMfifo1', true],
  ['--jobserver-fds=3,4', true],
  ['CC=join', false],
  ['ks -- CC=-j8', false],
])('MAKEFLAGS %j: jobs given: %s', (makeflags, expected) => {
  expect(makeflagsGiveJobs(makeflags)).toBe(expected);
});

test.each([[['-n']], [['-kn', 'all']], [['--dry-run']], [['-v']], [['--question']], [['-j8', 'distclean']], [['CC=gcc', 'clean', 'help']]])('%j builds nothing', (given) => {
  expect(read(...given).buildsNothing).toBe(true);
  expect(read('clean', 'all').buildsNothing).toBe(false);
  expect(read('-C', 'clean').buildsNothing).toBe(false);
  expect(read('-k', 'all', '-C', 'n').buildsNothing).toBe(false);
});

test('our own options are taken out', () => {
  expect(read('-j2', '--mosix-intercept', 'all', '--mosix-coordinator=host:1', '--mosix-cache=off')).toMatchObject({
    forMake: ['-j2', 'all'],
    flags: { intercept: 'exec', coordinator: 'host:1', cache: 'off' },
  });
});

test('an unknown option of ours is an error that names the known ones', () => {
  expect(readMakeArguments(['--mosix-speed=9'])).toMatchObject({ ok: false, error: { code: 'unknown-option', hint: expect.stringContaining('--mosix-intercept') } });
  expect(readMakeArguments(['--mosix-cache'])).toMatchObject({ ok: false, error: { code: 'missing-value' } });
});
