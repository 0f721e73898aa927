// Keeps small blobs that were just written in memory, in front of the store.
//
// Nearly everything that arrives is read again within the second: Action, Command and Directory blobs by Execute, sources by a
// worker, objects for the answer to the client. These bytes were hashed on their way in, so reading them here saves the disk and
// a second hash. What was read from the disk is not kept: nobody has looked at it yet.
import type { DiskStore } from '@mosix/cas';
import { limits, type Digest } from '@mosix/core';
import { createLru } from './lru.js';

export interface RecentStore extends DiskStore {
  /** The bytes if they are here in memory, known to be sound. */
  recent(digest: Digest): Buffer | undefined;
}

export function withRecentBlobs(store: DiskStore, bytesMax: number = limits.recentBlobBytesMax): RecentStore {
  const recents = createLru<Buffer>(bytesMax);
  const recent = (digest: Digest): Buffer | undefined => {
    const bytes = recents.get(digest.hash);
    return bytes?.length === digest.sizeBytes ? bytes : undefined;
  };
  return {
    ...store,
    recent,
    async read(digest) {
      const bytes = store.has(digest) ? recent(digest) : undefined;
      return bytes ?? store.read(digest);
    },
    async write(digest, bytes) {
      const written = await store.write(digest, bytes);
      if (written.ok && bytes.length <= limits.recentBlobSizeMax) recents.set(digest.hash, keepable(bytes), bytes.length + OVERHEAD_BYTES);
      return written;
    },
    async drop(digest) {
      recents.delete(digest.hash);
      await store.drop(digest);
    },
    async verify(digest) {
      if (await store.verify(digest)) return true;
      // The disk lost it and we have it still: mend the store.
      const bytes = recent(digest);
      return bytes !== undefined && (await store.write(digest, bytes)).ok;
    },
  };
}

/** A view keeps the whole message alive that the bytes came in: right when they are most of it, else they are copied. */
const keepable = (bytes: Uint8Array): Buffer =>
  bytes.buffer.byteLength <= 2 * bytes.length ? Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length) : Buffer.from(bytes);

/** What a small entry costs beside its bytes. */
const OVERHEAD_BYTES = 200;
