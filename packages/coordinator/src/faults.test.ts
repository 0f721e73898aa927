// What goes wrong on a farm, over real connections: nodes that fail, go and come back, a store that is damaged, a restart.
import { chmod, readdir, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { preconditionViolations, type farm as wire } from '@mosix/protocol';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { blobOf, makeAction, runToEnd, upload, type TestAction } from './testing/actions.js';
import { startTestFarm, until, type TestFarm } from './testing/farm.js';
import { succeed, type RunJob } from './testing/worker.js';

let farm: TestFarm;
beforeEach(async () => void (farm = await startTestFarm()));
afterEach(() => farm.close());

const fail = (code: string, missing: wire.FailedInput['missing'] = []): RunJob => async ({ leaseId }) => ({ leaseId, failed: { code, message: `${code} here`, missing } });
const never: RunJob = async () => undefined;
const uploaded = async (parts: Parameters<typeof makeAction>[0] = {}): Promise<TestAction> => {
  const action = makeAction(parts);
  await upload(farm.channel, action.blobs);
  return action;
};
const status = async () => {
  const reply = await farm.channel.admin.getStatus({ includeJobs: true });
  if (!reply.ok) throw new Error(reply.error.message);
  return reply.value;
};

/** Files of the store that hold this blob. */
async function filesOf(hash: string): Promise<string[]> {
  const entries = await readdir(farm.dataDirectory, { recursive: true });
  return entries.filter((entry) => entry.includes(hash)).map((entry) => join(farm.dataDirectory, entry));
}

describe('workers', () => {
  it('that fail a job: another node does it', async () => {
    const bad = await farm.worker('bad', { hello: { speed: 10 }, runJob: fail('sandbox') });
    await farm.worker('good');
    const action = await uploaded();
    expect(await runToEnd(farm.channel, action.digest)).toMatchObject({ error: undefined, response: { result: { executionMetadata: { worker: 'good' } } } });
    expect(bad.assigned).toHaveLength(1);
    expect((await status()).counters).toMatchObject({ retries: 1, succeeded: 1 });
  });

  it('that all fail: the client is told after three attempts', async () => {
    for (const name of ['a', 'b', 'c', 'd']) await farm.worker(name, { runJob: fail('sandbox') });
    const action = await uploaded();
    expect(await runToEnd(farm.channel, action.digest)).toMatchObject({ error: { code: 'unavailable', message: 'sandbox here [sandbox]' } });
    expect((await status()).counters).toMatchObject({ retries: 2, farmFailures: 1 });
  });

  it('that ran out of time: deadline-exceeded, no second attempt', async () => {
    await farm.worker('a', { runJob: fail('timeout') });
    const action = await uploaded({ action: { timeout: { seconds: 1 } } });
    expect(await runToEnd(farm.channel, action.digest)).toMatchObject({ error: { code: 'deadline-exceeded' } });
  });

  it('killed in the middle of a job: another node does it', async () => {
    const dying = await farm.worker('dying', { hello: { speed: 10 }, runJob: never });
    await farm.worker('good');
    const action = await uploaded();
    const end = runToEnd(farm.channel, action.digest);
    await until(() => dying.assigned.length === 1);
    dying.kill();
    expect(await end).toMatchObject({ response: { result: { executionMetadata: { worker: 'good' } } } });
    expect((await status()).nodes.find((node) => node.name === 'dying')?.state).toBe('lost');
  });

  it('that are silent lose their stream and their jobs', async () => {
    const silent = await farm.worker('silent', { hello: { speed: 10 }, runJob: never, heartbeats: false });
    await farm.worker('good');
    const action = await uploaded();
    expect(await runToEnd(farm.channel, action.digest)).toMatchObject({ response: { result: { executionMetadata: { worker: 'good' } } } });
    await silent.ended;
  });

  it('that were never there: the client is told at once', async () => {
    const action = await uploaded();
    expect(await runToEnd(farm.channel, action.digest)).toMatchObject({ error: { code: 'resource-exhausted' } });
  });

  it('of another instruction set get no job', async () => {
    const arm = await farm.worker('arm', { hello: { instructionSets: ['aarch64'] } });
    const action = await uploaded();
    expect(await runToEnd(farm.channel, action.digest)).toMatchObject({ error: { code: 'resource-exhausted' } });
    expect(arm.assigned).toEqual([]);
  });

  it('that all went: the client is told after a short grace', async () => {
    const worker = await farm.worker('a');
    worker.kill();
    const action = await uploaded();
    await until(async () => (await status()).nodes[0]?.state === 'lost');
    expect(await runToEnd(farm.channel, action.digest)).toMatchObject({ error: { code: 'resource-exhausted' } });
  });

  it('refused: absurd figures and a second holder of a live name', async () => {
    const first = await farm.worker('a');
    expect(await (await farm.worker('a', { hello: { instance: 'thief' } })).answer).toMatchObject({ refused: { code: 'duplicate-name' } });
    const absurd = await farm.worker('b', { hello: { slots: 1_000_000 } });
    expect(await absurd.answer).toMatchObject({ refused: { code: 'bad-slots' } });
    await absurd.ended;
    // The same process on a new stream takes over.
    expect(await (await farm.worker('a')).answer).toMatchObject({ welcome: { nodeId: 'a' } });
    await first.ended;
    expect((await status()).nodes).toMatchObject([{ name: 'a', state: 'ready' }]);
  });

  it('that drain get nothing new, by their own wish or a person\'s', async () => {
    const [a, b] = [await farm.worker('a', { hello: { speed: 10 } }), await farm.worker('b')];
    expect((await farm.channel.admin.setDrain({ node: 'a', enabled: true })).ok).toBe(true);
    await runToEnd(farm.channel, (await uploaded({ files: { 'a.c': '1' } })).digest);
    expect([a.assigned.length, b.assigned.length]).toEqual([0, 1]);
    await farm.channel.admin.setDrain({ node: 'a', enabled: false });
    b.send({ draining: {} });
    await until(async () => (await status()).nodes.find((node) => node.name === 'b')?.state === 'draining');
    await runToEnd(farm.channel, (await uploaded({ files: { 'a.c': '2' } })).digest);
    expect([a.assigned.length, b.assigned.length]).toEqual([1, 1]);
    expect(await farm.channel.admin.setDrain({ node: 'nobody', enabled: true })).toMatchObject({ ok: false, error: { code: 'not-found' } });
  });

  it('that report outputs which they did not store: no result, another node does it', async () => {
    const liar = await farm.worker('liar', { hello: { speed: 10 }, runJob: async ({ leaseId }) => ({ leaseId, finished: { result: { outputFiles: [{ path: 'a.o', digest: blobOf('never stored').digest }] } } }) });
    await farm.worker('good');
    const action = await uploaded();
    expect(await runToEnd(farm.channel, action.digest)).toMatchObject({ response: { result: { executionMetadata: { worker: 'good' } } } });
    expect(liar.assigned).toHaveLength(1);
  });
});

describe('results', () => {
  it('may bring their outputs along: these are checked, stored, and not kept twice', async () => {
    const output = blobOf('object code');
    let contents = Buffer.from('object cod3');
    await farm.worker('n1', { runJob: async ({ leaseId }) => ({ leaseId, finished: { result: { outputFiles: [{ path: 'a.o', digest: output.digest, contents }] } } }) });
    const action = await uploaded();
    expect(await runToEnd(farm.channel, action.digest)).toMatchObject({ error: { code: 'unavailable' } });
    contents = output.data;
    expect(await runToEnd(farm.channel, action.digest)).toMatchObject({ error: undefined, response: { result: { outputFiles: [{ digest: output.digest, contents: Buffer.alloc(0) }] } } });
    expect(await farm.channel.actionCache.getActionResult({ actionDigest: action.digest, inlineOutputFiles: ['a.o'] })).toMatchObject({ value: { outputFiles: [{ contents: output.data }] } });
  });
});

describe('a damaged store', () => {
  it('missing inputs that are there after all: another node tries', async () => {
    const action = await uploaded();
    await farm.worker('blind', { hello: { speed: 10 }, runJob: fail('missing-input', [blobOf('int a;').digest]) });
    await farm.worker('good');
    expect(await runToEnd(farm.channel, action.digest)).toMatchObject({ response: { result: { executionMetadata: { worker: 'good' } } } });
  });

  it.each(['damaged', 'shortened', 'deleted'])('a %s input: the client is asked for it, and then all is well', async (how) => {
    const action = await uploaded();
    const source = blobOf('int a;');
    await farm.restart(); // nothing is left in memory
    const files = await filesOf(source.digest.hash);
    expect(files.length).toBeGreaterThan(0);
    for (const file of files) {
      await chmod(file, 0o644);
      if (how === 'damaged') await writeFile(file, 'int b;');
      else if (how === 'shortened') await truncate(file, 3);
      else await rm(file);
    }
    let first = true;
    await farm.worker('n1', {
      runJob: async (assign, worker) => {
        if (!first) return succeed(assign, worker);
        first = false;
        return { leaseId: assign.leaseId, failed: { code: 'missing-input', message: 'bad hash', missing: [source.digest] } };
      },
    });
    const last = await runToEnd(farm.channel, action.digest);
    expect(last.error?.code).toBe('failed-precondition');
    if (last.error !== undefined) expect(preconditionViolations(last.error)).toMatchObject([{ type: 'MISSING', subject: `blobs/${source.digest.hash}/6` }]);
    await upload(farm.channel, [source]);
    expect(await runToEnd(farm.channel, action.digest)).toMatchObject({ error: undefined });
  });

  it('a damaged output: no cached result, the action runs again', async () => {
    const worker = await farm.worker('n1');
    const action = await uploaded();
    await runToEnd(farm.channel, action.digest);
    const output = blobOf(`object of ${action.digest.hash}`);
    worker.kill();
    await farm.restart(); // nothing is left in memory
    const second = await farm.worker('n2');
    for (const file of await filesOf(output.digest.hash)) {
      await chmod(file, 0o644);
      await writeFile(file, 'X'.repeat(output.data.length));
    }
    const again = await runToEnd(farm.channel, action.digest, { inlineOutputFiles: ['a.o'] });
    expect(again).toMatchObject({ error: undefined, response: { cachedResult: false } });
    expect(again.response?.result?.outputFiles[0]?.contents).toEqual(output.data);
    expect(second.assigned).toHaveLength(1);
  });

  it('the whole folder deleted while running: missing blobs, no crash; after a restart it fills again', async () => {
    const action = await uploaded();
    await farm.restart(); // nothing is left in memory
    await rm(join(farm.dataDirectory, 'store'), { recursive: true });
    await rm(join(farm.dataDirectory, 'action-cache'), { recursive: true });
    expect(await runToEnd(farm.channel, action.digest)).toMatchObject({ error: { code: 'failed-precondition' } });
    expect((await status()).nodes).toEqual([]);
    await farm.restart();
    await farm.worker('n1');
    expect(await runToEnd(farm.channel, action.digest)).toMatchObject({ error: { code: 'failed-precondition' } });
    await upload(farm.channel, action.blobs);
    expect(await runToEnd(farm.channel, action.digest)).toMatchObject({ error: undefined, response: { result: { exitCode: 0 } } });
  });
});

describe('a restart of the coordinator', () => {
  it('keeps store and action cache', async () => {
    await farm.worker('n1');
    const action = await uploaded();
    await runToEnd(farm.channel, action.digest);
    await farm.restart();
    expect(await runToEnd(farm.channel, action.digest)).toMatchObject({ response: { cachedResult: true } });
  });

  it('loses no running job: the worker names its leases, the client asks again and joins', async () => {
    const worker = await farm.worker('n1', { runJob: never });
    const action = await uploaded();
    const lost = runToEnd(farm.channel, action.digest).catch(() => 'broken');
    await until(() => worker.assigned.length === 1);
    const leaseId = worker.assigned[0]?.leaseId ?? '';
    await farm.restart();
    expect(await lost).toBe('broken');
    const end = runToEnd(farm.channel, action.digest);
    const back = await farm.worker('n1', { hello: { runningLeases: [leaseId, 'strange'] }, runJob: never });
    expect(await back.answer).toMatchObject({ welcome: { unknownLeases: ['strange'] } });
    await until(async () => (await status()).jobs.length === 1);
    back.send({ update: { leaseId, finished: { result: { exitCode: 0 } } } });
    expect(await end).toMatchObject({ response: { result: { exitCode: 0, executionMetadata: { worker: 'n1' } } } });
    expect(back.assigned).toEqual([]);
  });

  it('wants no result a second time', async () => {
    const worker = await farm.worker('n1');
    const action = await uploaded();
    await runToEnd(farm.channel, action.digest);
    const leaseId = worker.assigned[0]?.leaseId ?? '';
    await farm.restart();
    const back = await farm.worker('n1', { hello: { runningLeases: [leaseId] } });
    expect(await back.answer).toMatchObject({ welcome: { unknownLeases: [leaseId] } });
  });

  it('and a result that nobody waits for goes to the action cache', async () => {
    const worker = await farm.worker('n1', { runJob: never });
    const action = await uploaded();
    void runToEnd(farm.channel, action.digest).catch(() => undefined);
    await until(() => worker.assigned.length === 1);
    await farm.restart();
    const back = await farm.worker('n1');
    back.send({ update: { leaseId: worker.assigned[0]?.leaseId ?? '', finished: { result: { exitCode: 0 } } } });
    await until(async () => (await farm.channel.actionCache.getActionResult({ actionDigest: action.digest })).ok);
  });
});
