import { execFileSync, spawn } from 'node:child_process';
import { closeSync, existsSync, mkdtempSync, openSync, readFileSync, rmSync, truncateSync, writeFileSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { CostRecord } from '@mosix/core';
import { createLogger, nullLogger, type Logger } from '@mosix/observe';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openHistoryStore, type HistoryStore } from './history-store.js';
import { decodeRecord, encodeRecord } from './record-codec.js';

let scratch: string;
let directory: string;
beforeEach(() => {
  scratch = mkdtempSync(join(tmpdir(), 'mosix-history-'));
  directory = join(scratch, 'history');
});
afterEach(() => rmSync(scratch, { recursive: true, force: true }));

const record = (count: number): CostRecord => ({ count, meanLog: -0.5, varianceLog: 0.25, memoryBytes: 1024, outputBytes: 7 });
const opened = (entriesMax?: number, logger: Logger = nullLogger): Promise<HistoryStore> => openHistoryStore({ directory, logger, ...(entriesMax === undefined ? {} : { entriesMax }) });
/** Keys in the order of last use. */
const keysOnDisk = async (entriesMax?: number): Promise<string[]> => {
  const store = await opened(entriesMax);
  const keys = store.takeEntries().map(([key]) => key);
  await store.close();
  return keys;
};

describe('a record', () => {
  it('comes back as it was, to seven digits', () => {
    const full: CostRecord = { count: 123_456, meanLog: Math.log(31.25), varianceLog: 0.0625, memoryBytes: 3_221_225_472, outputBytes: 123_456_789 };
    const bytes = encodeRecord({ sequence: 2 ** 45, record: full });
    expect(bytes.length).toBeLessThanOrEqual(32);
    const back = decodeRecord(bytes);
    expect(back).toMatchObject({ sequence: 2 ** 45, record: { count: 123_456, varianceLog: 0.0625, memoryBytes: 3_221_225_472, outputBytes: 123_456_789 } });
    expect(back?.record.meanLog).toBeCloseTo(Math.log(31.25), 6);
  });

  it('that is none of ours is told', () => {
    expect(decodeRecord(Buffer.alloc(31))).toBeUndefined();
    expect(decodeRecord(Buffer.alloc(32, 0xff))).toBeUndefined();
    expect(decodeRecord(encodeRecord({ sequence: 1, record: { ...record(1), meanLog: NaN } }))).toBeUndefined();
    expect(decodeRecord(encodeRecord({ sequence: 1, record: { ...record(1), varianceLog: -1 } }))).toBeUndefined();
  });
});

describe('the history on disk', () => {
  it('comes back in the order of last use', async () => {
    const store = await opened();
    for (const key of ['a', 'b', 'c']) store.put(key, record(1));
    store.write();
    store.put('a', record(2));
    await store.close();
    expect(await keysOnDisk()).toEqual(['b', 'c', 'a']);
    const again = await opened();
    expect(new Map(again.takeEntries()).get('a')).toEqual(record(2));
    again.put('b', record(2));
    await again.close();
    expect(await keysOnDisk()).toEqual(['c', 'a', 'b']);
  });

  it('is written by itself, a batch at a time', async () => {
    const store = await opened();
    for (let index = 0; index < 4_000; index++) store.put(`k${index}`, record(index));
    // The batch is full: nobody asks for it to be written.
    while (readFileSync(join(directory, 'data.mdb')).length < 4_000 * 32) await new Promise((resolve) => setTimeout(resolve, 5));
    await store.close();
    expect(await keysOnDisk()).toHaveLength(4_000);
  });

  it('keeps what was used last, on disk too', async () => {
    const store = await opened(10);
    for (let index = 0; index < 30; index++) store.put(`k${index}`, record(1));
    store.write();
    store.put('k20', record(2));
    store.put('k30', record(1));
    await store.close();
    const expected = ['k22', 'k23', 'k24', 'k25', 'k26', 'k27', 'k28', 'k29', 'k20', 'k30'];
    expect(await keysOnDisk()).toEqual(expected);
    expect(await keysOnDisk(3)).toEqual(['k29', 'k20', 'k30']);
    expect(await keysOnDisk()).toEqual(['k29', 'k20', 'k30']);
  });

  it('survives kill -9 of its writer: all that it said to be on disk is there, and whole', async () => {
    const packageDirectory = fileURLToPath(new URL('../..', import.meta.url));
    execFileSync(join(packageDirectory, '../../node_modules/.bin/tsc'), ['-b', packageDirectory]);
    let next = 0;
    for (let round = 0; round < 5; round++) {
      const child = spawn(process.execPath, [join(packageDirectory, 'dist/history/testing/killed-writer.js'), directory, `${next}`], { stdio: ['ignore', 'pipe', 'inherit'] });
      const ended = new Promise<NodeJS.Signals | null>((resolve) => child.on('exit', (_code, signal) => resolve(signal)));
      let said = 0;
      let lines = 0;
      for await (const line of createInterface({ input: child.stdout })) {
        said = Number(line);
        lines += 1;
        // A while after a commit, so that each round dies in another place of the next one.
        if (lines === 3 + round) setTimeout(() => child.kill('SIGKILL'), round * 2);
      }
      expect(await ended).toBe('SIGKILL');
      const store = await opened();
      const entries = new Map(store.takeEntries());
      await store.close();
      for (let index = 0; index < said; index++) expect(entries.get(`k${index}`)?.count, `round ${round}, k${index} of ${said}`).toBe(index + 1);
      for (const [key, { count, memoryBytes }] of entries) expect([key, memoryBytes], key).toEqual([`k${count - 1}`, (count - 1) * 2]);
      next = said;
    }
    expect(next).toBeGreaterThan(5_000);
    expect(existsSync(`${directory}.damaged`)).toBe(false);
  }, 60_000);

  it.each([
    ['text', (path: string) => writeFileSync(path, 'hello\n')],
    ['noise', (path: string) => writeFileSync(path, Buffer.from(Array.from({ length: 100_000 }, (_, index) => (index * 7919) % 251)))],
    ['half of it', (path: string) => truncateSync(path, 65_536)],
    ['zeros in the middle', (path: string) => {
      const file = openSync(path, 'r+');
      writeSync(file, Buffer.alloc(40_000), 0, 40_000, 16_384);
      closeSync(file);
    }],
  ])('that is damaged (%s) is set aside and begun anew', async (_what, damage) => {
    const store = await opened();
    for (let index = 0; index < 5_000; index++) store.put(`k${index}`, record(1));
    await store.close();
    damage(join(directory, 'data.mdb'));
    const log = join(scratch, 'log');
    const again = await opened(undefined, createLogger({ name: 'test', level: 'info', destination: log }));
    expect(again.takeEntries()).toEqual([]);
    again.put('new', record(1));
    await again.close();
    expect(readFileSync(log, 'utf8')).toContain('set aside');
    expect(existsSync(`${directory}.damaged/data.mdb`)).toBe(true);
    expect(await keysOnDisk()).toEqual(['new']);
  });

  it('that cannot be had is done without', async () => {
    writeFileSync(directory, 'a file where the folder should be');
    const store = await opened();
    store.put('a', record(1));
    store.write();
    expect(store.takeEntries()).toEqual([]);
    await store.close();
  });
});
