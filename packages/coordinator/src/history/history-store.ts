// What jobs have cost, on disk: an LMDB database beside the store. Records are collected and written in batches. LMDB never overwrites a
// page that the last commit needs, so a kill at any time loses the last batch at most. A database that is damaged is set aside and
// begun anew: it only makes predictions better.
//
// A batch is one synchronous transaction without a wait for the disk: some milliseconds for thousands of records. LMDB's own background
// writes reject promises that nobody holds when the disk is full, and closing then never ends. Without the wait a power cut, not a
// kill, can damage the database; that is found at the next start.
import { mkdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { limits, type CostRecord } from '@mosix/core';
import type { Logger } from '@mosix/observe';
import { open, type RootDatabase } from 'lmdb';
import { probeDatabase } from './probe.js';
import { decodeRecord, encodeRecord } from './record-codec.js';

export interface HistoryStore {
  /** In the order of last use, the oldest first; at most `entriesMax`. For the start, once. */
  takeEntries(): (readonly [key: string, record: CostRecord])[];
  /** Will be on disk within `limits.historyWriteMs`. */
  put(key: string, record: CostRecord): void;
  /** All that was put, now; a kill does not lose it any more. */
  write(): void;
  close(): Promise<void>;
}

export interface HistoryStoreOptions {
  /** A folder of its own. */
  readonly directory: string;
  readonly logger: Logger;
  readonly entriesMax?: number;
}

/** Without a disk: what is put is lost at the end. */
export const nullHistoryStore: HistoryStore = { takeEntries: () => [], put: () => undefined, write: () => undefined, close: async () => undefined };

/** Never fails: where no database can be had, there is a line in the log and nothing is kept. */
export async function openHistoryStore({ directory, logger, entriesMax = limits.historyEntriesMax }: HistoryStoreOptions): Promise<HistoryStore> {
  const path = join(directory, 'data.mdb');
  try {
    await mkdir(directory, { recursive: true, mode: 0o700 });
    const size = (await stat(path).catch(() => undefined))?.size ?? 0;
    const problem = size === 0 ? undefined : await probeDatabase(path);
    if (problem !== undefined) {
      const aside = `${directory}.damaged`;
      await rm(aside, { recursive: true, force: true });
      await rename(directory, aside);
      await mkdir(directory, { mode: 0o700 });
      logger.warn({ path: aside, reason: problem }, 'the history of costs is damaged: set aside, begun anew');
    }
    const database = open<Buffer, string>({ path, noSubdir: true, encoding: 'binary', noSync: true, overlappingSync: false });
    return serve(database, load(database, entriesMax), entriesMax, logger);
  } catch (problem) {
    logger.error({ err: problem, path }, 'no history of costs on disk: what jobs cost is forgotten at the end');
    return nullHistoryStore;
  }
}

interface Loaded {
  readonly entries: { readonly key: string; readonly sequence: number; readonly record: CostRecord }[];
  /** Strange or too old. */
  readonly surplus: string[];
}

function load(database: RootDatabase<Buffer, string>, entriesMax: number): Loaded {
  const all: Loaded['entries'] = [];
  const surplus: string[] = [];
  for (const { key, value } of database.getRange({})) {
    const stored = typeof key === 'string' ? decodeRecord(value) : undefined;
    if (stored === undefined) surplus.push(key);
    else all.push({ key, ...stored });
  }
  all.sort((a, b) => a.sequence - b.sequence);
  const old = all.splice(0, Math.max(0, all.length - entriesMax));
  return { entries: all, surplus: [...surplus, ...old.map(({ key }) => key)] };
}

function serve(database: RootDatabase<Buffer, string>, loaded: Loaded, entriesMax: number, logger: Logger): HistoryStore {
  let { entries } = loaded;
  let sequence = (entries.at(-1)?.sequence ?? 0) + 1;
  /** Keys on disk in the order of last use, so that the oldest can go when there are too many. */
  const order = new Set(entries.map(({ key }) => key));
  const pending = new Map<string, CostRecord>();
  const surplus = loaded.surplus;
  let timer: NodeJS.Timeout | undefined;
  let failing = false;
  let closed = false;

  const write = (): void => {
    clearTimeout(timer);
    timer = undefined;
    if (pending.size + surplus.length === 0) return;
    const batch = [...pending];
    pending.clear();
    for (const [key] of batch) {
      order.delete(key);
      order.add(key);
    }
    for (const oldest of order) {
      if (order.size <= entriesMax) break;
      order.delete(oldest);
      surplus.push(oldest);
    }
    const gone = surplus.splice(0).filter((key) => !order.has(key));
    try {
      database.transactionSync(() => {
        for (const key of gone) database.removeSync(key);
        for (const [key, record] of batch) if (order.has(key)) database.putSync(key, encodeRecord({ sequence: sequence++, record }));
      });
      failing = false;
    } catch (problem) {
      // Once, not with every batch: a full disk stays full for a while.
      if (!failing) logger.warn({ err: problem }, 'cannot write the history of costs');
      failing = true;
    }
  };
  write();

  return {
    takeEntries() {
      const taken = entries.map(({ key, record }) => [key, record] as const);
      entries = [];
      return taken;
    },
    put(key, record) {
      if (closed) return;
      pending.set(key, record);
      if (pending.size >= limits.historyPendingMax) write();
      else if (timer === undefined) {
        timer = setTimeout(write, limits.historyWriteMs);
        timer.unref();
      }
    },
    write,
    async close() {
      closed = true;
      write();
      await database.close().catch((problem: unknown) => logger.warn({ err: problem }, 'the history of costs does not close'));
    },
  };
}
