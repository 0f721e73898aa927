// Execute and what belongs to it, over real connections, with workers that speak farm.v1.
import { preconditionViolations, execute, type ExecutionUpdate } from '@mosix/protocol';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { blobOf, makeAction, run, runToEnd, upload } from './testing/actions.js';
import { startTestFarm, until, type TestFarm } from './testing/farm.js';
import { succeed, type RunJob } from './testing/worker.js';

let farm: TestFarm;
beforeEach(async () => void (farm = await startTestFarm()));
afterEach(() => farm.close());

/** A worker function that waits until `release` is called. */
function gate(then: RunJob = succeed): { runJob: RunJob; release: () => void } {
  let open: () => void = () => undefined;
  const opened = new Promise<void>((resolve) => (open = resolve));
  return { release: () => open(), runJob: async (assign, worker) => { await opened; return then(assign, worker); } };
}

const status = async () => {
  const reply = await farm.channel.admin.getStatus({ includeJobs: true });
  if (!reply.ok) throw new Error(reply.error.message);
  return reply.value;
};

describe('Execute', () => {
  it('runs an action on a node and answers with its result', async () => {
    const worker = await farm.worker('n1');
    const action = makeAction({ files: { 'src/a.c': 'int a;', 'include/x/y.h': '1' }, arguments: ['cc', '-c', 'src/a.c'] });
    await upload(farm.channel, action.blobs);
    const updates = await run(farm.channel, action.digest, { instanceName: 'in/stance' });
    const last = updates.at(-1);
    expect(last).toMatchObject({ done: true, stage: 'COMPLETED', error: undefined, response: { cachedResult: false, status: { code: 0 }, result: { exitCode: 0, stderrRaw: Buffer.from('a warning\n') } } });
    expect(last?.response?.result?.executionMetadata?.worker).toBe('n1');
    expect(last?.name).toMatch(/^in\/stance\/operations\//);
    expect(new Set(updates.map((each) => each.name)).size).toBe(1);

    const [assign] = worker.assigned;
    expect(assign).toMatchObject({ actionDigest: action.digest, command: { arguments: ['cc', '-c', 'src/a.c'] }, label: 'a.o' });
    expect(assign?.directories[0]).toEqual(action.inputRoot);
    expect(assign?.directories).toHaveLength(4);
  });

  it('answers from the action cache the second time, unless told not to look', async () => {
    const worker = await farm.worker('n1');
    const action = makeAction();
    await upload(farm.channel, action.blobs);
    await runToEnd(farm.channel, action.digest);
    const again = await run(farm.channel, action.digest, { inlineOutputFiles: ['a.o'] });
    expect(again).toHaveLength(1);
    expect(again[0]).toMatchObject({ done: true, response: { cachedResult: true } });
    expect(again[0]?.response?.result?.outputFiles[0]?.contents.toString()).toBe(`object of ${action.digest.hash}`);
    expect(await farm.channel.actionCache.getActionResult({ actionDigest: action.digest })).toMatchObject({ ok: true });
    expect(worker.assigned).toHaveLength(1);
    expect(await runToEnd(farm.channel, action.digest, { skipCacheLookup: true })).toMatchObject({ response: { cachedResult: false } });
    expect(worker.assigned).toHaveLength(2);
    expect((await status()).counters).toMatchObject({ executions: 3, cacheHits: 2, succeeded: 2 });
  });

  it('inlines what is asked for', async () => {
    await farm.worker('n1');
    const action = makeAction();
    await upload(farm.channel, action.blobs);
    const last = await runToEnd(farm.channel, action.digest, { inlineOutputFiles: ['a.o'], inlineStderr: true });
    expect(last.response?.result?.outputFiles[0]?.contents.toString()).toBe(`object of ${action.digest.hash}`);
  });

  it('keeps a compile error from the cache and hands it on as it is', async () => {
    const worker = await farm.worker('n1', { runJob: async ({ leaseId }) => ({ leaseId, finished: { result: { exitCode: 1, stderrRaw: Buffer.from('a.c:1: error\n') } } }) });
    const action = makeAction();
    await upload(farm.channel, action.blobs);
    for (const expected of [1, 2]) {
      expect(await runToEnd(farm.channel, action.digest)).toMatchObject({ error: undefined, response: { status: { code: 0 }, result: { exitCode: 1, stderrRaw: Buffer.from('a.c:1: error\n') } } });
      expect(worker.assigned).toHaveLength(expected);
    }
    expect((await status()).counters).toMatchObject({ failedCompiles: 2, succeeded: 0 });
  });

  it('names every missing input, and nothing else', async () => {
    await farm.worker('n1');
    const action = makeAction({ files: { 'a.c': 'a', 'd/b.h': 'b', 'd/e/c.h': 'c' } });
    const [a, b] = [blobOf('a'), blobOf('b')];
    await upload(farm.channel, action.blobs.filter(({ digest }) => digest.hash !== a.digest.hash && digest.hash !== b.digest.hash));
    const last = await runToEnd(farm.channel, action.digest);
    expect(last).toMatchObject({ error: { code: 'failed-precondition' }, response: { status: { details: [{}] } } });
    expect(last.response?.result).not.toBeNull();
    if (last.error === undefined) throw new Error('no error');
    expect(preconditionViolations(last.error).map(({ type, subject }) => [type, subject]).sort()).toEqual(
      [a, b].map(({ digest }) => ['MISSING', `blobs/${digest.hash}/${digest.sizeBytes}`]).sort());
    await upload(farm.channel, [a, b]);
    expect((await runToEnd(farm.channel, action.digest)).error).toBeUndefined();
  });

  it('names a missing action, command or directory too', async () => {
    await farm.worker('n1');
    const action = makeAction({ files: { 'd/b.h': 'b' } });
    let left = [...action.blobs];
    const uploaded: typeof left = [];
    for (let round = 0; round < 10 && left.length > 0; round++) {
      const last = await runToEnd(farm.channel, action.digest);
      if (last.error === undefined) break;
      const subjects = new Set(preconditionViolations(last.error).map((each) => each.subject));
      const asked = left.filter(({ digest }) => subjects.has(`blobs/${digest.hash}/${digest.sizeBytes}`));
      expect(asked.length).toBeGreaterThan(0);
      await upload(farm.channel, asked);
      uploaded.push(...asked);
      left = left.filter((each) => !asked.includes(each));
    }
    expect(uploaded).toHaveLength(action.blobs.length);
  });

  it('refuses what can never run', async () => {
    await farm.worker('n1');
    const codeOf = async (parts: Parameters<typeof makeAction>[0]): Promise<string | undefined> => {
      const action = makeAction(parts);
      await upload(farm.channel, action.blobs);
      return (await runToEnd(farm.channel, action.digest)).error?.code;
    };
    expect(await codeOf({ arguments: [] })).toBe('invalid-argument');
    expect(await codeOf({ files: { '../evil.c': 'x' } })).toBe('invalid-argument');
    expect(await codeOf({ platform: { 'mosix-root': 'host' } })).toBe('invalid-argument');
    const garbage = blobOf(Buffer.from([0xff, 0xff, 0xff]));
    await upload(farm.channel, [garbage]);
    expect((await runToEnd(farm.channel, garbage.digest)).error?.code).toBe('invalid-argument');
    for await (const each of execute(farm.channel, { actionDigest: { hash: 'x', sizeBytes: 1 } })) expect(each).toMatchObject({ ok: false, error: { code: 'invalid-argument' } });
    for await (const each of execute(farm.channel, { actionDigest: garbage.digest, digestFunction: 'MD5' })) expect(each).toMatchObject({ ok: false, error: { code: 'invalid-argument' } });
  });
});

describe('identical actions in flight', () => {
  it('run once and answer everyone', async () => {
    const { runJob, release } = gate();
    const worker = await farm.worker('n1', { runJob });
    const action = makeAction();
    await upload(farm.channel, action.blobs);
    const clients = Array.from({ length: 5 }, () => runToEnd(farm.channel, action.digest));
    await until(async () => (await status()).counters?.joined === 4);
    release();
    const ends = await Promise.all(clients);
    expect(ends.every((each) => each.response?.result?.exitCode === 0)).toBe(true);
    expect(new Set(ends.map((each) => each.name)).size).toBe(5);
    expect(worker.assigned).toHaveLength(1);
  });

  it('run each by itself, and are not cached, when the action says so', async () => {
    const { runJob, release } = gate();
    const worker = await farm.worker('n1', { runJob });
    const action = makeAction({ action: { doNotCache: true } });
    await upload(farm.channel, action.blobs);
    const clients = [runToEnd(farm.channel, action.digest), runToEnd(farm.channel, action.digest)];
    await until(() => worker.assigned.length === 2);
    release();
    await Promise.all(clients);
    expect(await farm.channel.actionCache.getActionResult({ actionDigest: action.digest })).toMatchObject({ ok: false, error: { code: 'not-found' } });
  });
});

describe('clients that go', () => {
  const started = async (): Promise<{ name: string; worker: Awaited<ReturnType<TestFarm['worker']>>; controller: AbortController; ended: Promise<ExecutionUpdate[]>; digest: { hash: string; sizeBytes: number } }> => {
    const worker = await farm.worker('n1', { runJob: async () => undefined });
    const action = makeAction();
    await upload(farm.channel, action.blobs);
    const controller = new AbortController();
    const updates: ExecutionUpdate[] = [];
    const ended = (async () => {
      for await (const update of execute(farm.channel, { actionDigest: action.digest }, { signal: controller.signal })) if (update.ok) updates.push(update.value);
      return updates;
    })();
    await until(() => worker.assigned.length === 1 && updates.length > 0);
    return { name: updates[0]?.name ?? '', worker, controller, ended, digest: action.digest };
  };

  it('with CancelOperation: the lease is cancelled at once, the stream ends as cancelled', async () => {
    const { name, worker, ended } = await started();
    expect((await farm.channel.operations.cancelOperation({ name })).ok).toBe(true);
    expect((await ended).at(-1)).toMatchObject({ done: true, error: { code: 'cancelled' } });
    await until(() => worker.cancelled.length === 1);
    await until(async () => (await status()).nodes[0]?.running === 0);
  });

  it('by closing the stream: cancelled after a while', async () => {
    const { worker, controller } = await started();
    controller.abort();
    await until(() => worker.cancelled.length === 1);
    expect((await status()).jobs).toEqual([]);
  });

  it('and come back with WaitExecution: the job goes on', async () => {
    const { name, worker, controller, digest } = await started();
    controller.abort();
    const end = (async () => {
      for await (const update of farm.channel.execution.waitExecution({ name })) if (update.ok && update.value.done) return update.value;
      return undefined;
    })();
    await new Promise((resolve) => setTimeout(resolve, 4_000));
    const leaseId = worker.assigned[0]?.leaseId ?? '';
    worker.send({ update: { leaseId, finished: { result: { exitCode: 0 } } } });
    expect(await end).toMatchObject({ name, done: true });
    expect(worker.cancelled).toEqual([]);
    // A finished operation can still be asked for.
    expect(await farm.channel.operations.getOperation({ name })).toMatchObject({ ok: true, value: { done: true } });
    expect(await runToEnd(farm.channel, digest)).toMatchObject({ response: { cachedResult: true } });
    expect((await farm.channel.operations.deleteOperation({ name })).ok).toBe(true);
    expect(await farm.channel.operations.getOperation({ name })).toMatchObject({ ok: false, error: { code: 'not-found' } });
  });

  it('one of two: the other still gets the result', async () => {
    const { name, worker, digest } = await started();
    const other = runToEnd(farm.channel, digest);
    await until(async () => (await status()).counters?.joined === 1);
    await farm.channel.operations.cancelOperation({ name });
    worker.send({ update: { leaseId: worker.assigned[0]?.leaseId ?? '', finished: { result: { exitCode: 0 } } } });
    expect((await other).response?.result?.exitCode).toBe(0);
    expect(worker.cancelled).toEqual([]);
  });

  it('asking for operations that never were: not found', async () => {
    for await (const each of farm.channel.execution.waitExecution({ name: 'operations/none' })) expect(each).toMatchObject({ ok: false, error: { code: 'not-found' } });
    expect(await farm.channel.operations.cancelOperation({ name: 'operations/none' })).toMatchObject({ ok: false, error: { code: 'not-found' } });
    expect(await farm.channel.operations.listOperations({})).toMatchObject({ ok: false, error: { code: 'unimplemented' } });
  });
});
