// Large blobs over the connection of their own, against this project's own gRPC server.
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { err, limits, ok } from '@mosix/core';
import { connect, createServer, rpcError, type BulkWriter, type Channel, type RunningServer, type bytestream } from './index.js';

const blob = Buffer.alloc(2.5 * limits.byteStreamChunkBytes, 'mosix ');
const never = new AbortController().signal;
const source = (bytes: Buffer): ((into: Buffer) => number) => {
  let at = 0;
  return (into) => {
    const count = bytes.copy(into, 0, at);
    at += count;
    return count;
  };
};

let server: RunningServer;
let channel: Channel;
let writer: BulkWriter;
let seen: bytestream.WriteRequest[] = [];

beforeAll(async () => {
  const started = await createServer({
    listen: '127.0.0.1:0',
    services: {
      byteStream: {
        async write(requests) {
          seen = [];
          let bytes = 0;
          for await (const request of requests) {
            seen.push(request);
            bytes += request.data.length;
            if (seen[0]?.resourceName === 'there') return ok({ committedSize: blob.length });
            if (seen[0]?.resourceName === 'wrong') return err(rpcError('invalid-argument', 'not these bytes: ä %'));
            if (seen[0]?.resourceName === 'slow') await sleep(10);
            if (seen[0]?.resourceName === 'silent') await new Promise(() => undefined);
            if (request.finishWrite) return ok({ committedSize: bytes });
          }
          return err(rpcError('invalid-argument', 'ended early'));
        },
      },
    },
  });
  if (!started.ok) throw new Error(started.error.message);
  server = started.value;
  const connected = connect(server.address);
  if (!connected.ok) throw new Error(connected.error.message);
  channel = connected.value;
  writer = channel.bulkWriter();
});

afterAll(async () => {
  writer.close();
  channel.close();
  await server.close();
});

const send = (resourceName: string, bytes = blob, more: { silenceMs?: number; signal?: AbortSignal } = {}) =>
  writer.write({ resourceName, sizeBytes: blob.length, read: source(bytes) }, { silenceMs: 20_000, signal: never, ...more });

describe('bulk writer', () => {
  test('a blob arrives in pieces, as the protocol wants them', async () => {
    expect(await send('name')).toEqual({ ok: true, value: undefined });
    expect(seen.map((request) => [request.resourceName, request.writeOffset, request.finishWrite])).toEqual([
      ['name', 0, false],
      ['', limits.byteStreamChunkBytes, false],
      ['', 2 * limits.byteStreamChunkBytes, true],
    ]);
    expect(Buffer.concat(seen.map((request) => request.data)).equals(blob)).toBe(true);
  });

  test('an answer before the end is the answer', async () => {
    expect(await send('there')).toEqual({ ok: true, value: undefined });
    expect(await send('wrong')).toMatchObject({ ok: false, error: { code: 'invalid-argument', message: 'not these bytes: ä %' } });
  });

  test('a source that ends too early leaves no blob behind', async () => {
    expect(await send('short', blob.subarray(0, 10))).toMatchObject({ ok: false, error: { code: 'data-loss' } });
    expect(seen.some((request) => request.finishWrite)).toBe(false);
  });

  test('ends after silence and with its signal', async () => {
    expect(await send('silent', blob, { silenceMs: 50 })).toMatchObject({ ok: false, error: { code: 'deadline-exceeded' } });
    const aborter = new AbortController();
    const sending = send('silent', blob, { signal: aborter.signal });
    aborter.abort();
    expect(await sending).toMatchObject({ ok: false, error: { code: 'cancelled' } });
  });

  test('takes as long as it needs while something moves', async () => {
    // Windows and queues on the way hold some fifty of these pieces, which the server takes in half a second after the last one was sent.
    const piece = 256 * 1024;
    const silenceMs = 2_500;
    const begin = performance.now();
    const read = (into: Buffer): number => {
      into.fill('mosix ', 0, piece);
      return piece;
    };
    const sent = await writer.write({ resourceName: 'slow', sizeBytes: 400 * piece, read }, { silenceMs, signal: never });
    expect(sent).toEqual({ ok: true, value: undefined });
    expect(performance.now() - begin).toBeGreaterThan(silenceMs);
  });

  test('no server is a value too', async () => {
    const nowhere = connect('127.0.0.1:1');
    if (!nowhere.ok) throw new Error(nowhere.error.message);
    const alone = nowhere.value.bulkWriter();
    expect(await alone.write({ resourceName: 'x', sizeBytes: 1, read: source(Buffer.from('x')) }, { silenceMs: 5_000, signal: never })).toMatchObject({ ok: false, error: { code: 'unavailable' } });
    alone.close();
    nowhere.value.close();
  });
});
