import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createLogger, nullLogger } from './logger.js';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'mosix-logger-'));
});
afterEach(() => {
  rmSync(directory, { recursive: true });
});

const records = (path: string): Record<string, unknown>[] =>
  readFileSync(path, 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);

test('a record is on disk as soon as it is logged, with its name, fields and message', () => {
  const path = join(directory, 'deeper', 'daemon.log');
  const logger = createLogger({ name: 'daemon', level: 'info', destination: path });
  logger.info({ job: 7 }, 'sent');
  logger.child({ build: 'b1' }).warn({ node: 'w1' }, 'lost');
  expect(records(path)).toMatchObject([
    { name: 'daemon', level: 30, job: 7, msg: 'sent' },
    { name: 'daemon', level: 40, build: 'b1', node: 'w1', msg: 'lost' },
  ]);
});

test('an error under `err` keeps its stack', () => {
  const path = join(directory, 'x.log');
  createLogger({ name: 'x', level: 'error', destination: path }).error({ err: new Error('boom') }, 'failed');
  expect(records(path)[0]).toMatchObject({ err: { message: 'boom', stack: expect.stringContaining('logger.test') } });
});

test('levels below the wanted one are dropped, and an unknown level means info', () => {
  const path = join(directory, 'x.log');
  const logger = createLogger({ name: 'x', level: 'nonsense', destination: path });
  logger.debug({}, 'hidden');
  logger.info({}, 'shown');
  expect(records(path).map((record) => record['msg'])).toEqual(['shown']);
  expect(logger.isLevelEnabled('debug')).toBe(false);
});

test('a log file is appended to, not begun anew', () => {
  const path = join(directory, 'x.log');
  createLogger({ name: 'first', level: 'info', destination: path }).info({}, 'one');
  createLogger({ name: 'second', level: 'info', destination: path }).info({}, 'two');
  expect(records(path).map((record) => record['name'])).toEqual(['first', 'second']);
});

test('a full disk does not end the program that logs', () => {
  const logger = createLogger({ name: 'x', level: 'info', destination: '/dev/full' });
  expect(() => logger.info({}, 'lost')).not.toThrow();
});

test('the null logger has the same shape', () => {
  nullLogger.child({ a: 1 }).error({ err: new Error('x') }, 'nobody hears');
  nullLogger.flush();
  expect(nullLogger.isLevelEnabled('fatal')).toBe(false);
});
