// Input roots: walks a tree of Directory blobs, keeps its blobs from eviction while a job needs them, and knows whether all are there.
//
// The root of every job is new, but nearly all of its directories are those of the job before. So each directory is parsed once,
// its blobs are pinned as long as some job uses it (and a little longer), and they are looked up in the store once: what is pinned
// cannot be evicted. Only damage can take it away, and whoever finds damage calls `suspect`.
import { isHash, limits, type Digest } from '@mosix/core';
import type { DiskStore } from '@mosix/cas';
import { decode, type reapi } from '@mosix/protocol';
import { addBulk, bulkOf, type Bulk } from './bulk.js';
import { createLru } from './lru.js';

interface Contents {
  readonly files: readonly Digest[];
  readonly directories: readonly Digest[];
  /** Names in the same order, each followed by a slash, which no name holds: one string costs less than many. */
  readonly fileNames: string;
  readonly directoryNames: string;
}

/** What a directory with all below it comes to. */
interface Summary {
  /** Entries, with shared directories counted at each place, as they will be laid out on a node. */
  readonly entries: number;
  readonly bulk: Bulk;
}

interface Parsed extends Contents {
  readonly digest: Digest;
  holders: number;
  unpin: (() => void) | undefined;
  /** Since when nobody holds it, while it is still pinned. */
  idleSinceMs: number;
  /** Its own blob and its files were all in the store, in this epoch, and pinned ever since. */
  completeEpoch: number;
  /** Undefined until it was asked for and all below was there. */
  summary: Summary | undefined;
}

export type Walk =
  | {
      readonly kind: 'found';
      /** Every Directory blob once, the root first. */
      readonly directories: readonly Digest[];
      readonly bulk: Bulk;
      /** The file at this path below the root, no symbolic link followed. */
      find(path: string): Digest | undefined;
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
type Tree = { readonly found: readonly Parsed[]; readonly absent: readonly Digest[]; readonly summary: Summary | undefined } | { readonly invalid: string };

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
    const directory = known(digest) ?? { ...contents, digest, holders: 0, unpin: undefined, idleSinceMs: 0, completeEpoch: 0, summary: undefined };
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
    const summary = absent.length > 0 ? undefined : summarise(found);
    if ((summary?.entries ?? 0) > limits.inputFilesMax) return { invalid: `more than ${limits.inputFilesMax} files and directories` };
    return { found, absent, summary };
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
      const { found, absent, summary } = tree;
      for (const directory of found) pin(directory);
      let released = false;
      const release = (): void => {
        if (!released) for (const directory of found) unpin(directory);
        released = true;
      };
      const missing = [...absent, ...(await missingOf(found))];
      if (missing.length === 0 && summary !== undefined) {
        return { kind: 'found', directories: found.map((directory) => directory.digest), bulk: summary.bulk, find: (path) => findFile(found, path), release };
      }
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

/** Of the first directory, with all of its tree in the list. Nearly all of the others have theirs from the job before. */
function summarise(found: readonly Parsed[]): Summary | undefined {
  const root = found[0];
  if (root === undefined || root.summary !== undefined) return root?.summary;
  const byHash = new Map(found.map((directory) => [directory.digest.hash, directory]));
  // The children of a directory come before it; a stack of our own, since a tree may be deeper than the one of calls.
  const stack = [root];
  for (let directory = stack.at(-1); directory !== undefined; directory = stack.at(-1)) {
    let entries = 1 + directory.files.length;
    let bulk = bulkOf(directory.files);
    let ready = true;
    for (const { hash } of directory.directories) {
      const child = byHash.get(hash);
      if (child?.summary !== undefined) {
        entries += child.summary.entries;
        bulk = addBulk(bulk, child.summary.bulk);
      } else if (child === undefined) return undefined;
      else {
        stack.push(child);
        ready = false;
      }
    }
    if (!ready) continue;
    directory.summary = { entries, bulk };
    stack.pop();
  }
  return root.summary;
}

function findFile(found: readonly Parsed[], path: string): Digest | undefined {
  const parts = path.split('/');
  const name = parts.pop();
  let directory = found[0];
  for (const part of parts) {
    const hash = directory?.directories[indexOfName(directory.directoryNames, part)]?.hash;
    directory = hash === undefined ? undefined : found.find((each) => each.digest.hash === hash);
  }
  return directory === undefined || name === undefined ? undefined : directory.files[indexOfName(directory.fileNames, name)];
}

/** Place of a name in a list of names that are each followed by a slash; -1: it is not there. */
function indexOfName(names: string, name: string): number {
  if (name === '') return -1;
  const at = names.startsWith(`${name}/`) ? 0 : names.indexOf(`/${name}/`) + 1;
  if (at === 0 && !names.startsWith(`${name}/`)) return -1;
  let index = 0;
  for (let slash = names.indexOf('/'); slash < at; slash = names.indexOf('/', slash + 1)) index++;
  return index;
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
  const joined = (list: readonly { readonly name: string }[]): string => list.map(({ name }) => `${name}/`).join('');
  for (const [list, to] of [[directory.files, files], [directory.directories, directories]] as const) {
    for (const { name, digest } of list) {
      if (digest === null || !isHash(digest.hash) || digest.sizeBytes < 0) return `"${name}" has no valid digest`;
      to.push(digest);
    }
  }
  return { files, directories, fileNames: joined(directory.files), directoryNames: joined(directory.directories) };
}
