import { mkdtempSync, rmSync } from 'node:fs';
import { createServer as createTcpServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { ok, err } from '@mosix/core';
import type { Result } from '@mosix/core';
import { connect, createServer, execute, makeOperation, preconditionViolations, rpcError } from './index.js';
import type { Channel, ClientDuplex, RpcError, ServerOptions, bytestream, farm, longrunning } from './index.js';

const cleanUps: (() => void | Promise<void>)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
});

function must<T>(result: Result<T, { message: string }>): T {
  if (!result.ok) throw new Error(result.error.message);
  return result.value;
}

async function serveFor(lean: boolean, services: ServerOptions['services'], listen = '127.0.0.1:0'): Promise<Channel> {
  const server = must(await createServer({ listen, services }));
  cleanUps.push(() => server.close());
  const channel = must(connect(server.address, { lean }));
  cleanUps.push(() => channel.close());
  return channel;
}

const digest = { hash: 'a'.repeat(64), sizeBytes: 5_000_000_000 };
const sleepUntil = async (condition: () => boolean): Promise<void> => {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 5));
};

describe.each([['grpc-js', false], ['lean', true]] as const)('calls with one reply (%s)', (_name, lean) => {
  const serve = (services: ServerOptions['services'], listen?: string): Promise<Channel> => serveFor(lean, services, listen);

  test('carry typed messages both ways, with 64-bit sizes as numbers', async () => {
    const channel = await serve({ cas: { findMissingBlobs: (request) => ok({ missingBlobDigests: request.blobDigests }) } });
    expect(must(await channel.cas.findMissingBlobs({ blobDigests: [digest] })).missingBlobDigests).toEqual([digest]);
  });

  test('fill in defaults for what was not sent', async () => {
    const channel = await serve({ capabilities: { getCapabilities: () => ok({ executionCapabilities: { execEnabled: true } }) } });
    const reply = must(await channel.capabilities.getCapabilities({}));
    expect(reply.executionCapabilities?.digestFunction).toBe('UNKNOWN');
    expect(reply.cacheCapabilities).toBeNull();
  });

  test('a failure arrives with its code, message and details', async () => {
    const violations = [{ type: 'MISSING', subject: `blobs/${digest.hash}/5`, description: '' }];
    const channel = await serve({
      actionCache: { getActionResult: () => err(rpcError('failed-precondition', 'inputs are missing', { details: [{ type: 'precondition-failure', violations }, { type: 'retry-info', delayMs: 1500 }] })) },
    });
    const result = await channel.actionCache.getActionResult({ actionDigest: digest });
    if (result.ok) throw new Error('a reply was not expected');
    expect(result.error.code).toBe('failed-precondition');
    expect(result.error.message).toBe('inputs are missing');
    expect(preconditionViolations(result.error)).toEqual(violations);
    expect(result.error.details[1]).toEqual({ type: 'retry-info', delayMs: 1500 });
  });

  test('a method without a handler is unimplemented; a handler that throws is internal and reported', async () => {
    const bugs: string[] = [];
    const server = must(await createServer({
      listen: '127.0.0.1:0',
      services: { cas: { findMissingBlobs: () => { throw new Error('oops'); } } },
      onBug: (_problem, path) => bugs.push(path),
    }));
    cleanUps.push(() => server.close());
    const channel = must(connect(server.address, { lean }));
    cleanUps.push(() => channel.close());
    expect(await channel.cas.batchReadBlobs({})).toMatchObject({ ok: false, error: { code: 'unimplemented' } });
    expect(await channel.cas.findMissingBlobs({})).toMatchObject({ ok: false, error: { code: 'internal' } });
    expect(bugs).toEqual(['/build.bazel.remote.execution.v2.ContentAddressableStorage/FindMissingBlobs']);
  });

  test('deadline and signal end the call on both sides', async () => {
    let begun = 0;
    let aborted = 0;
    const channel = await serve({
      cas: { findMissingBlobs: async (_request, context) => {
        begun += 1;
        await new Promise<void>((resolve) => context.signal.addEventListener('abort', () => resolve()));
        aborted += 1;
        return ok({});
      } },
    });
    // Connected: a deadline that passes before the call has left reaches no handler.
    expect(await channel.ready(20_000)).toBe(true);
    expect(await channel.cas.findMissingBlobs({}, { deadlineMs: 500 })).toMatchObject({ ok: false, error: { code: 'deadline-exceeded' } });
    const before = begun;
    const controller = new AbortController();
    const call = channel.cas.findMissingBlobs({}, { signal: controller.signal });
    await sleepUntil(() => begun > before);
    controller.abort();
    expect(await call).toMatchObject({ ok: false, error: { code: 'cancelled' } });
    expect(await channel.cas.findMissingBlobs({}, { signal: controller.signal })).toMatchObject({ ok: false, error: { code: 'cancelled' } });
    await sleepUntil(() => aborted === begun);
  });

  test('headers reach the handler', async () => {
    const channel = await serve({ cas: { findMissingBlobs: (_request, context) => ok({ missingBlobDigests: [{ hash: String(context.header('x-name')), sizeBytes: context.peer === '' ? 0 : 1 }] }) } });
    const reply = must(await channel.cas.findMissingBlobs({}, { metadata: { 'x-name': 'anna' } }));
    expect(reply.missingBlobDigests).toEqual([{ hash: 'anna', sizeBytes: 1 }]);
  });

  test('nobody there is unavailable; a stranger on the port is an error, not a hang', async () => {
    const stranger = createTcpServer((socket) => {
      socket.on('error', () => undefined);
      socket.write('220 mail.example ESMTP\r\n', () => socket.destroy());
    });
    await new Promise<void>((resolve) => stranger.listen(0, '127.0.0.1', resolve));
    const port = (stranger.address() as AddressInfo).port;
    const there = must(connect(`127.0.0.1:${port}`, { lean }));
    expect((await there.cas.findMissingBlobs({}, { deadlineMs: 5000 })).ok).toBe(false);
    there.close();
    await new Promise((resolve) => stranger.close(resolve));
    const nobody = must(connect(`127.0.0.1:${port}`, { lean }));
    expect(await nobody.cas.findMissingBlobs({}, { deadlineMs: 5000 })).toMatchObject({ ok: false, error: { code: 'unavailable' } });
    expect(await nobody.ready(50)).toBe(false);
    nobody.close();
  });

  test('messages far above the default limit of 4 MiB pass', async () => {
    const channel = await serve({ cas: { batchUpdateBlobs: (request) => ok({ responses: request.requests.map((item) => ({ digest: { sizeBytes: item.data.length } })) }) } });
    const reply = must(await channel.cas.batchUpdateBlobs({ requests: [{ digest, data: Buffer.alloc(20 << 20, 7) }] }));
    expect(reply.responses[0]?.digest?.sizeBytes).toBe(20 << 20);
  });
});

describe.each([['grpc-js', false], ['lean', true]] as const)('streams (%s)', (_name, lean) => {
  const serve = (services: ServerOptions['services'], listen?: string): Promise<Channel> => serveFor(lean, services, listen);

  test('operations arrive unpacked and in order', async () => {
    const channel = await serve({
      execution: {
        async *execute(request): AsyncIterable<Result<longrunning.OperationInput, RpcError>> {
          yield ok(makeOperation('op-1', { stage: 'QUEUED', actionDigest: request.actionDigest }));
          yield ok(makeOperation('op-1', { stage: 'COMPLETED' }, { result: { exitCode: 3 }, status: {} }));
        },
      },
    });
    const updates = [];
    for await (const item of execute(channel, { actionDigest: digest })) updates.push(must(item));
    expect(updates.map((update) => update.stage)).toEqual(['QUEUED', 'COMPLETED']);
    expect(updates[0]?.metadata?.actionDigest).toEqual(digest);
    expect(updates[1]).toMatchObject({ done: true, name: 'op-1', error: undefined, response: { result: { exitCode: 3 } } });
  });

  test('the error of a stream is its last item, after all messages, however late the reader begins', async () => {
    const channel = await serve({
      byteStream: {
        async *read(): AsyncIterable<Result<bytestream.ReadResponseInput, RpcError>> {
          for (let i = 0; i < 10; i += 1) yield ok({ data: Buffer.from([i]) });
          yield err(rpcError('data-loss', 'the rest is damaged'));
        },
      },
    });
    const replies = channel.byteStream.read({ resourceName: 'x' });
    await new Promise((resolve) => setTimeout(resolve, 100));
    const got: number[] = [];
    let last: RpcError | undefined;
    for await (const item of replies) {
      if (item.ok) got.push(item.value.data[0] ?? -1);
      else last = item.error;
    }
    expect(got).toEqual(Array.from({ length: 10 }, (_, i) => i));
    expect(last).toMatchObject({ code: 'data-loss', message: 'the rest is damaged' });
  });

  test('a slow reader holds the server back; leaving the loop cancels it', async () => {
    let sent = 0;
    let stopped = false;
    const channel = await serve({
      byteStream: {
        async *read(_request, context): AsyncIterable<Result<bytestream.ReadResponseInput, RpcError>> {
          try {
            while (!context.signal.aborted) {
              sent += 1;
              yield ok({ data: Buffer.alloc(1 << 20) });
            }
          } finally {
            stopped = true;
          }
        },
      },
    });
    for await (const item of channel.byteStream.read({ resourceName: 'x' })) {
      must(item);
      await new Promise((resolve) => setTimeout(resolve, 200));
      break;
    }
    await sleepUntil(() => stopped);
    expect(sent).toBeLessThan(200);
  });

  test('a client stream may be answered before its end', async () => {
    const channel = await serve({
      byteStream: {
        write: async (requests) => {
          for await (const request of requests) return ok({ committedSize: request.data.length });
          return err(rpcError('invalid-argument', 'empty'));
        },
      },
    });
    let given = 0;
    function* endless(): Iterable<bytestream.WriteRequestInput> {
      while (given < 100_000) {
        given += 1;
        yield { resourceName: 'x', data: Buffer.alloc(64 << 10) };
      }
    }
    expect(must(await channel.byteStream.write(endless(), { deadlineMs: 20_000 })).committedSize).toBe(64 << 10);
    expect(given).toBeLessThan(100_000);
  });

  test('a source that throws cancels the call, and the handler sees no complete stream', async () => {
    let ended: 'whole' | 'partial' | undefined;
    const channel = await serve({
      byteStream: {
        write: async (requests) => {
          let whole = false;
          for await (const request of requests) whole = request.finishWrite;
          ended = whole ? 'whole' : 'partial';
          return ok({});
        },
      },
    });
    async function* broken(): AsyncIterable<bytestream.WriteRequestInput> {
      yield { resourceName: 'x', data: Buffer.alloc(10) };
      await new Promise((resolve) => setTimeout(resolve, 30));
      throw new Error('disk gone');
    }
    await expect(channel.byteStream.write(broken())).rejects.toThrow('disk gone');
    await sleepUntil(() => ended !== undefined);
    expect(ended).toBe('partial');
  });

  test('a worker and its coordinator talk both ways, and each sees the other end', async () => {
    const seen: string[] = [];
    let left = false;
    const channel = await serve({
      farm: {
        attach: async (call, context) => {
          for await (const message of call.received) {
            if (message.message === 'hello') {
              seen.push(message.hello.name);
              call.send({ welcome: { nodeId: 'n1', heartbeatIntervalMs: 1000 } });
            } else if (message.message === 'update' && message.update.state === 'finished') {
              seen.push(message.update.finished.result?.stdoutRaw.toString() ?? '');
            }
          }
          left = true;
          return context.signal.aborted ? err(rpcError('aborted', 'gone')) : ok(undefined);
        },
      },
    });
    const call: ClientDuplex<farm.WorkerMessageInput, farm.CoordinatorMessage> = channel.farm.attach();
    call.send({ hello: { name: 'anna', slots: 2 } });
    const replies: farm.CoordinatorMessage[] = [];
    for await (const item of call.received) {
      replies.push(must(item));
      call.send({ update: { leaseId: 'l', finished: { result: { stdoutRaw: Buffer.from('hi') } } } });
      call.end();
    }
    expect(replies).toMatchObject([{ message: 'welcome', welcome: { nodeId: 'n1' } }]);
    expect(seen).toEqual(['anna', 'hi']);
    expect(left).toBe(true);
    left = false;
    const second = channel.farm.attach();
    second.send({ hello: { name: 'bert' } });
    await sleepUntil(() => seen.includes('bert'));
    second.cancel();
    await sleepUntil(() => left);
  });

  test('a server that dies ends open streams with an error', async () => {
    const server = must(await createServer({ listen: '127.0.0.1:0', services: { farm: { attach: async (call) => { for await (const _ of call.received); return ok(undefined); } } } }));
    const channel = must(connect(server.address, { lean }));
    cleanUps.push(() => channel.close());
    const call = channel.farm.attach();
    call.send({ hello: { name: 'anna' } });
    expect(await channel.ready(5000)).toBe(true);
    setTimeout(() => void server.close(), 50);
    const items = [];
    for await (const item of call.received) items.push(item);
    expect(items).toMatchObject([{ ok: false, error: { code: 'unavailable' } }]);
    expect(call.send({ heartbeat: {} })).toBe(false);
  });
});

describe('addresses', () => {
  test.each([false, true])('unix sockets work (lean: %s)', async (lean) => {
    const directory = mkdtempSync(join(tmpdir(), 'mosix-protocol-'));
    cleanUps.push(() => rmSync(directory, { recursive: true }));
    const channel = await serveFor(lean, { cas: { findMissingBlobs: () => ok({}) } }, `unix:${directory}/s`);
    expect((await channel.cas.findMissingBlobs({})).ok).toBe(true);
  });

  test('plaintext leaves this machine only when asked for by name', async () => {
    for (const address of ['farm.example:4500', '0.0.0.0:0', '10.0.0.1:4500', '[2001:db8::1]:4500', '127.0.0.1.example:4500']) {
      expect(connect(address)).toMatchObject({ ok: false, error: { code: 'plaintext-refused' } });
      expect(await createServer({ listen: address, services: {} })).toMatchObject({ ok: false, error: { code: 'plaintext-refused' } });
    }
    const allowed = must(connect('farm.example:4500', { plaintext: true }));
    allowed.close();
    for (const address of ['localhost:1', '127.0.0.1:1', '[::1]:1', 'dns:localhost:1']) must(connect(address)).close();
    expect(connect('nonsense')).toMatchObject({ ok: false, error: { code: 'bad-address' } });
  });

  test('a port in use is a value, not an exception', async () => {
    const first = must(await createServer({ listen: '127.0.0.1:0', services: {} }));
    cleanUps.push(() => first.close());
    expect(await createServer({ listen: first.address, services: {} })).toMatchObject({ ok: false, error: { code: 'listen-failed' } });
  });
});
