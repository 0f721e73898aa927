// What people ask of a farm and what it tells them, over real connections.
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { err, fault, ok, type Result } from '@mosix/core';
import type { admin } from '@mosix/protocol';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { makeAction, run, runToEnd, upload, type ActionParts, type TestAction } from './testing/actions.js';
import type { LiveMove } from './farm/live-migration.js';
import { startTestFarm, until, type TestFarm } from './testing/farm.js';
import type { RunJob } from './testing/worker.js';

let farm: TestFarm;
beforeEach(async () => void (farm = await startTestFarm()));
afterEach(() => farm.close());

const never: RunJob = async () => undefined;
const uploaded = async (parts: ActionParts = {}): Promise<TestAction> => {
  const action = makeAction(parts);
  await upload(farm.channel, action.blobs);
  return action;
};
const status = async (): Promise<admin.Status> => {
  const reply = await farm.channel.admin.getStatus({ includeJobs: true, includeDecisions: true });
  if (!reply.ok) throw new Error(reply.error.message);
  return reply.value;
};
const nodeNamed = async (name: string): Promise<admin.Node | undefined> => (await status()).nodes.find((node) => node.name === name);
const stateOf = async (name: string): Promise<string | undefined> => (await nodeNamed(name))?.state;

describe('drain, block, expel', () => {
  it('drain is told to the worker, and taken back', async () => {
    const worker = await farm.worker('n1');
    expect(await farm.channel.admin.setDrain({ node: 'n1', enabled: true })).toMatchObject({ ok: true });
    expect(await stateOf('n1')).toBe('draining');
    await farm.channel.admin.setDrain({ node: 'n1', enabled: false });
    await until(() => worker.received.filter((message) => message.message === 'drain').length === 2);
    expect(worker.received.flatMap((message) => (message.message === 'drain' ? [message.drain.enabled] : []))).toEqual([true, false]);
    expect(await stateOf('n1')).toBe('ready');
  });

  it('block survives a restart of worker and coordinator', async () => {
    const worker = await farm.worker('n1');
    expect(await farm.channel.admin.setBlock({ node: 'n1', enabled: true })).toMatchObject({ ok: true });
    expect(await stateOf('n1')).toBe('blocked');
    worker.kill();
    await farm.restart();
    await farm.worker('n1', { hello: { instance: 'another' } });
    expect(await stateOf('n1')).toBe('blocked');
    expect(await farm.channel.admin.setBlock({ node: 'n1', enabled: false })).toMatchObject({ ok: true });
    expect(await stateOf('n1')).toBe('ready');
    await farm.restart();
    await farm.worker('n1');
    expect(await stateOf('n1')).toBe('ready');
  });

  it('a node that is away, or yet to come, can be blocked; one that nobody knows cannot be unblocked', async () => {
    (await farm.worker('build-7')).kill();
    await until(async () => (await stateOf('build-7')) === 'lost');
    expect(await farm.channel.admin.setBlock({ node: 'build-7', enabled: true })).toMatchObject({ ok: true });
    expect(await farm.channel.admin.setBlock({ node: 'build-8', enabled: true })).toMatchObject({ ok: true });
    await farm.worker('build-8');
    expect(await stateOf('build-8')).toBe('blocked');
    expect(await farm.channel.admin.setBlock({ node: 'biuld-7', enabled: false })).toMatchObject({ ok: false, error: { code: 'not-found', message: 'no node is called "biuld-7": the nearest are build-7, build-8' } });
    expect(await farm.channel.admin.setBlock({ node: 'no name', enabled: true })).toMatchObject({ ok: false, error: { code: 'invalid-argument' } });
  });

  it('expel moves running jobs to another node and blocks', async () => {
    const first = await farm.worker('n1', { hello: { speed: 3 }, runJob: never });
    const action = await uploaded();
    const end = runToEnd(farm.channel, action.digest);
    await until(() => first.assigned.length === 1);
    await until(async () => (await status()).jobs[0]?.state === 'running');
    await farm.worker('n2', { hello: { speed: 0.2 } });
    expect(await farm.channel.admin.expel({ node: 'n1' })).toMatchObject({ ok: true, value: { moved: 1, queued: 0 } });
    const last = await end;
    expect(last).toMatchObject({ error: undefined, response: { result: { executionMetadata: { worker: 'n2' } } } });
    expect(last.response?.message).toMatch(/^placed on n1: .*\nmoved from n1 to n2 after .* n1 was emptied/);
    expect(first.cancelled).toHaveLength(1);
    const told = await status();
    expect(told.decisions).toMatchObject([{ job: '1', label: 'a.o', method: 'restart', cause: 'expel', from: 'n1', to: 'n2' }]);
    expect(told.counters).toMatchObject({ moves: 1, succeeded: 1, farmFailures: 0 });
    expect(told.nodes).toMatchObject([{ name: 'n1', state: 'blocked', movesOut: 1, movesIn: 0 }, { name: 'n2', movesIn: 1 }]);
  });
});

describe('jobs', () => {
  it('are shown with who asked, how urgent, and why they stay', async () => {
    const worker = await farm.worker('n1', { runJob: never });
    const action = await uploaded({ platform: { ISA: 'x86_64', 'mosix-movable': 'no' } });
    const reading = (async () => {
      for await (const _ of farm.channel.execution.execute({ actionDigest: action.digest, executionPolicy: { priority: -3 } }, { metadata: { 'mosix-user': 'anna@desk' } })) { /* until the end */ }
    })();
    await until(() => worker.assigned.length === 1);
    const leaseId = worker.assigned[0]?.leaseId ?? '';
    worker.send({ heartbeat: { load: 0.5, freeMemoryBytes: 5e8, freeDiskBytes: 1e12, sequence: 1, leases: [{ leaseId, cpuUs: 1_500_000, wallUs: 2_000_000, memoryBytes: 3e8 }] } });
    await until(async () => (await status()).jobs[0]?.cpuSeconds === 1.5);
    const [job] = (await status()).jobs;
    expect(job).toMatchObject({ user: 'anna@desk', priority: -3, node: 'n1', nodes: ['n1'], state: 'running', memoryBytes: 3e8, attempts: 1, immovable: 'it was started with --no-migrate' });
    expect(job?.progress).toBeGreaterThan(0);
    expect(job?.expectedSeconds).toBeGreaterThan(0);
    expect(await farm.channel.admin.migrate({ job: job?.operation ?? '', target: 'best' })).toMatchObject({ ok: false, error: { code: 'failed-precondition', message: 'it was started with --no-migrate' } });
    expect((await status()).nodes).toMatchObject([{ name: 'n1', load: 0.5, running: 1, waiting: 0, cores: 4, drift: 1, speedSource: 'benchmark', freeMemoryBytes: 5e8, memoryBytes: 1e9 }]);
    worker.send({ update: { leaseId, finished: { result: { exitCode: 0 } } } });
    await reading;
  });

  it('of clients that do not say who they are belong to their machine', async () => {
    await farm.worker('n1', { runJob: never });
    const action = await uploaded();
    void runToEnd(farm.channel, action.digest).catch(() => undefined);
    await until(async () => (await status()).jobs.length === 1);
    expect((await status()).jobs).toMatchObject([{ user: '127.0.0.1' }]);
  });

  it('that name their node go there, however slow it is', async () => {
    await farm.worker('fast', { hello: { speed: 20 } });
    const slow = await farm.worker('slow', { hello: { speed: 0.1 } });
    const action = await uploaded({ platform: { ISA: 'x86_64', 'mosix-node': 'slow' } });
    expect(await runToEnd(farm.channel, action.digest)).toMatchObject({ response: { result: { executionMetadata: { worker: 'slow' } } } });
    expect(slow.assigned).toHaveLength(1);
    const nowhere = await uploaded({ platform: { ISA: 'x86_64', 'mosix-node': 'nobody' } });
    expect(await runToEnd(farm.channel, nowhere.digest)).toMatchObject({ error: { code: 'resource-exhausted' } });
  });

  it('migrate to a node, and home: the client can tell', async () => {
    const first = await farm.worker('n1', { hello: { speed: 5 }, runJob: never });
    const action = await uploaded();
    const end = runToEnd(farm.channel, action.digest);
    await until(async () => (await status()).jobs[0]?.state === 'running' && first.assigned.length === 1);
    const second = await farm.worker('n2', { runJob: never });
    expect(await farm.channel.admin.migrate({ job: '1', target: 'n3' })).toMatchObject({ ok: false, error: { code: 'not-found', message: expect.stringContaining('n1, n2') } });
    expect(await farm.channel.admin.migrate({ job: '1', target: 'n1' })).toMatchObject({ ok: false, error: { code: 'failed-precondition' } });
    expect(await farm.channel.admin.migrate({ job: '1', target: 'n2' })).toMatchObject({ ok: true, value: { from: 'n1', to: 'n2', method: 'restart', text: expect.stringContaining('asked by a person') } });
    await until(() => second.assigned.length === 1 && first.cancelled.length === 1);
    expect(await farm.channel.admin.migrate({ job: '1', target: 'home' })).toMatchObject({ ok: true, value: { to: 'home', method: 'home' } });
    const last = await end;
    expect(last.error?.message).toMatch(/\[brought-home\]$/);
    expect(last.response?.message).toContain('sent home from n2');
    expect((await status()).counters).toMatchObject({ farmFailures: 0, moves: 2 });
    expect(await farm.channel.admin.migrate({ job: '1', target: 'best' })).toMatchObject({ ok: false, error: { code: 'not-found' } });
  });

  it('of one user, or of one node, are brought home', async () => {
    await farm.worker('n1', { runJob: never });
    const ends = [];
    for (const [index, user] of ['anna', 'ben', 'anna'].entries()) {
      const action = await uploaded({ files: { 'a.c': `${index}` } });
      ends.push((async () => {
        for await (const each of farm.channel.execution.execute({ actionDigest: action.digest }, { metadata: { 'mosix-user': user } })) if (each.ok && each.value.done) return user;
        return undefined;
      })());
    }
    await until(async () => (await status()).jobs.length === 3);
    expect(await farm.channel.admin.bring({ user: 'anna' })).toMatchObject({ ok: true, value: { jobs: 2 } });
    expect((await status()).jobs).toMatchObject([{ user: 'ben' }]);
    expect(await farm.channel.admin.bring({ node: 'nobody' })).toMatchObject({ ok: false, error: { code: 'not-found' } });
    expect(await farm.channel.admin.bring({ node: 'n1' })).toMatchObject({ ok: true, value: { jobs: 1 } });
    expect(await Promise.all(ends)).toEqual(['anna', 'ben', 'anna']);
  });
});

describe('live migration', () => {
  const started = async (): Promise<{ ends: Promise<string | undefined>; leaseId: string }> => {
    const first = await farm.worker('n1', { hello: { speed: 5, liveMigration: true }, runJob: never });
    const action = await uploaded();
    const ends = runToEnd(farm.channel, action.digest).then((last) => last.response?.result?.executionMetadata?.worker);
    await until(async () => (await status()).jobs[0]?.state === 'running' && first.assigned.length === 1);
    await farm.worker('n2', { hello: { liveMigration: true }, runJob: never });
    return { ends, leaseId: first.assigned[0]?.leaseId ?? '' };
  };
  const restartWith = async (move: (move: LiveMove) => Result<void>): Promise<LiveMove[]> => {
    await farm.close();
    const moves: LiveMove[] = [];
    farm = await startTestFarm({ live: { move: async (each) => { moves.push(each); return move(each); } } });
    return moves;
  };

  it('without a provider leaves the job where it is', async () => {
    const { ends, leaseId } = await started();
    expect(await farm.channel.admin.migrate({ job: '1', target: 'n2' })).toMatchObject({ ok: true, value: { method: 'live', from: 'n1', to: 'n2' } });
    const [first, second] = farm.workers;
    await until(() => second?.cancelled.length === 1); // what would have become the new lease
    expect([first?.cancelled, (await status()).jobs[0]?.nodes]).toEqual([[], ['n1']]);
    first?.send({ update: { leaseId, finished: { result: { exitCode: 0 } } } });
    expect(await ends).toBe('n1');
  });

  it('with a provider goes on under its new lease', async () => {
    const moves = await restartWith(() => ok(undefined));
    const { ends, leaseId } = await started();
    await farm.channel.admin.migrate({ job: '1', target: 'n2' });
    await until(async () => (await status()).jobs[0]?.nodes.join() === 'n2');
    expect(moves).toMatchObject([{ jobId: '1', from: 'n1', to: 'n2', leaseId }]);
    farm.workers[1]?.send({ update: { leaseId: moves[0]?.newLeaseId ?? '', finished: { result: { exitCode: 0 } } } });
    expect(await ends).toBe('n2');
  });

  it('whose provider fails, or breaks, leaves the job where it is', async () => {
    let broken = false;
    await restartWith(() => {
      if (broken) throw new Error('a bug');
      return err(fault('dump-failed', 'the dump failed'));
    });
    const { ends, leaseId } = await started();
    for (const cancelled of [1, 2]) {
      expect(await farm.channel.admin.migrate({ job: '1', target: 'n2' })).toMatchObject({ ok: true, value: { method: 'live' } });
      await until(async () => farm.workers[1]?.cancelled.length === cancelled && (await status()).nodes[1]?.running === 0);
      broken = true;
    }
    farm.workers[0]?.send({ update: { leaseId, finished: { result: { exitCode: 0 } } } });
    expect(await ends).toBe('n1');
  });
});

it('a worker cannot report on the lease of another', async () => {
  const first = await farm.worker('n1', { hello: { speed: 5 }, runJob: never });
  const action = await uploaded();
  const end = runToEnd(farm.channel, action.digest);
  await until(async () => (await status()).jobs[0]?.state === 'running' && first.assigned.length === 1);
  const leaseId = first.assigned[0]?.leaseId ?? '';
  const thief = await farm.worker('n2');
  thief.send({ update: { leaseId, finished: { result: { exitCode: 3 } } } });
  thief.send({ update: { leaseId, failed: { code: 'sandbox' } } });
  thief.send({ draining: {} });
  await until(async () => (await stateOf('n2')) === 'draining');
  first.send({ update: { leaseId, finished: { result: { exitCode: 0 } } } });
  expect(await end).toMatchObject({ response: { result: { exitCode: 0, executionMetadata: { worker: 'n1' } } } });
});

describe('speeds', () => {
  it('that were set or tuned stay, over restarts and against the node\'s own benchmark', async () => {
    const worker = await farm.worker('n1', { hello: { speed: 2 } });
    expect(await nodeNamed('n1')).toMatchObject({ speed: 2, measuredSpeed: 2, speedSource: 'benchmark' });
    expect(await farm.channel.admin.setSpeed({ node: 'n1', speed: 0.5, source: 'tune', runs: [0.49, 0.5, 0.52] })).toMatchObject({ ok: true, value: { speed: 0.5 } });
    worker.send({ benchmark: { speed: 3, runs: [3] } });
    worker.send({ draining: {} }); // the stream is in order: when this shows, the benchmark was heard
    await until(async () => (await stateOf('n1')) === 'draining');
    expect(await nodeNamed('n1')).toMatchObject({ speed: 0.5, measuredSpeed: 0.5, speedSource: 'tune' });
    worker.kill();
    await farm.restart();
    const again = await farm.worker('n1', { hello: { speed: 2 } });
    expect(await nodeNamed('n1')).toMatchObject({ speed: 0.5, speedSource: 'tune' });
    expect(again.received.some((message) => message.message === 'benchmark')).toBe(false);
    expect(await farm.channel.admin.setSpeed({ node: 'n1', speed: 0, source: 'set' })).toMatchObject({ ok: true, value: { speed: 2 } });
    await until(async () => again.received.some((message) => message.message === 'benchmark'));
    expect(await nodeNamed('n1')).toMatchObject({ speed: 2, speedSource: 'benchmark' });
    expect(JSON.parse(await readFile(join(farm.dataDirectory, 'nodes.json'), 'utf8'))).toEqual({ blocked: [], speeds: {} });
  });

  it('of a new benchmark count when nothing was given', async () => {
    const worker = await farm.worker('n1');
    worker.send({ benchmark: { speed: 3, runs: [2.9, 3, 3.1] } });
    await until(async () => (await nodeNamed('n1'))?.speed === 3);
    worker.send({ benchmark: { speed: NaN, runs: [] } });
    worker.send({ draining: {} });
    await until(async () => (await stateOf('n1')) === 'draining');
    expect((await nodeNamed('n1'))?.speed).toBe(3);
  });

  it('that cannot be are refused', async () => {
    await farm.worker('n1');
    for (const speed of [-1, NaN, Infinity, 1e9]) expect(await farm.channel.admin.setSpeed({ node: 'n1', speed, source: 'set' }), `${speed}`).toMatchObject({ ok: false, error: { code: 'invalid-argument' } });
    expect(await farm.channel.admin.setSpeed({ node: 'n1', speed: 1, source: 'guess' })).toMatchObject({ ok: false, error: { code: 'invalid-argument' } });
    expect(await farm.channel.admin.setSpeed({ node: 'n1', speed: 1, source: 'tune', runs: [0] })).toMatchObject({ ok: false, error: { code: 'invalid-argument' } });
    expect(await farm.channel.admin.setSpeed({ node: 'n2', speed: 1, source: 'set' })).toMatchObject({ ok: false, error: { code: 'not-found' } });
  });
});

describe('a hold', () => {
  it('keeps a node for jobs that name it, and tells what still runs there', async () => {
    const held = await farm.worker('held', { hello: { speed: 20 } });
    const other = await farm.worker('other');
    expect(await farm.channel.admin.holdNode({ node: 'held', holdMs: 60_000 })).toMatchObject({ ok: true, value: { running: 0 } });
    expect(await nodeNamed('held')).toMatchObject({ state: 'held', reason: 'held for a measurement' });
    await runToEnd(farm.channel, (await uploaded({ files: { 'a.c': '1' } })).digest);
    await runToEnd(farm.channel, (await uploaded({ platform: { ISA: 'x86_64', 'mosix-node': 'held' } })).digest);
    expect([held.assigned.length, other.assigned.length]).toEqual([1, 1]);
    await farm.channel.admin.holdNode({ node: 'held', holdMs: 0 });
    expect(await stateOf('held')).toBe('ready');
    expect(await farm.channel.admin.holdNode({ node: 'held', holdMs: 1e9 })).toMatchObject({ ok: false, error: { code: 'invalid-argument' } });
  });
});

describe('owners', () => {
  it('that come back get their machine: no new job, the running one moves', async () => {
    const first = await farm.worker('mine', { hello: { speed: 5 }, runJob: never });
    const action = await uploaded();
    const end = runToEnd(farm.channel, action.digest);
    await until(async () => (await status()).jobs[0]?.state === 'running' && first.assigned.length === 1);
    await farm.worker('other');
    first.send({ owner: { active: true, reason: 'terminal pts/2\n' } });
    expect(await end).toMatchObject({ error: undefined, response: { result: { executionMetadata: { worker: 'other' } }, message: expect.stringContaining('the owner of mine is back (terminal pts/2)') } });
    expect(await nodeNamed('mine')).toMatchObject({ state: 'owner', reason: 'owner: terminal pts/2' });
    first.send({ owner: { active: false } });
    await until(async () => (await stateOf('mine')) === 'ready');
  });
});

describe('requests without names', () => {
  it('are refused', async () => {
    const { admin: service } = farm.channel;
    for (const reply of await Promise.all([
      service.setDrain({ enabled: true }), service.setBlock({ enabled: true }), service.expel({}), service.migrate({ target: 'best' }), service.migrate({ job: '1' }),
      service.setSpeed({ speed: 1, source: 'set' }), service.holdNode({ holdMs: 1 }),
    ])) expect(reply).toMatchObject({ ok: false, error: { code: 'invalid-argument' } });
  });
});

it('costs are learnt, foretell the next run, and outlive a restart', async () => {
  await farm.worker('n1', { runJob: async ({ leaseId }) => ({ leaseId, finished: { result: { exitCode: 0 }, usage: { userUs: 7_000_000, systemUs: 500_000, wallUs: 8_000_000, peakMemoryBytes: 3e8 } } }) });
  const action = await uploaded();
  await runToEnd(farm.channel, action.digest);
  await runToEnd(farm.channel, action.digest, { skipCacheLookup: true });
  const { prediction } = await status();
  expect(prediction?.jobs).toBe(1);
  expect(prediction?.median).toBeCloseTo(1, 6);
  expect(prediction?.p90).toBeCloseTo(1, 6);
  await farm.restart();
  await farm.worker('n1', { runJob: never });
  void run(farm.channel, action.digest, { skipCacheLookup: true }).catch(() => undefined);
  await until(async () => (await status()).jobs.length === 1);
  expect((await status()).jobs[0]?.expectedSeconds).toBeCloseTo(7.5, 4);
});

it('damaged settings of nodes are set aside', async () => {
  const worker = await farm.worker('n1');
  await farm.channel.admin.setBlock({ node: 'n1', enabled: true });
  worker.kill();
  await farm.coordinator.close();
  await writeFile(join(farm.dataDirectory, 'nodes.json'), '{"blocked": 1');
  await farm.restart();
  await farm.worker('n1');
  expect(await stateOf('n1')).toBe('ready');
  expect(await readFile(join(farm.dataDirectory, 'nodes.json.damaged'), 'utf8')).toBe('{"blocked": 1');
});
