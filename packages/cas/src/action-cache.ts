// Action results on disk by the hash of their action. A result is no content-addressed blob, so each file carries the SHA-256 of its
// payload in front; a file that does not match is dropped, never served.
import { createHash } from 'node:crypto';
import { err, fault, isHash, limits, ok } from '@mosix/core';
import type { Result } from '@mosix/core';
import type { ActionCache } from './blob-store.js';
import { readWholeSync } from './file-reads.js';
import { ioFault, isNoSpace, nodeWritePort, openStoreFiles, placeFile, removeFile, scanFiles } from './files.js';
import type { StoreFiles, WritePort } from './files.js';
import { createLruIndex } from './lru-index.js';
import type { LruIndex } from './lru-index.js';

const CHECK_BYTES = 32;

interface Entry {
  readonly costBytes: number;
}

const checkOf = (payload: Uint8Array): Buffer => createHash('sha256').update(payload).digest();

/** Codes: `store-io`, `disk-full`. `port` is for tests that let writes fail. */
export async function openActionCache(
  options: { directory: string; sizeBytesMax: number },
  port: WritePort = nodeWritePort,
): Promise<Result<ActionCache>> {
  const opened = openStoreFiles(options.directory, 0o444, port);
  if (!opened.ok) return opened;
  const files = opened.value;
  const index = createLruIndex<Entry>();
  try {
    for (const { name, path, sizeBytes } of await scanFiles(files)) {
      if (isHash(name) && path === files.pathOf(name) && sizeBytes >= CHECK_BYTES) index.set(name, { costBytes: sizeBytes });
      else removeFile(path);
    }
  } catch (problem) {
    return err(ioFault(problem, options.directory));
  }
  return ok(createActionCache(files, index, options.sizeBytesMax));
}

function createActionCache(files: StoreFiles, index: LruIndex<Entry>, sizeBytesMax: number): ActionCache {
  const makeRoom = (targetBytes: number): void => {
    for (const [hash] of index.evict(targetBytes)) removeFile(files.pathOf(hash));
  };

  const remove = (hash: string): void => {
    if (index.delete(hash) !== undefined) removeFile(files.pathOf(hash));
  };

  const place = (hash: string, parts: readonly Uint8Array[], sizeBytes: number): Result<void> => {
    for (let attempt = 0; ; attempt += 1) {
      try {
        placeFile(files, hash, parts);
        return ok(undefined);
      } catch (problem) {
        if (attempt > 0 || !isNoSpace(problem)) return err(ioFault(problem, files.directory));
        makeRoom(Math.max(0, index.totalBytes - Math.max(2 * sizeBytes, index.totalBytes * limits.storeFullEvictShare)));
      }
    }
  };

  return {
    get: async (hash) => {
      const entry = index.get(hash);
      if (entry === undefined) return undefined;
      const bytes = readWholeSync(files.pathOf(hash), entry.costBytes);
      const payload = bytes?.subarray(CHECK_BYTES);
      if (bytes === undefined || payload === undefined || !checkOf(payload).equals(bytes.subarray(0, CHECK_BYTES))) {
        remove(hash);
        return undefined;
      }
      index.touch(hash);
      return payload;
    },
    put: async (hash, payload) => {
      const sizeBytes = CHECK_BYTES + payload.length;
      if (!isHash(hash)) return err(fault('store-io', `"${hash}" is no hash`));
      if (sizeBytes > sizeBytesMax) return err(fault('disk-full', `a result of ${sizeBytes} bytes does not fit into a cache of ${sizeBytesMax}`));
      const placed = place(hash, [checkOf(payload), payload], sizeBytes);
      if (!placed.ok) return placed;
      index.set(hash, { costBytes: sizeBytes });
      makeRoom(sizeBytesMax);
      return placed;
    },
    delete: async (hash) => remove(hash),
    stats: () => ({ blobs: index.count, sizeBytes: index.totalBytes, sizeBytesMax }),
    close: async () => undefined,
  };
}
