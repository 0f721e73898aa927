// The blob store on disk: `<2 hex>/<hash>`, mode 0444, and `<hash>.x`, mode 0555, for those that a job must be able to run. The
// index lives in memory and is rebuilt from the folders at open; sizes bound it, least recently used blobs go first.
//
// A blob under its name was hashed on its way in. Reads do not hash again (see `withVerifiedReads`): every use but `has` and
// `findMissing` looks whether the file is there, whole and unchanged (its seal, see files.ts), and only a file that is not, or that
// a power cut may have spoiled, is hashed once more, and dropped when it is damaged. What a failing disk changes by itself is left
// to `verify`, and to the hashing at every arrival.
import { chmodSync, constants, copyFileSync } from 'node:fs';
import { EMPTY_DIGEST, err, fault, isHash, limits, ok, sameDigest } from '@mosix/core';
import type { Digest, Result } from '@mosix/core';
import type { DiskStore, DiskStoreOptions } from './blob-store.js';
import { createDiskWriter } from './disk-writer.js';
import { hashFile, readWhole, readWholeSync, streamFile } from './file-reads.js';
import { SYNC_BYTES_MAX, errorCode, ioFault, isNoSpace, isSealed, makeFolders, nodeWritePort, openStoreFiles, placeFile, removeFile, scanFiles, seal, sealAgain, writeAll } from './files.js';
import type { StoreFiles, WritePort } from './files.js';
import { mismatch, sha256 } from './hash.js';
import { createLruIndex } from './lru-index.js';
import type { LruIndex } from './lru-index.js';

interface Entry {
  readonly costBytes: number;
  readonly sizeBytes: number;
  readonly hasExecutable: boolean;
  /** Perhaps changed or spoiled, and not hashed since. */
  readonly suspect: boolean;
}

const EXECUTABLE_SUFFIX = '.x';

const entryOf = (sizeBytes: number, hasExecutable: boolean, suspect: boolean): Entry =>
  ({ costBytes: hasExecutable ? 2 * sizeBytes : sizeBytes, sizeBytes, hasExecutable, suspect });

async function loadIndex(files: StoreFiles, index: LruIndex<Entry>): Promise<void> {
  const scanned = await scanFiles(files);
  const executables = new Map<string, number>();
  for (const { name, path, sizeBytes, suspect } of scanned) {
    const hash = name.slice(0, -EXECUTABLE_SUFFIX.length);
    if (name.endsWith(EXECUTABLE_SUFFIX) && isHash(hash) && path === files.pathOf(name) && !suspect) executables.set(hash, sizeBytes);
  }
  for (const { name, path, sizeBytes, suspect } of scanned) {
    if (isHash(name) && path === files.pathOf(name)) index.set(name, entryOf(sizeBytes, executables.get(name) === sizeBytes, suspect));
  }
  for (const { name, path } of scanned) {
    const known = index.get(name.slice(0, 64));
    const wanted = name.endsWith(EXECUTABLE_SUFFIX) ? known?.hasExecutable === true : known !== undefined;
    if (!wanted || path !== files.pathOf(name)) removeFile(path);
  }
}

/** Codes: `store-io`, `disk-full`. `port` is for tests that let writes fail. */
export async function openDiskStore(options: DiskStoreOptions, port: WritePort = nodeWritePort): Promise<Result<DiskStore>> {
  const opened = openStoreFiles(options.directory, options.fileMode ?? 0o444, port);
  if (!opened.ok) return opened;
  const files = opened.value;
  const index = createLruIndex<Entry>();
  try {
    if (options.foldersAtOpen === true) makeFolders(options.directory);
    await loadIndex(files, index);
  } catch (problem) {
    return err(ioFault(problem, options.directory));
  }
  const store = createDiskStore(files, index, options);
  const empty = await store.write(EMPTY_DIGEST, Buffer.alloc(0));
  if (!empty.ok) return empty;
  store.pin([EMPTY_DIGEST]);
  return ok(store);
}

function createDiskStore(files: StoreFiles, index: LruIndex<Entry>, { sizeBytesMax, directory }: DiskStoreOptions): DiskStore {
  let changedFiles = 0;
  const forget = (hash: string): void => {
    const entry = index.delete(hash);
    if (entry === undefined) return;
    removeFile(files.pathOf(hash));
    if (entry.hasExecutable) removeFile(files.pathOf(hash + EXECUTABLE_SUFFIX));
  };

  const makeRoom = (targetBytes: number): void => {
    for (const [hash, entry] of index.evict(targetBytes)) {
      removeFile(files.pathOf(hash));
      if (entry.hasExecutable) removeFile(files.pathOf(hash + EXECUTABLE_SUFFIX));
    }
  };

  /** The disk is full though the store is not: others use it too. Give up a part of what we hold. */
  const makeRoomOnDisk = (neededBytes: number): void =>
    makeRoom(Math.max(0, index.totalBytes - Math.max(2 * neededBytes, Math.floor(index.totalBytes * limits.storeFullEvictShare))));

  /** The entry, as far as the index knows. Clears suspicion by hashing. */
  const known = (digest: Digest): Entry | undefined => {
    const entry = index.get(digest.hash);
    if (entry === undefined || entry.sizeBytes !== digest.sizeBytes) return undefined;
    if (!entry.suspect) return entry;
    const bytes = readWholeSync(files.pathOf(digest.hash), entry.sizeBytes);
    if (bytes === undefined || sha256(bytes) !== digest.hash) {
      forget(digest.hash);
      return undefined;
    }
    sealAgain(files.pathOf(digest.hash));
    if (entry.hasExecutable) removeFile(files.pathOf(digest.hash + EXECUTABLE_SUFFIX)); // made anew when next wanted
    const cleared = entryOf(entry.sizeBytes, false, false);
    index.set(digest.hash, cleared);
    return cleared;
  };

  /** The entry, after a look at the file: there, whole and unchanged, or else hashed and found good. Counts as a use. */
  const intact = (digest: Digest): Entry | undefined => {
    const entry = known(digest);
    if (entry === undefined) return undefined;
    if (isSealed(files.pathOf(digest.hash), entry.sizeBytes) === true) {
      index.touch(digest.hash);
      return entry;
    }
    changedFiles += 1;
    index.set(digest.hash, { ...entry, suspect: true });
    return known(digest);
  };

  const added = (digest: Digest): void => {
    const before = index.get(digest.hash);
    index.set(digest.hash, entryOf(digest.sizeBytes, before?.hasExecutable ?? false, false));
    makeRoom(sizeBytesMax);
  };

  const tooBig = (digest: Digest): Result<void> | undefined =>
    digest.sizeBytes > sizeBytesMax
      ? err(fault('disk-full', `a blob of ${digest.sizeBytes} bytes does not fit into a store of ${sizeBytesMax}`, { hint: 'give the store a larger size' }))
      : undefined;

  /** Runs a write; when the disk is full, once more after giving up old blobs. */
  const withRoom = async (digest: Digest, run: () => void | Promise<void>): Promise<Result<void>> => {
    for (let attempt = 0; ; attempt += 1) {
      try {
        const pending = run();
        if (pending !== undefined) await pending;
        return ok(undefined);
      } catch (problem) {
        if (attempt > 0 || !isNoSpace(problem)) return err(ioFault(problem, directory));
        makeRoomOnDisk(digest.sizeBytes);
      }
    }
  };

  const placeLarge = async (digest: Digest, bytes: Uint8Array): Promise<void> => {
    const temporary = files.temporaryPath();
    const descriptor = files.create(temporary);
    let open = true;
    try {
      await writeAll(files.port, descriptor, bytes);
      seal(descriptor);
      open = false;
      files.port.close(descriptor);
      files.install(temporary, digest.hash);
    } catch (problem) {
      if (open) files.port.close(descriptor);
      removeFile(temporary);
      throw problem;
    }
  };

  const write = async (digest: Digest, bytes: Uint8Array): Promise<Result<void>> => {
    if (bytes.length !== digest.sizeBytes) return err(mismatch(digest, `${bytes.length} bytes`));
    const hash = sha256(bytes);
    if (hash !== digest.hash) return err(mismatch(digest, hash));
    if (known(digest) !== undefined) {
      // Who sends a blob that we have may know that ours is damaged: compare, which costs less than a write.
      if ((await read(digest))?.equals(bytes) === true) return ok(undefined);
      forget(digest.hash);
    }
    const refused = tooBig(digest);
    if (refused !== undefined) return refused;
    const written = await withRoom(digest, () =>
      bytes.length <= SYNC_BYTES_MAX ? placeFile(files, digest.hash, [bytes]) : placeLarge(digest, bytes));
    if (written.ok) added(digest);
    return written;
  };

  /** A copy and not a link: the mode belongs to the file, and the plain twin must not become executable. */
  const copyExecutable = (digest: Digest): void => {
    const temporary = files.temporaryPath();
    try {
      copyFileSync(files.pathOf(digest.hash), temporary, constants.COPYFILE_FICLONE);
      chmodSync(temporary, 0o555);
      sealAgain(temporary);
      files.install(temporary, digest.hash + EXECUTABLE_SUFFIX);
    } catch (problem) {
      removeFile(temporary);
      throw problem;
    }
  };

  const makeExecutable = (digest: Digest): boolean => {
    for (let attempt = 0; ; attempt += 1) {
      try {
        copyExecutable(digest);
        break;
      } catch (problem) {
        if (errorCode(problem) === 'ENOENT') forget(digest.hash);
        if (attempt > 0 || !isNoSpace(problem)) return false;
        makeRoomOnDisk(digest.sizeBytes);
      }
    }
    index.set(digest.hash, entryOf(digest.sizeBytes, true, false));
    makeRoom(sizeBytesMax);
    return index.get(digest.hash) !== undefined;
  };

  const drop = async (digest: Digest): Promise<void> => {
    forget(digest.hash);
    if (digest.hash === EMPTY_DIGEST.hash) await write(EMPTY_DIGEST, Buffer.alloc(0)); // it always exists
  };

  const read = async (digest: Digest): Promise<Buffer | undefined> => {
    if (sameDigest(digest, EMPTY_DIGEST)) return Buffer.alloc(0);
    const entry = intact(digest);
    if (entry === undefined) return undefined;
    const path = files.pathOf(digest.hash);
    const bytes = entry.sizeBytes <= SYNC_BYTES_MAX ? readWholeSync(path, entry.sizeBytes) : await readWhole(path, entry.sizeBytes);
    // Gone or cut since we wrote it, by somebody else. If it was evicted while we read, the entry is another one or none.
    if (bytes === undefined && index.get(digest.hash) === entry) forget(digest.hash);
    return bytes;
  };

  return {
    has: (digest) => known(digest) !== undefined,
    findMissing: async (digests) => {
      const missing = new Map<string, Digest>();
      for (const digest of digests) {
        if (known(digest) === undefined) missing.set(`${digest.hash}/${digest.sizeBytes}`, digest);
        else index.touch(digest.hash);
      }
      return [...missing.values()];
    },
    read,
    write,
    readStream: (digest, offset = 0, limit = Number.MAX_SAFE_INTEGER) => {
      const entry = intact(digest);
      if (entry === undefined) return undefined;
      return streamFile(files.pathOf(digest.hash), entry.sizeBytes, offset, limit);
    },
    openWrite: async (digest) => createDiskWriter(digest, {
      files,
      withRoom,
      refused: tooBig(digest),
      alreadyThere: () => intact(digest) !== undefined,
      added,
    }),
    path: (digest, { executable = false } = {}) => {
      const entry = intact(digest);
      if (entry === undefined) return undefined;
      if (!executable) return files.pathOf(digest.hash);
      const path = files.pathOf(digest.hash + EXECUTABLE_SUFFIX);
      const ready = entry.hasExecutable && isSealed(path, entry.sizeBytes) === true;
      if (entry.hasExecutable && !ready) changedFiles += 1;
      return ready || makeExecutable(digest) ? path : undefined;
    },
    pin: (digests) => {
      const hashes = digests.map((digest) => digest.hash);
      for (const hash of hashes) index.pin(hash);
      let released = false;
      return () => {
        if (released) return;
        released = true;
        for (const hash of hashes) index.unpin(hash);
        makeRoom(sizeBytesMax);
      };
    },
    drop,
    giveUp: (bytes) => makeRoom(Math.max(0, index.totalBytes - bytes)),
    verify: async (digest) => {
      const entry = index.get(digest.hash);
      if (entry === undefined || entry.sizeBytes !== digest.sizeBytes) return false;
      const good = (await hashFile(files.pathOf(digest.hash))) === digest.hash
        && (!entry.hasExecutable || (await hashFile(files.pathOf(digest.hash + EXECUTABLE_SUFFIX))) === digest.hash);
      if (good) sealAgain(files.pathOf(digest.hash));
      if (good && index.get(digest.hash)?.suspect === true) index.set(digest.hash, entryOf(entry.sizeBytes, entry.hasExecutable, false));
      if (!good) {
        changedFiles += 1;
        await drop(digest);
      }
      return good;
    },
    changedFiles: () => changedFiles,
    stats: () => ({ blobs: index.count, sizeBytes: index.totalBytes, sizeBytesMax }),
    close: async () => undefined, // nothing is kept back: every write is in place when it is answered
  };
}
