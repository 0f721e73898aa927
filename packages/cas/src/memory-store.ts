// Blobs in memory, bounded, least recently used first to go. For tests, and for small hot blobs in front of another store.
import { EMPTY_DIGEST, err, fault, ok, sameDigest } from '@mosix/core';
import type { Digest, Result } from '@mosix/core';
import type { BlobStore, BlobWriter, StoreStats } from './blob-store.js';
import { matches, mismatch, sha256 } from './hash.js';
import { createLruIndex } from './lru-index.js';

export interface MemoryStore extends BlobStore {
  has(digest: Digest): boolean;
  stats(): StoreStats;
}

export function createMemoryStore({ sizeBytesMax = Infinity }: { sizeBytesMax?: number } = {}): MemoryStore {
  const index = createLruIndex<{ costBytes: number; bytes: Buffer }>();

  const find = (digest: Digest): Buffer | undefined => {
    if (sameDigest(digest, EMPTY_DIGEST)) return Buffer.alloc(0);
    const entry = index.get(digest.hash);
    if (entry === undefined || entry.bytes.length !== digest.sizeBytes) return undefined;
    index.touch(digest.hash);
    return entry.bytes;
  };

  const write = async (digest: Digest, bytes: Uint8Array): Promise<Result<void>> => {
    if (!matches(digest, bytes)) return err(mismatch(digest, bytes.length === digest.sizeBytes ? sha256(bytes) : `${bytes.length} bytes`));
    if (bytes.length > sizeBytesMax) return err(fault('disk-full', `a blob of ${bytes.length} bytes does not fit into a store of ${sizeBytesMax}`));
    // A copy: the caller's bytes are often a window into a whole batch.
    index.set(digest.hash, { costBytes: bytes.length, bytes: Buffer.from(bytes) });
    for (const _ of index.evict(sizeBytesMax));
    return ok(undefined);
  };

  async function* chunks(bytes: Buffer): AsyncGenerator<Buffer> {
    if (bytes.length > 0) yield bytes;
  }

  return {
    has: (digest) => find(digest) !== undefined,
    findMissing: async (digests) => {
      const missing = new Map<string, Digest>();
      for (const digest of digests) if (find(digest) === undefined) missing.set(`${digest.hash}/${digest.sizeBytes}`, digest);
      return [...missing.values()];
    },
    read: async (digest) => find(digest),
    write,
    readStream: (digest, offset = 0, limit = Infinity) => {
      const bytes = find(digest);
      return bytes === undefined ? undefined : chunks(bytes.subarray(offset, offset + limit));
    },
    openWrite: async (digest) => memoryWriter(digest, write),
    stats: () => ({ blobs: index.count, sizeBytes: index.totalBytes, sizeBytesMax }),
  };
}

/** A writer that keeps everything until `commit`, for stores that take whole blobs. */
export function memoryWriter(digest: Digest, write: (digest: Digest, bytes: Uint8Array) => Promise<Result<void>>): BlobWriter {
  let parts: Buffer[] = [];
  let received = 0;
  return {
    append: async (chunk) => {
      received += chunk.length;
      if (received > digest.sizeBytes) return err(mismatch(digest, `at least ${received} bytes`));
      parts.push(Buffer.from(chunk));
      return ok(undefined);
    },
    commit: async () => {
      const bytes = Buffer.concat(parts);
      parts = [];
      return received > digest.sizeBytes ? err(mismatch(digest, `at least ${received} bytes`)) : write(digest, bytes);
    },
    abort: async () => {
      parts = [];
    },
  };
}
