// One blob on its way to disk in pieces: a temporary file, a running hash, and a name only when both size and hash are right.
import { createHash } from 'node:crypto';
import { err, fault, ok } from '@mosix/core';
import type { Digest, Result } from '@mosix/core';
import type { BlobWriter } from './blob-store.js';
import { removeFile, seal } from './files.js';
import type { StoreFiles } from './files.js';
import { mismatch } from './hash.js';

/** What a writer needs of the store it writes to. */
export interface WriterHost {
  readonly files: StoreFiles;
  /** Runs a write, and once more after making room when the disk is full. */
  withRoom(digest: Digest, run: () => void | Promise<void>): Promise<Result<void>>;
  /** The blob can never fit. */
  readonly refused: Result<void> | undefined;
  /** Somebody else wrote the blob; counts as a use. */
  alreadyThere(): boolean;
  added(digest: Digest): void;
}

export function createDiskWriter(digest: Digest, { files, withRoom, refused, alreadyThere, added }: WriterHost): BlobWriter {
  const hash = createHash('sha256');
  const temporary = files.temporaryPath();
  let descriptor: number | undefined;
  let received = 0;
  let over = false;
  let failure: Result<void> | undefined = refused;
  let writing: Promise<Result<void>> | undefined;

  /** Ends the write; the temporary file goes unless it has been renamed away. Never closes under a running write: its number could be another file's by then. */
  const end = async (): Promise<void> => {
    over = true;
    await writing;
    if (descriptor === undefined) return;
    files.port.close(descriptor);
    descriptor = undefined;
    removeFile(temporary);
  };

  const wrong = (): Result<void> | undefined => {
    if (received !== digest.sizeBytes) return err(mismatch(digest, `${received} bytes`));
    const got = hash.digest('hex');
    return got === digest.hash ? undefined : err(mismatch(digest, got));
  };

  const append = async (chunk: Uint8Array): Promise<Result<void>> => {
    if (failure !== undefined) return failure;
    if (over) return err(fault('store-io', 'this write has ended'));
    received += chunk.length;
    if (received > digest.sizeBytes) return (failure = err(mismatch(digest, `at least ${received} bytes`)));
    hash.update(chunk);
    let done = 0;
    writing = withRoom(digest, async () => {
      descriptor ??= files.create(temporary);
      while (done < chunk.length) done += await files.port.write(descriptor, done === 0 ? chunk : chunk.subarray(done));
    });
    const written = await writing;
    if (!written.ok) failure = written;
    return written;
  };

  const commit = async (): Promise<Result<void>> => {
    if (failure === undefined && over) return err(fault('store-io', 'this write has ended'));
    const problem = failure ?? wrong();
    if (problem !== undefined || alreadyThere()) {
      await end();
      return problem ?? ok(undefined);
    }
    const placed = await withRoom(digest, () => {
      descriptor ??= files.create(temporary);
      seal(descriptor);
      files.install(temporary, digest.hash);
    });
    if (placed.ok) added(digest);
    await end();
    return placed;
  };

  return { append, commit, abort: end };
}
