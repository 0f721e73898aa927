// One compile from request to ending, with everything around it made up: what the answer of a farm or of a cache leads to.
import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { err, fault, ok, type Result } from '@mosix/core';
import { decode, encode, type reapi } from '@mosix/protocol';
import { runCompile, type JobParts } from './compile-job.js';
import type { Executed, ExecuteRequest, Farm, FarmProblem } from './farm.js';
import type { JournalEntry } from './journal.js';
import { createLocalQuota } from './local-quota.js';
import type { Prepared } from './prepare.js';
import type { StoredResult } from './results.js';
import type { Ending, Session } from './session.js';
import { createStatistics } from './statistics.js';

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
const digestOf = (bytes: Buffer): { hash: string; sizeBytes: number } => ({ hash: sha256(bytes), sizeBytes: bytes.length });

let cwd: string;
beforeEach(() => {
  cwd = mkdtempSync(join(tmpdir(), 'mosix-job-'));
});
afterEach(() => {
  rmSync(cwd, { recursive: true });
});

const object = Buffer.from('object');
const wide = `a.c:1:5: warning: far\n    1 | ${'int x; '.repeat(20)}\n`;

interface World {
  /** What the farm says to Execute, one call after another. */
  readonly execute?: readonly Result<Executed, FarmProblem>[];
  readonly inFarmCache?: reapi.ActionResult;
  readonly here?: StoredResult;
  /** Blobs that results name without carrying them. */
  readonly blobs?: readonly Buffer[];
  /** The inputs are known by a record, which has no blobs at hand. */
  readonly record?: boolean;
  readonly columns?: number;
  readonly signal?: AbortSignal;
  readonly quota?: JobParts['quota'];
}

/** As it comes off the wire, with every field that was not sent. */
const resultOf = ({ exitCode = 0, stderr = '', stderrAsBlob = false }: { exitCode?: number; stderr?: string; stderrAsBlob?: boolean } = {}): reapi.ActionResult => {
  const said = Buffer.from(stderr);
  const read = decode(
    'ActionResult',
    encode('ActionResult', {
      exitCode,
      outputFiles: exitCode === 0 ? [{ path: 'a.o', digest: digestOf(object), contents: object }] : [],
      ...(stderrAsBlob ? { stderrDigest: digestOf(said) } : { stderrRaw: said }),
      executionMetadata: { worker: 'w1' },
    }),
  );
  if (!read.ok) throw new Error('not a result');
  return read.value;
};

const executed = (result: reapi.ActionResult): Result<Executed, FarmProblem> =>
  ok({ result, fromCache: false, attempts: 1, sent: { blobs: 0, bytes: 0 }, uploadMs: 0, executeMs: 0, story: [] });

async function compile(world: World) {
  const endings: (Ending | 'local')[] = [];
  const requests: ExecuteRequest[] = [];
  const journal: JournalEntry[] = [];
  const signal = world.signal ?? new AbortController().signal;
  const session = {
    request: { cwd, argv: ['gcc', '-c', 'a.c'], environment: new Map([['MOSIX_BUILD_ID', 'b']]), umask: 0o22, columns: world.columns ?? 0 },
    signal,
    runLocally: async () => void endings.push('local'),
    finish: (ending: Ending) => void endings.push(ending),
  } as unknown as Session;
  const prepared = {
    compile: { source: 'a.c', outputs: [{ path: 'a.o', kind: 'object', required: true }], cacheable: true, terminalMissing: ['width'], removes: [], failureRemoves: [] },
    action: digestOf(Buffer.from('action')), unresolved: new Set(), inputs: { files: 1, bytes: 1 }, outputPaths: ['a.o'], stranger: () => undefined,
    blobs: world.record === true ? undefined : [],
  } as unknown as Prepared;
  const answers = [...(world.execute ?? [])];
  const farm = {
    available: async () => true,
    worthLookingUp: () => true,
    lookUp: async () => ok(world.inFarmCache),
    execute: async (request: ExecuteRequest) => {
      requests.push(request);
      return answers.shift() ?? err({ kind: 'cancelled' });
    },
    fetch: async ({ hash }: { hash: string }) => world.blobs?.find((bytes) => sha256(bytes) === hash),
  } as unknown as Farm;
  const statistics = createStatistics(join(cwd, 'stats.json'), () => 0, () => new Date(0));
  await runCompile(session, {
    preparer: { prepare: async (_session: Session, { fresh }: { fresh: boolean }) => ok(fresh ? { ...prepared, blobs: [] } : prepared) },
    settings: { for: () => ok({ settings: { coordinator: 'farm:1', priority: 0, cache: 'on', insecure: false, migrate: true } }), forget: () => undefined },
    farm: () => ok(farm),
    results: { find: async () => world.here, keep: async () => undefined },
    quota: world.quota ?? createLocalQuota(1),
    statistics,
    journal: { add: (entry: JournalEntry) => void journal.push(entry) },
    logger: {
      warn: () => undefined,
      error: ({ err: defect }: { err: unknown }) => {
        throw defect;
      },
    },
    sha256,
    nowMs: () => 0,
  } as unknown as JobParts);
  return { endings, requests, journal, tally: statistics.build('b') };
}

const stays = async (world: World, reason: string): Promise<void> => {
  const { endings, journal, tally } = await compile(world);
  expect([endings, journal[0]?.reason, tally.localReasons]).toEqual([['local'], reason, { [reason]: 1 }]);
  expect(existsSync(join(cwd, 'a.o'))).toBe(false);
};

test('a result of the farm is written and told', async () => {
  const { endings, journal } = await compile({ execute: [executed(resultOf({ stderr: 'a warning\n' }))] });
  expect(endings).toEqual([{ stdout: Buffer.alloc(0), stderr: Buffer.from('a warning\n'), kind: 'exit', value: 0 }]);
  expect(readFileSync(join(cwd, 'a.o'))).toEqual(object);
  expect(journal).toMatchObject([{ outcome: 'remote', node: 'w1' }]);
});

describe('messages that only the compiler here can fit to the terminal', () => {
  test('from the farm', () => stays({ columns: 70, execute: [executed(resultOf({ stderr: wide }))] }, 'terminal-width'));
  test("from the farm's cache", () => stays({ columns: 70, inFarmCache: resultOf({ stderr: wide }) }, 'terminal-width'));
  test("from this machine's own cache", () =>
    stays({ columns: 70, here: { stdout: Buffer.alloc(0), stderr: Buffer.from(wide), outputs: [{ path: 'a.o', isExecutable: false, bytes: object }], node: 'w1' } }, 'terminal-width'));
  test('not on a terminal that is wide enough', async () => {
    expect((await compile({ columns: 200, inFarmCache: resultOf({ stderr: wide }) })).tally.cacheHits).toBe(1);
  });
});

describe.each([['inside the result', false], ['in a blob of their own', true]])('messages %s', (_where, stderrAsBlob) => {
  test.each([
    ['missing-header', 1, 'a.c:1:10: fatal error: x.h: No such file or directory\n', 0],
    ['compiler-crashed', 1, 'a.c:1:1: internal compiler error: in foo\n', 0],
    ['terminal-width', 1, wide, 70],
  ])('are judged before anybody sees them: %s', async (reason, exitCode, stderr, columns) => {
    await stays({ columns, execute: [executed(resultOf({ exitCode, stderr, stderrAsBlob }))], blobs: [Buffer.from(stderr)] }, reason);
  });
});

test('messages that cannot be fetched make the result useless', () => stays({ execute: [executed(resultOf({ exitCode: 1, stderr: 'lost\n', stderrAsBlob: true }))] }, 'farm-failed'));

describe('a job known by its record', () => {
  const problem = fault('farm-failed', 'no');
  test('is sent with its inputs where the farm lacks some', async () => {
    const { requests, tally } = await compile({ record: true, execute: [err({ kind: 'missing', fault: problem }), executed(resultOf())] });
    expect([requests.map((request) => request.known), tally.remote]).toEqual([[true, false], 1]);
  });
  test('is not run all over again after the farm gave it up', async () => {
    const { requests, tally } = await compile({ record: true, execute: [err({ kind: 'failed', fault: problem }), executed(resultOf())] });
    expect([requests.length, tally.localReasons]).toEqual([1, { 'farm-failed': 1 }]);
  });
});

test('who is gone before a slot here is free counts as nothing', async () => {
  const quota = createLocalQuota(1);
  let finish: () => void = () => undefined;
  const other = quota.run('heavy', new AbortController().signal, () => new Promise<void>((resolve) => (finish = resolve)));
  const aborter = new AbortController();
  const job = compile({ quota, signal: aborter.signal, execute: [err({ kind: 'failed', fault: fault('farm-failed', 'no') })] });
  while (quota.running.waiting === 0) await new Promise((resolve) => setImmediate(resolve));
  aborter.abort();
  expect(await job).toMatchObject({ endings: [], journal: [], tally: { total: 0, local: 0, farmErrors: 0 } });
  finish();
  await other;
});
