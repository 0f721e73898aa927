// What a store of content-addressed blobs can do, whether it lies in memory, on disk or at the other end of a connection.
import type { Digest, Result } from '@mosix/core';

/** One blob on its way in, in pieces. Nothing is visible to readers before `commit`. */
export interface BlobWriter {
  /** Codes: `disk-full`, `store-io`. */
  append(chunk: Uint8Array): Promise<Result<void>>;
  /** Checks size and hash, then makes the blob visible. Codes: `digest-mismatch`, `disk-full`, `store-io`. */
  commit(): Promise<Result<void>>;
  /** Forgets what was written. Harmless after `commit`. */
  abort(): Promise<void>;
}

export interface BlobStore {
  has(digest: Digest): boolean | Promise<boolean>;
  /** Those of `digests` that are not here, each once. Those that are here count as just used. */
  findMissing(digests: readonly Digest[]): Promise<Digest[]>;
  /** The whole blob; undefined when absent (or not reachable: see the remote store for calls that say why). */
  read(digest: Digest): Promise<Buffer | undefined>;
  /** Checks the hash. Codes: `digest-mismatch`, `disk-full`, `store-io`; the remote store also gives those of its calls. */
  write(digest: Digest, bytes: Uint8Array): Promise<Result<void>>;
  /**
   * Chunks of the blob from `offset`, at most `limit` bytes (default: all). Undefined when absent. The iteration throws when the
   * blob turns out damaged or the connection breaks.
   */
  readStream(digest: Digest, offset?: number, limit?: number): AsyncIterable<Buffer> | undefined;
  openWrite(digest: Digest): Promise<BlobWriter>;
}

export interface StoreStats {
  readonly blobs: number;
  readonly sizeBytes: number;
  readonly sizeBytesMax: number;
}

export interface DiskStore extends BlobStore {
  /** By the index alone, like `findMissing`; `path`, `read`, `readStream` and `write` look at the file as well. */
  has(digest: Digest): boolean;
  /**
   * File that holds the blob, for hard links and bind mounts; undefined when absent. Counts as a use. `executable: true` gives the
   * twin with mode 0555, made on first demand. Pin the digest while the path is in use.
   */
  path(digest: Digest, options?: { executable?: boolean }): string | undefined;
  /** Keeps blobs (also those that are yet to come) from eviction until the returned function is called. Pins nest. */
  pin(digests: readonly Digest[]): () => void;
  /** Removes a damaged or unwanted blob. */
  drop(digest: Digest): Promise<void>;
  /** The disk is nearly full, whoever filled it: gives up blobs of this many bytes, pinned ones excepted. */
  giveUp(bytes: number): void;
  /** Files that were found changed since they were written, so far: whoever holds hard links may hold some of them. */
  changedFiles(): number;
  /** Hashes the file again. False: it was absent or damaged, and is gone now. */
  verify(digest: Digest): Promise<boolean>;
  stats(): StoreStats;
  close(): Promise<void>;
}

export interface DiskStoreOptions {
  readonly directory: string;
  /** Bound on the sum of blob sizes; pinned blobs may exceed it. */
  readonly sizeBytesMax: number;
  /** Default 0o444. */
  readonly fileMode?: number;
  /** Makes all folders at once: for servers, where the first job must not wait for them. */
  readonly foldersAtOpen?: boolean;
}

/** Serialised action results by the hash of their action. */
export interface ActionCache {
  get(hash: string): Promise<Buffer | undefined>;
  /** Codes: `disk-full`, `store-io`. */
  put(hash: string, bytes: Uint8Array): Promise<Result<void>>;
  delete(hash: string): Promise<void>;
  stats(): StoreStats;
  close(): Promise<void>;
}
