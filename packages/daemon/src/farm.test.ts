// The daemon's side of Execute against a real gRPC server that answers as a coordinator does.
import { createHash } from 'node:crypto';
import { afterEach, describe, expect, test } from 'vitest';
import { err, limits, ok } from '@mosix/core';
import { createServer, makeOperation, packAny, rpcError, rpcErrorToStatus, type reapi, type RpcError, type RunningServer } from '@mosix/protocol';
import { runFacts } from './execution-facts.js';
import { connectFarm, type Farm } from './farm.js';

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
const action = { hash: sha256(Buffer.from('action')), sizeBytes: 6 };

interface Seen {
  user: string | undefined;
  priority: number | undefined;
}

let server: RunningServer | undefined;
let farm: Farm | undefined;
afterEach(async () => {
  farm?.close();
  await server?.close();
});

/** `refuse`: what the store answers to every blob. */
const start = async (response: reapi.ExecuteResponseInput, refuse: RpcError['code'] = 'internal'): Promise<{ farm: Farm; seen: Seen[] }> => {
  const seen: Seen[] = [];
  const made = await createServer({
    listen: '127.0.0.1:0',
    services: {
      capabilities: { getCapabilities: () => ok({ executionCapabilities: { execEnabled: true } }) },
      cas: {
        findMissingBlobs: ({ blobDigests }) => ok({ missingBlobDigests: blobDigests }),
        batchUpdateBlobs: () => err(rpcError(refuse, 'no room to think')),
      },
      byteStream: { write: async () => err(rpcError(refuse, 'no room to think')) },
      execution: {
        async *execute(request, context) {
          seen.push({ user: context.header('mosix-user')?.toString(), priority: request.executionPolicy?.priority });
          yield ok(makeOperation('operations/1', { stage: 'COMPLETED', actionDigest: request.actionDigest }, response));
        },
      },
    },
  });
  if (!made.ok) throw new Error(made.error.message);
  server = made.value;
  const connected = connectFarm(server.address, { nowMs: Date.now, sha256, user: 'ada@box' }, { plaintext: false });
  if (!connected.ok) throw new Error(connected.error.message);
  farm = connected.value;
  return { farm, seen };
};

const execute = (one: Farm, priority = 0) =>
  one.execute({ action, known: true, blobs: () => [], skipCache: true, outputs: [], priority, signal: new AbortController().signal });

test('says who asks and how urgent it is, and keeps what the coordinator tells of the run', async () => {
  const metadata: reapi.ExecutedActionMetadataInput = {
    worker: 'node3',
    executionStartTimestamp: { seconds: 10, nanos: 0 },
    executionCompletedTimestamp: { seconds: 12, nanos: 500_000_000 },
    auxiliaryMetadata: [packAny('Usage', { userUs: 1_500_000, systemUs: 250_000, wallUs: 2_250_000 })],
  };
  const { farm, seen } = await start({ result: { exitCode: 0, executionMetadata: metadata }, status: { code: 0 }, message: 'placed on node1: expected 2.0 s there\nmoved from node1 to node3\n' });
  const done = await execute(farm, -3);
  expect(seen).toEqual([{ user: 'ada@box', priority: -3 }]);
  expect(done).toMatchObject({ ok: true, value: { story: ['placed on node1: expected 2.0 s there', 'moved from node1 to node3'], fromCache: false } });
  expect(done.ok && runFacts(done.value.result.executionMetadata)).toEqual({ node: 'node3', cpuSeconds: 1.75, wallSeconds: 2.25 });
  await execute(farm);
  expect(seen[1]?.priority ?? 0).toBe(0);
});

test("a farm that knows nothing of our usage: wall time from the standard's own timestamps", async () => {
  const { farm } = await start({ result: { executionMetadata: { worker: 'w', executionStartTimestamp: { seconds: 10, nanos: 900_000_000 }, executionCompletedTimestamp: { seconds: 12, nanos: 0 } } } });
  const done = await execute(farm);
  expect(done.ok && runFacts(done.value.result.executionMetadata)).toEqual({ node: 'w', cpuSeconds: 0, wallSeconds: 1.1 });
  expect(done.ok && done.value.story).toEqual([]);
  expect(runFacts(null)).toEqual({ node: '', cpuSeconds: 0, wallSeconds: 0 });
});

test.each(['brought-home', 'owner-returned'])('a job given back (%s) is no failure of the farm', async (code) => {
  const { farm } = await start({ result: {}, status: rpcErrorToStatus(rpcError('unavailable', `ada brought it home [${code}]`)), message: 'placed on node1\nbrought home after 4.1 s' });
  expect(await execute(farm)).toMatchObject({ ok: false, error: { kind: 'brought-home', fault: { message: `ada brought it home [${code}]` }, story: ['placed on node1', 'brought home after 4.1 s'] } });
});

test('every other end without a result is one', async () => {
  const { farm } = await start({ result: {}, status: rpcErrorToStatus(rpcError('unavailable', 'three nodes failed it [sandbox]')), message: 'placed on node1' });
  expect(await execute(farm)).toMatchObject({ ok: false, error: { kind: 'failed', fault: { code: 'farm-failed' }, story: ['placed on node1'] } });
});

describe('a write that fails', () => {
  const send = (one: Farm, bytes: Buffer) =>
    one.execute({ action, known: false, blobs: () => [{ digest: { hash: sha256(bytes), sizeBytes: bytes.length }, load: () => bytes }], skipCache: true, outputs: [], priority: 0, signal: new AbortController().signal });

  test.each(['deadline-exceeded', 'internal', 'unknown'] as const)('%s: this job alone stays here', async (code) => {
    const { farm } = await start({}, code);
    expect(await farm.available()).toBe(true);
    for (const bytes of [Buffer.from('small'), Buffer.alloc(limits.bulkBlobBytesMin)]) {
      expect(await send(farm, bytes)).toMatchObject({ ok: false, error: { kind: 'failed', fault: { code: 'farm-failed', message: 'inputs could not be sent: no room to think' } } });
    }
    expect([await farm.available(), farm.lastFault]).toEqual([true, undefined]);
  });

  test('unavailable: the coordinator is gone for all', async () => {
    const { farm } = await start({}, 'unavailable');
    expect(await farm.available()).toBe(true);
    expect(await send(farm, Buffer.from('small'))).toMatchObject({ ok: false, error: { kind: 'away' } });
    expect(await farm.available()).toBe(false);
  });
});

test('inputs that the farm lacks are told apart from a job that it gave up', async () => {
  const missing = rpcError('failed-precondition', 'one input blob is not in the store', { details: [{ type: 'precondition-failure', violations: [{ type: 'MISSING', subject: `blobs/${action.hash}/6`, description: '' }] }] });
  const { farm, seen } = await start({ result: {}, status: rpcErrorToStatus(missing) });
  expect(await execute(farm)).toMatchObject({ ok: false, error: { kind: 'missing' } });
  expect(seen.length).toBe(1);
  const sendable = await farm.execute({ action, known: false, blobs: () => [], skipCache: true, outputs: [], priority: 0, signal: new AbortController().signal });
  expect(sendable).toMatchObject({ ok: false, error: { kind: 'missing' } });
  expect(seen.length).toBe(1 + 3);
});

test('results are looked for by a call of their own as long as that finds any, or spares sending much', async () => {
  let known = true;
  let cached = false;
  const made = await createServer({
    listen: '127.0.0.1:0',
    services: {
      capabilities: { getCapabilities: () => ok({ executionCapabilities: { execEnabled: true } }) },
      actionCache: { getActionResult: () => (known ? ok({}) : err(rpcError('not-found', 'no result'))) },
      execution: {
        async *execute(request) {
          yield ok(makeOperation('operations/1', { stage: 'COMPLETED', actionDigest: request.actionDigest }, { result: {}, cachedResult: cached, status: { code: 0 } }));
        },
      },
    },
  });
  if (!made.ok) throw new Error(made.error.message);
  server = made.value;
  const connected = connectFarm(server.address, { nowMs: Date.now, sha256, user: 'ada@box' }, { plaintext: false });
  if (!connected.ok) throw new Error(connected.error.message);
  const one = (farm = connected.value);
  const { signal } = new AbortController();
  const look = (): Promise<unknown> => one.lookUp(action, [], signal);
  const blob = (sizeBytes: number) => () => [{ digest: { hash: sha256(Buffer.from(String(sizeBytes))), sizeBytes }, load: () => undefined }];

  expect(one.worthLookingUp(blob(10))).toBe(true);
  known = false;
  for (let times = 0; times < 4; times += 1) await look();
  expect(one.worthLookingUp(blob(10))).toBe(false);
  expect(one.worthLookingUp(undefined)).toBe(false);
  expect(one.worthLookingUp(blob(40_000_000))).toBe(true);
  cached = true;
  await execute(one);
  expect(one.worthLookingUp(blob(10))).toBe(true);
  known = true;
  for (let times = 0; times < 6; times += 1) await look();
  expect(one.worthLookingUp(blob(10))).toBe(true);
});
