// A disk store whose reads hash what they give: for places where the reader does not check, or where a damaged blob must be
// found and dropped at once and not when the next client complains.
import { createHash } from 'node:crypto';
import type { Digest } from '@mosix/core';
import type { DiskStore } from './blob-store.js';
import { matches } from './hash.js';

/** `read` gives undefined for a damaged blob and drops it. `readStream` of a whole blob throws at its end, and drops it. */
export function withVerifiedReads(store: DiskStore): DiskStore {
  async function* checked(digest: Digest, chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
    const hash = createHash('sha256');
    for await (const chunk of chunks) {
      hash.update(chunk);
      yield chunk;
    }
    if (hash.digest('hex') === digest.hash) return;
    await store.drop(digest);
    throw new Error(`blob ${digest.hash} is damaged on disk`);
  }

  return {
    ...store,
    read: async (digest) => {
      const bytes = await store.read(digest);
      if (bytes === undefined || matches(digest, bytes)) return bytes;
      await store.drop(digest);
      return undefined;
    },
    readStream: (digest, offset = 0, limit) => {
      const chunks = store.readStream(digest, offset, limit);
      if (chunks === undefined || offset > 0 || (limit !== undefined && limit < digest.sizeBytes)) return chunks;
      return checked(digest, chunks);
    },
  };
}
