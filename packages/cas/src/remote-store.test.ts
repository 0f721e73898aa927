import { describe, expect, test } from 'vitest';
import { EMPTY_DIGEST, digestKey, limits } from '@mosix/core';
import { connect } from '@mosix/protocol';
import { createMemoryStore } from './memory-store.js';
import type { MemoryStore } from './memory-store.js';
import { planBatches } from './batches.js';
import { createRemoteStore } from './remote-store.js';
import type { RemoteStore, RemoteStoreOptions } from './remote-store.js';
import { serveBlobs } from './testing/blob-server.js';
import type { Behaviour, BlobServer } from './testing/blob-server.js';
import { blob, later, must } from './testing/scratch.js';

const MIB = 1024 * 1024;

async function setUp(behaviour: Behaviour = {}, options: RemoteStoreOptions = {}): Promise<{ store: MemoryStore; server: BlobServer; remote: RemoteStore }> {
  const store = createMemoryStore();
  const server = await serveBlobs(store, behaviour);
  const channel = must(connect(server.address));
  later(() => channel.close());
  return { store, server, remote: createRemoteStore(channel, options) };
}

const count = (calls: readonly string[], word: string): number => calls.filter((call) => call.startsWith(word)).length;

describe('batches', () => {
  test('stay under their limit and leave nothing out', () => {
    for (let seed = 1; seed < 50; seed += 1) {
      const items = Array.from({ length: 200 }, (_, i) => ({ digest: { hash: String(i), sizeBytes: (i * i * seed * 7919) % 5000 } }));
      const { small, large } = planBatches(items, 4000);
      expect([...small.flat(), ...large].map((item) => item.digest.hash).sort()).toEqual(items.map((item) => item.digest.hash).sort());
      for (const batch of small) expect(batch.reduce((sum, item) => sum + item.digest.sizeBytes + 100, 0)).toBeLessThanOrEqual(4000);
      for (const item of large) expect(item.digest.sizeBytes + 100).toBeGreaterThan(4000);
    }
  });
});

describe('a remote store', () => {
  test('writes and reads many small blobs in few calls', async () => {
    const { server, remote } = await setUp();
    const blobs = Array.from({ length: 500 }, (_, i) => blob(i, 1000 + i));
    expect(must(await remote.missing(blobs.map(({ digest }) => digest)))).toHaveLength(500);
    must(await remote.writeMany([...blobs, ...blobs.slice(0, 10)]));
    expect(must(await remote.missing(blobs.map(({ digest }) => digest)))).toEqual([]);
    const found = must(await remote.readMany([...blobs.map(({ digest }) => digest), EMPTY_DIGEST, blob(999, 5).digest]));
    expect(found.size).toBe(501);
    for (const { digest, bytes } of blobs) expect(found.get(digestKey(digest))?.equals(bytes)).toBe(true);
    expect(count(server.calls, 'update')).toBe(1);
    expect(count(server.calls, 'read')).toBe(1);
  });

  test('streams what is too large for a batch, in whole and in part', async () => {
    const { server, remote } = await setUp();
    const sizes = [limits.batchBlobBytesMax - 100, limits.batchBlobBytesMax, 9 * MIB + 1];
    const blobs = sizes.map((sizeBytes, i) => blob(i, sizeBytes));
    must(await remote.writeMany(blobs.map(({ digest, bytes }) => ({ digest, bytes: async () => bytes }))));
    const found = must(await remote.readMany(blobs.map(({ digest }) => digest)));
    for (const { digest, bytes } of blobs) expect(found.get(digestKey(digest))?.equals(bytes)).toBe(true);
    expect(count(server.calls, 'stream in')).toBe(2);
    expect(count(server.calls, 'stream out')).toBe(2);
    const { digest, bytes } = blobs[2] ?? blob(0, 0);
    const parts: Buffer[] = [];
    for await (const chunk of remote.readStream(digest, 5 * MIB, 1000) ?? []) parts.push(chunk);
    expect(Buffer.concat(parts).equals(bytes.subarray(5 * MIB, 5 * MIB + 1000))).toBe(true);
  });

  test('answers to the common interface', async () => {
    const { remote } = await setUp();
    const { digest, bytes } = blob(1, 100);
    expect(await remote.has(digest)).toBe(false);
    expect(await remote.read(digest)).toBeUndefined();
    must(await remote.write(digest, bytes));
    expect(await remote.has(digest)).toBe(true);
    expect((await remote.read(digest))?.equals(bytes)).toBe(true);
    expect(await remote.write(digest, blob(2, 100).bytes)).toMatchObject({ ok: false, error: { code: 'digest-mismatch' } });
    must(await remote.write(EMPTY_DIGEST, Buffer.alloc(0)));
    expect(await remote.has(EMPTY_DIGEST)).toBe(true);
    expect((await remote.read(EMPTY_DIGEST))?.length).toBe(0);
  });

  test('writes in pieces, also a blob that is there, and refuses what does not fit', async () => {
    const { store, remote } = await setUp();
    const { digest, bytes } = blob(1, 2 * MIB);
    for (let round = 0; round < 2; round += 1) {
      const writer = await remote.openWrite(digest);
      for (let at = 0; at < bytes.length; at += 300_000) must(await writer.append(bytes.subarray(at, at + 300_000)));
      must(await writer.commit());
      expect((await store.read(digest))?.equals(bytes)).toBe(true);
    }
    const other = blob(2, 1000);
    const short = await remote.openWrite(other.digest);
    must(await short.append(other.bytes.subarray(1)));
    expect(await short.commit()).toMatchObject({ ok: false, error: { code: 'digest-mismatch' } });
    const long = await remote.openWrite(other.digest);
    expect(await long.append(Buffer.alloc(1001))).toMatchObject({ ok: false, error: { code: 'digest-mismatch' } });
    const wrong = await remote.openWrite(other.digest);
    must(await wrong.append(blob(3, 1000).bytes));
    expect((await wrong.commit()).ok).toBe(false);
    const given = await remote.openWrite(other.digest);
    must(await given.append(other.bytes.subarray(0, 10)));
    await given.abort();
    expect(store.has(other.digest)).toBe(false);
    const empty = await remote.openWrite(EMPTY_DIGEST);
    must(await empty.commit());
  });

  test('never gives a blob that does not match its digest', async () => {
    const { store, remote } = await setUp({ spoil: (bytes) => Buffer.concat([bytes.subarray(0, -1), Buffer.from('!')]) });
    for (const { digest, bytes } of [blob(1, 100), blob(2, 4 * MIB)]) {
      must(await store.write(digest, bytes));
      expect(await remote.read(digest)).toBeUndefined();
      expect(must(await remote.readMany([digest])).size).toBe(0);
    }
  });

  test('a server that sends too much, or too little, gives nothing', async () => {
    for (const spoil of [(bytes: Buffer) => Buffer.concat([bytes, bytes]), (bytes: Buffer) => bytes.subarray(1)]) {
      const { store, remote } = await setUp({ spoil });
      const { digest, bytes } = blob(1, 4 * MIB);
      must(await store.write(digest, bytes));
      expect(await remote.read(digest)).toBeUndefined();
    }
  });

  test('reports a source that is gone, a server that is gone, and a cancelled call', async () => {
    const { server, remote } = await setUp({ wait: (signal) => new Promise((resolve) => signal.addEventListener('abort', () => resolve())) });
    const { digest } = blob(1, 100);
    expect(await remote.writeMany([{ digest, bytes: async () => undefined }])).toMatchObject({ ok: false, error: { code: 'not-found' } });
    const controller = new AbortController();
    const asked = remote.missing([digest], { signal: controller.signal });
    setTimeout(() => controller.abort(), 50);
    expect(await asked).toMatchObject({ ok: false, error: { code: 'cancelled' } });
    await server.server.close();
    expect(await remote.missing([digest])).toMatchObject({ ok: false, error: { code: 'unavailable' } });
    expect(await remote.readMany([digest])).toMatchObject({ ok: false, error: { code: 'unavailable' } });
    expect(await remote.writeMany([blob(1, 100)])).toMatchObject({ ok: false, error: { code: 'unavailable' } });
    expect(await remote.writeMany([blob(1, 4 * MIB)])).toMatchObject({ ok: false, error: { code: 'unavailable' } });
    expect(await remote.has(digest)).toBe(false);
    const writer = await remote.openWrite(digest);
    await writer.append(blob(1, 100).bytes);
    expect((await writer.commit()).ok).toBe(false);
  });
});
