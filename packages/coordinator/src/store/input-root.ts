// Input roots: walks a tree of Directory blobs, keeps its blobs from eviction while a job needs them, and knows whether all are there.
//
// The root of every job is new, but nearly all of its directories are those of the job before. So each directory is parsed once,
// its blobs are pinned as long as some job uses it (and a little longer), and they are looked up in the store once: what is pinned
// cannot be evicted. Only damage can take it away, and whoever finds damage calls `suspect`.
import { isHash, limits, type Digest } from '@mosix/core';
import type { DiskStore } from '@mosix/cas';
import { decode, type reapi } from '@mosix/protocol';
import { createLru } from './lru.js';

interface Contents {
  readonly files: readonly Digest[];
  readonly directories: readonly Digest[];
}

interface Parsed extends Contents {
  readonly digest: Digest;
  holders: number;
  unpin: (() => void) | undefined;
  /** Since when nobody holds it, while it is still pinned. */
  idleSinceMs: number;
  /** Its own blob and its files were all in the store, in this epoch, and pinned ever since. */
  completeEpoch: number;
}

export type Walk =
  | {
      readonly kind: 'found';
      /** Every Directory blob once, the root first. */
      readonly directories: readonly Digest[];
      /** Lets the blobs be evicted again. */
      release(): void;
    }
  /** These blobs are not in the store. Directories that are absent hide what is below them. */
  | { readonly kind: 'missing'; readonly digests: readonly Digest[] }
  /** The tree is wrong in itself: no upload could mend it. */
  | { readonly kind: 'invalid'; readonly reason: string };

export interface InputRoots {
  /** Pins the tree and checks that every blob of it is in the store. */
  hold(root: Digest): Promise<Walk>;
  /** Directory and file blobs of a tree, as far as it can be walked. */
  list(root: Digest): Promise<Digest[]>;
  /** Something in the store turned out damaged or gone: nothing is taken as complete before it has been looked up again. */
  suspect(): void;
  /** Lets go of directories that no job has used for a while. */
  sweep(): void;
}

type Loaded = Parsed | { readonly invalid: string } | undefined;
type Tree = { readonly found: readonly Parsed[]; readonly absent: readonly Digest[] } | { readonly invalid: string };

export function createInputRoots(store: DiskStore, now: () => number): InputRoots {
  const parsed = createLru<Parsed>(limits.parsedEntriesMax);
  const idle = new Set<Parsed>();
  let epoch = 1;

  const load = async (digest: Digest): Promise<Loaded> => {
    const bytes = await store.read(digest);
    if (bytes === undefined) return undefined;
    const contents = parseDirectory(bytes);
    if (typeof contents === 'string') return { invalid: `directory ${digest.hash}: ${contents}` };
    // Two walks may have read it at the same time; the first stays.
    const directory = known(digest) ?? { ...contents, digest, holders: 0, unpin: undefined, idleSinceMs: 0, completeEpoch: 0 };
    parsed.set(digest.hash, directory, 1 + contents.files.length + contents.directories.length);
    return directory;
  };

  const known = (digest: Digest): Parsed | undefined => {
    const directory = parsed.get(digest.hash);
    return directory?.digest.sizeBytes === digest.sizeBytes ? directory : undefined;
  };

  const walk = async (root: Digest): Promise<Tree> => {
    const found: Parsed[] = [];
    const absent: Digest[] = [];
    const seen = new Set<string>([root.hash]);
    for (let level: Digest[] = [root]; level.length > 0; ) {
      const next: Digest[] = [];
      const take = (directory: Parsed): void => {
        found.push(directory);
        for (const child of directory.directories) {
          if (seen.has(child.hash)) continue;
          seen.add(child.hash);
          next.push(child);
        }
      };
      const unknown: Digest[] = [];
      for (const digest of level) {
        const directory = known(digest);
        if (directory === undefined) unknown.push(digest);
        else take(directory);
      }
      for (let start = 0; start < unknown.length; start += READS_AT_ONCE) {
        const batch = unknown.slice(start, start + READS_AT_ONCE);
        for (const [index, loaded] of (await Promise.all(batch.map(load))).entries()) {
          const digest = batch[index];
          if (loaded !== undefined && 'invalid' in loaded) return loaded;
          if (loaded !== undefined) take(loaded);
          else if (digest !== undefined) absent.push(digest);
        }
      }
      if (seen.size > limits.inputFilesMax) return { invalid: `more than ${limits.inputFilesMax} directories` };
      level = next;
    }
    return unfoldedSize(root, found) > limits.inputFilesMax ? { invalid: `more than ${limits.inputFilesMax} files and directories` } : { found, absent };
  };

  const pin = (directory: Parsed): void => {
    if (directory.holders++ > 0) return;
    idle.delete(directory);
    directory.unpin ??= store.pin([directory.digest, ...directory.files]);
  };

  const unpin = (directory: Parsed): void => {
    if (--directory.holders > 0) return;
    directory.idleSinceMs = now();
    idle.add(directory);
  };

  /** What is not there of pinned directories. */
  const missingOf = async (directories: readonly Parsed[]): Promise<readonly Digest[]> => {
    const asked = directories.filter((directory) => directory.completeEpoch !== epoch);
    if (asked.length === 0) return [];
    const missing = await store.findMissing(asked.flatMap((directory) => [directory.digest, ...directory.files]));
    if (missing.length === 0) for (const directory of asked) directory.completeEpoch = epoch;
    return missing;
  };

  return {
    async hold(root) {
      const tree = await walk(root);
      if ('invalid' in tree) return { kind: 'invalid', reason: tree.invalid };
      const { found, absent } = tree;
      for (const directory of found) pin(directory);
      let released = false;
      const release = (): void => {
        if (!released) for (const directory of found) unpin(directory);
        released = true;
      };
      const missing = [...absent, ...(await missingOf(found))];
      if (missing.length === 0) return { kind: 'found', directories: found.map((directory) => directory.digest), release };
      release();
      return { kind: 'missing', digests: missing };
    },
    async list(root) {
      const tree = await walk(root);
      return 'invalid' in tree ? [root] : [...tree.absent, ...tree.found.flatMap((directory) => [directory.digest, ...directory.files])];
    },
    suspect() {
      epoch++;
    },
    sweep() {
      const before = now() - limits.directoryPinMs;
      for (const directory of idle) {
        if (directory.idleSinceMs > before && idle.size <= limits.idleDirectoriesMax) break;
        idle.delete(directory);
        directory.unpin?.();
        directory.unpin = undefined;
        directory.completeEpoch = 0;
      }
    },
  };
}

const READS_AT_ONCE = 32;

/** Entries of the tree with shared directories counted at each place, as they will be laid out on a node. */
function unfoldedSize(root: Digest, found: readonly Parsed[]): number {
  const sizes = new Map<string, number>();
  const byHash = new Map(found.map((directory) => [directory.digest.hash, directory]));
  const sizeOf = (hash: string): number => {
    const known = sizes.get(hash);
    if (known !== undefined) return known;
    const directory = byHash.get(hash);
    let size = 1 + (directory?.files.length ?? 0);
    for (const child of directory?.directories ?? []) size += sizeOf(child.hash);
    sizes.set(hash, size);
    return size;
  };
  return sizeOf(root.hash);
}

/** What is wrong with it, as text, or the digests it names. */
export function parseDirectory(bytes: Uint8Array): Contents | string {
  const decoded = decode('Directory', bytes);
  return decoded.ok ? readDirectory(decoded.value) : decoded.error.message;
}

export function readDirectory(directory: reapi.Directory): Contents | string {
  const names = new Set<string>();
  for (const list of [directory.files, directory.directories, directory.symlinks]) {
    for (const { name } of list) {
      if (name === '' || name === '.' || name === '..' || name.includes('/') || name.includes('\0')) return `"${name}" is no file name`;
      if (names.has(name)) return `"${name}" is there twice`;
      names.add(name);
    }
  }
  const files: Digest[] = [];
  const directories: Digest[] = [];
  for (const [list, to] of [[directory.files, files], [directory.directories, directories]] as const) {
    for (const { name, digest } of list) {
      if (digest === null || !isHash(digest.hash) || digest.sizeBytes < 0) return `"${name}" has no valid digest`;
      to.push(digest);
    }
  }
  return { files, directories };
}
