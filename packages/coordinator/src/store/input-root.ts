// Walks an input root: every Directory blob is parsed once and kept, so that the walk of the next root, which shares nearly all
// of its directories, costs microseconds.
import { digestKey, isHash, limits, type Digest } from '@mosix/core';
import type { BlobStore } from '@mosix/cas';
import { decode, type reapi } from '@mosix/protocol';
import { createLru } from './lru.js';

interface ParsedDirectory {
  readonly files: readonly Digest[];
  readonly directories: readonly Digest[];
}

export interface InputRoot {
  /** Every Directory blob once, the root first, absent ones included. */
  readonly directories: readonly Digest[];
  /** File blobs; the same blob may be named more than once. */
  readonly files: readonly Digest[];
}

export type Walk =
  | { readonly kind: 'found'; readonly root: InputRoot }
  /** The tree is wrong in itself: no blob of another content could mend it. */
  | { readonly kind: 'invalid'; readonly reason: string };

export interface InputRoots {
  /** Directory blobs that are not in the store are named in the result and not descended into. */
  walk(root: Digest): Promise<Walk>;
}

type Parsed = { readonly kind: 'parsed'; readonly directory: ParsedDirectory } | { readonly kind: 'absent' } | { readonly kind: 'invalid'; readonly reason: string };

export function createInputRoots(store: BlobStore): InputRoots {
  const parsed = createLru<ParsedDirectory>(limits.parsedEntriesMax);

  const load = async (digest: Digest): Promise<Parsed> => {
    const bytes = await store.read(digest);
    if (bytes === undefined) return { kind: 'absent' };
    const result = parseDirectory(bytes);
    if (typeof result === 'string') return { kind: 'invalid', reason: `directory ${digest.hash}: ${result}` };
    parsed.set(digestKey(digest), result, 1 + result.files.length + result.directories.length);
    return { kind: 'parsed', directory: result };
  };

  return {
    async walk(root) {
      const directories: Digest[] = [];
      const files: Digest[] = [];
      const found = new Map<string, ParsedDirectory>();
      const seen = new Set<string>([root.hash]);
      for (let level: Digest[] = [root]; level.length > 0; ) {
        const next: Digest[] = [];
        const take = (digest: Digest, directory: ParsedDirectory): void => {
          found.set(digest.hash, directory);
          for (const file of directory.files) files.push(file);
          for (const child of directory.directories) {
            if (seen.has(child.hash)) continue;
            seen.add(child.hash);
            next.push(child);
          }
        };
        const unknown: Digest[] = [];
        for (const digest of level) {
          directories.push(digest);
          const known = parsed.get(digestKey(digest));
          if (known === undefined) unknown.push(digest);
          else take(digest, known);
        }
        for (let start = 0; start < unknown.length; start += READS_AT_ONCE) {
          const batch = unknown.slice(start, start + READS_AT_ONCE);
          const loaded = await Promise.all(batch.map(load));
          for (const [index, each] of loaded.entries()) {
            if (each.kind === 'invalid') return each;
            const digest = batch[index];
            if (each.kind === 'parsed' && digest !== undefined) take(digest, each.directory);
          }
        }
        if (directories.length > limits.inputFilesMax) return { kind: 'invalid', reason: `more than ${limits.inputFilesMax} directories` };
        level = next;
      }
      if (expandedSize(root, found) > limits.inputFilesMax) return { kind: 'invalid', reason: `more than ${limits.inputFilesMax} files and directories` };
      return { kind: 'found', root: { directories, files } };
    },
  };
}

const READS_AT_ONCE = 32;

/** Entries of the tree with shared directories counted at each place, as they will be laid out on a node. */
function expandedSize(root: Digest, found: ReadonlyMap<string, ParsedDirectory>): number {
  const sizes = new Map<string, number>();
  const sizeOf = (hash: string): number => {
    const known = sizes.get(hash);
    if (known !== undefined) return known;
    const directory = found.get(hash);
    let size = 1 + (directory?.files.length ?? 0);
    for (const child of directory?.directories ?? []) size += sizeOf(child.hash);
    sizes.set(hash, size);
    return size;
  };
  return sizeOf(root.hash);
}

/** What is wrong with it, as text, or the digests it names. */
export function parseDirectory(bytes: Uint8Array): ParsedDirectory | string {
  const decoded = decode('Directory', bytes);
  return decoded.ok ? readDirectory(decoded.value) : decoded.error.message;
}

export function readDirectory(directory: reapi.Directory): ParsedDirectory | string {
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
