// The blobs of a server, over the Remote Execution API: many small ones in one call, large ones as a stream, a deadline on every
// call that grows with the bytes it moves. Every blob that arrives is hashed before anybody sees it.
//
// `has`, `findMissing` and `read` of the common interface say the same of a blob that is absent and of one out of reach; `missing`, `readMany` and
// `writeMany` can, and are what farm code should use.
import { randomUUID } from 'node:crypto';
import { EMPTY_DIGEST, deadlineFor, digestKey, err, limits, ok, sameDigest } from '@mosix/core';
import type { Digest, Result } from '@mosix/core';
import { rpcError, statusToRpcError } from '@mosix/protocol';
import type { CallOptions, Channel, RpcError, bytestream, reapi } from '@mosix/protocol';
import { ENTRY_OVERHEAD_BYTES, planBatches, runAll } from './batches.js';
import type { BlobStore } from './blob-store.js';
import { digestOf, matches, mismatch } from './hash.js';
import { memoryWriter } from './memory-store.js';
import { createStreamWriter } from './remote-writer.js';

export interface RemoteStoreOptions {
  /** Prefix of every request; default none. */
  readonly instanceName?: string;
  /** For calls that name no signal of their own. */
  readonly signal?: AbortSignal;
  /** Blob bytes per batch call; lower where the server's Capabilities say so. Default `limits.batchBlobBytesMax`. */
  readonly batchBytesMax?: number;
}

export interface CallScope {
  readonly signal?: AbortSignal;
}

export interface BlobToWrite {
  readonly digest: Digest;
  /** The bytes, or how to get them when their turn comes (a big upload must not hold all of them in memory). */
  readonly bytes: Uint8Array | (() => Promise<Uint8Array | undefined>);
}

export interface RemoteStore extends BlobStore {
  /** Which blobs the server lacks, each once. Fails when the server cannot be asked. */
  missing(digests: readonly Digest[], scope?: CallScope): Promise<Result<Digest[], RpcError>>;
  /**
   * Blobs by `digestKey`; those that the server lacks, or sent damaged, are not in the map. Fails only when the server cannot be
   * asked.
   */
  readMany(digests: readonly Digest[], scope?: CallScope): Promise<Result<Map<string, Buffer>, RpcError>>;
  /**
   * Sends all of them, without asking first. Fails with the first failure; what arrived before it stays. A source that gives
   * undefined fails as `not-found`.
   */
  writeMany(blobs: readonly BlobToWrite[], scope?: CallScope): Promise<Result<void, RpcError>>;
}

function unique<T extends { readonly digest: Digest }>(items: readonly T[]): T[] {
  const byKey = new Map<string, T>();
  for (const item of items) if (!sameDigest(item.digest, EMPTY_DIGEST)) byKey.set(digestKey(item.digest), item);
  return [...byKey.values()];
}

export function createRemoteStore(channel: Channel, options: RemoteStoreOptions = {}): RemoteStore {
  const { instanceName = '', batchBytesMax = limits.batchBlobBytesMax } = options;
  const prefix = instanceName === '' ? '' : `${instanceName}/`;

  const call = (bytes: number, scope: CallScope | undefined): CallOptions => ({ deadlineMs: deadlineFor(bytes), signal: scope?.signal ?? options.signal });

  const missing: RemoteStore['missing'] = async (digests, scope) => {
    const wanted = unique(digests.map((digest) => ({ digest })));
    const found: Digest[] = [];
    for (let from = 0; from < wanted.length; from += limits.findMissingDigestsMax) {
      const blobDigests = wanted.slice(from, from + limits.findMissingDigestsMax).map(({ digest }) => digest);
      const reply = await channel.cas.findMissingBlobs({ instanceName, blobDigests }, call(blobDigests.length * ENTRY_OVERHEAD_BYTES, scope));
      if (!reply.ok) return reply;
      found.push(...reply.value.missingBlobDigests);
    }
    return ok(found);
  };

  // ---- reading ----

  const streamChunks = async function* (digest: Digest, offset: number, limit: number, scope?: CallScope): AsyncGenerator<Result<Buffer, RpcError>> {
    const resourceName = `${prefix}blobs/${digest.hash}/${digest.sizeBytes}`;
    const request = { resourceName, readOffset: offset, readLimit: limit };
    for await (const item of channel.byteStream.read(request, call(digest.sizeBytes, scope))) {
      yield item.ok ? ok(item.value.data) : item;
    }
  };

  const readLarge = async (digest: Digest, into: Map<string, Buffer>, scope?: CallScope): Promise<Result<void, RpcError>> => {
    const parts: Buffer[] = [];
    let received = 0;
    for await (const chunk of streamChunks(digest, 0, 0, scope)) {
      if (!chunk.ok) return chunk.error.code === 'not-found' ? ok(undefined) : chunk;
      received += chunk.value.length;
      if (received > digest.sizeBytes) return ok(undefined); // not the blob: as good as absent
      parts.push(chunk.value);
    }
    const bytes = Buffer.concat(parts);
    if (matches(digest, bytes)) into.set(digestKey(digest), bytes);
    return ok(undefined);
  };

  const readBatch = async (items: readonly { digest: Digest }[], into: Map<string, Buffer>, scope?: CallScope): Promise<Result<void, RpcError>> => {
    const digests = items.map(({ digest }) => digest);
    const bytes = digests.reduce((sum, digest) => sum + digest.sizeBytes, 0);
    const reply = await channel.cas.batchReadBlobs({ instanceName, digests }, call(bytes, scope));
    if (!reply.ok) return reply;
    for (const { digest, data, status } of reply.value.responses) {
      if (digest === null || (status?.code ?? 0) !== 0 || !matches(digest, data)) continue;
      // A copy, where the window would keep a much larger batch alive.
      into.set(digestKey(digest), digests.length === 1 ? data : Buffer.from(data));
    }
    return ok(undefined);
  };

  const readMany: RemoteStore['readMany'] = async (digests, scope) => {
    const { small, large } = planBatches(unique(digests.map((digest) => ({ digest }))), batchBytesMax);
    const found = new Map<string, Buffer>();
    if (digests.some((digest) => sameDigest(digest, EMPTY_DIGEST))) found.set(digestKey(EMPTY_DIGEST), Buffer.alloc(0));
    const done = await runAll([
      ...small.map((batch) => () => readBatch(batch, found, scope)),
      ...large.map(({ digest }) => () => readLarge(digest, found, scope)),
    ]);
    return done.ok ? ok(found) : done;
  };

  // ---- writing ----

  const sendStream = async (digest: Digest, chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>, scope?: CallScope): Promise<Result<void, RpcError>> => {
    const resourceName = `${prefix}uploads/${randomUUID()}/blobs/${digest.hash}/${digest.sizeBytes}`;
    const reply = await channel.byteStream.write(writeRequests(resourceName, digest.sizeBytes, chunks), call(digest.sizeBytes, scope));
    if (!reply.ok) return reply;
    return reply.value.committedSize === digest.sizeBytes
      ? ok(undefined)
      : err(rpcError('data-loss', `the server kept ${reply.value.committedSize} of ${digest.sizeBytes} bytes of ${digest.hash}`));
  };

  const bytesOf = async (blob: BlobToWrite): Promise<Result<Uint8Array, RpcError>> => {
    const bytes = typeof blob.bytes === 'function' ? await blob.bytes() : blob.bytes;
    return bytes === undefined ? err(rpcError('not-found', `blob ${digestKey(blob.digest)} is gone at its source`)) : ok(bytes);
  };

  const writeLarge = async (blob: BlobToWrite, scope?: CallScope): Promise<Result<void, RpcError>> => {
    const bytes = await bytesOf(blob);
    return bytes.ok ? sendStream(blob.digest, slices(bytes.value), scope) : bytes;
  };

  const writeBatch = async (blobs: readonly BlobToWrite[], scope?: CallScope): Promise<Result<void, RpcError>> => {
    const requests: reapi.BatchUpdateBlobsRequest_RequestInput[] = [];
    let total = 0;
    for (const blob of blobs) {
      const bytes = await bytesOf(blob);
      if (!bytes.ok) return bytes;
      requests.push({ digest: blob.digest, data: bytes.value });
      total += bytes.value.length;
    }
    const reply = await channel.cas.batchUpdateBlobs({ instanceName, requests }, call(total, scope));
    if (!reply.ok) return reply;
    if (reply.value.responses.length < requests.length) return err(rpcError('internal', 'the server left some blobs of a batch without an answer'));
    for (const { status } of reply.value.responses) {
      const error = statusToRpcError(status);
      if (error !== undefined) return err(error);
    }
    return ok(undefined);
  };

  const writeMany: RemoteStore['writeMany'] = async (blobs, scope) => {
    const { small, large } = planBatches(unique(blobs), batchBytesMax);
    return runAll([...small.map((batch) => () => writeBatch(batch, scope)), ...large.map((blob) => () => writeLarge(blob, scope))]);
  };

  const findMissing = async (digests: readonly Digest[]): Promise<Digest[]> => {
    const result = await missing(digests);
    return result.ok ? result.value : unique(digests.map((digest) => ({ digest }))).map(({ digest }) => digest);
  };

  return {
    missing,
    readMany,
    writeMany,
    findMissing,
    has: async (digest) => (await findMissing([digest])).length === 0,
    read: async (digest) => {
      const found = await readMany([digest]);
      return found.ok ? found.value.get(digestKey(digest)) : undefined;
    },
    write: async (digest, bytes) => {
      if (!matches(digest, bytes)) return err(mismatch(digest, digestKey(digestOf(bytes))));
      return writeMany([{ digest, bytes }]);
    },
    readStream: (digest, offset = 0, limit = 0) => unwrapped(streamChunks(digest, offset, limit)),
    openWrite: async (digest) =>
      sameDigest(digest, EMPTY_DIGEST)
        ? memoryWriter(digest, async (_digest, bytes) => (bytes.length === 0 ? ok(undefined) : err(mismatch(digest, digestKey(digestOf(bytes))))))
        : createStreamWriter(digest, (chunks, scope) => sendStream(digest, chunks, scope)),
  };
}

async function* unwrapped(chunks: AsyncIterable<Result<Buffer, RpcError>>): AsyncGenerator<Buffer> {
  for await (const chunk of chunks) {
    if (!chunk.ok) throw new Error(`${chunk.error.code}: ${chunk.error.message}`);
    yield chunk.value;
  }
}

function* slices(bytes: Uint8Array): Iterable<Uint8Array> {
  for (let from = 0; from < bytes.length; from += limits.byteStreamChunkBytes) yield bytes.subarray(from, from + limits.byteStreamChunkBytes);
}

async function* writeRequests(resourceName: string, sizeBytes: number, chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): AsyncGenerator<bytestream.WriteRequestInput> {
  let writeOffset = 0;
  for await (const data of chunks) {
    yield { ...(writeOffset === 0 ? { resourceName } : {}), writeOffset, data, finishWrite: writeOffset + data.length === sizeBytes };
    writeOffset += data.length;
  }
}
