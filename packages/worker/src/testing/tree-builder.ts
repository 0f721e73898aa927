// Builds input trees for tests from real files, text, links and empty directories: the messages, the blobs and the parsed root.
import { createHash } from 'node:crypto';
import { lstatSync, readFileSync, readlinkSync } from 'node:fs';
import type { Stats } from 'node:fs';
import { resolve } from 'node:path';
import { digestKey } from '@mosix/core';
import type { Digest } from '@mosix/core';
import { encode } from '@mosix/protocol';
import { makeDirectory } from '../sandbox/input-tree.js';
import type { InputDirectory } from '../sandbox/input-tree.js';

interface Entry {
  readonly children: Map<string, Entry>;
  file?: { digest: Digest; executable: boolean };
  target?: string;
}

export interface BuiltTree {
  readonly root: InputDirectory;
  readonly rootDigest: Digest;
  /** Directory messages, the root first. */
  readonly directories: readonly Digest[];
  /** Everything by digest key: files and Directory messages. */
  readonly blobs: ReadonlyMap<string, { digest: Digest; bytes: Buffer }>;
}

export interface TreeBuilder {
  /** A real file of this machine at its own path, with the symlinks that lead to it. */
  capture(path: string): void;
  text(path: string, contents: string | Buffer, executable?: boolean): Digest;
  link(path: string, target: string): void;
  directory(path: string): void;
  build(): BuiltTree;
}

export const digestOf = (bytes: Uint8Array): Digest => ({ hash: createHash('sha256').update(bytes).digest('hex'), sizeBytes: bytes.length });

const byUtf8 = (a: { name: string }, b: { name: string }): number => Buffer.compare(Buffer.from(a.name), Buffer.from(b.name));

/** Real files that were read and hashed once: compilers are large, and every test wants the same. */
const captured = new Map<string, { digest: Digest; bytes: Buffer }>();

const readOnce = (path: string, { mtimeMs, size }: Stats): { digest: Digest; bytes: Buffer } => {
  const key = `${path}\0${mtimeMs}\0${size}`;
  let file = captured.get(key);
  if (file === undefined) {
    const bytes = readFileSync(path);
    captured.set(key, (file = { digest: digestOf(bytes), bytes }));
  }
  return file;
};

export function treeBuilder(): TreeBuilder {
  const root: Entry = { children: new Map() };
  const blobs = new Map<string, { digest: Digest; bytes: Buffer }>();
  const at = (path: string): Entry => {
    let entry = root;
    for (const part of path.split('/').filter(Boolean)) {
      let next = entry.children.get(part);
      if (next === undefined) entry.children.set(part, (next = { children: new Map() }));
      entry = next;
    }
    return entry;
  };
  const put = (bytes: Buffer): Digest => {
    const digest = digestOf(bytes);
    blobs.set(digestKey(digest), { digest, bytes });
    return digest;
  };
  const capture = (path: string): void => {
    // Component by component, so that /lib -> usr/lib and the like come along.
    let here = '';
    for (const part of path.split('/').filter(Boolean)) {
      const next = `${here}/${part}`;
      const stat = lstatSync(next);
      if (stat.isSymbolicLink()) {
        at(next).target = readlinkSync(next);
        capture(resolve(here === '' ? '/' : here, readlinkSync(next)) + path.slice(next.length)); // one step at a time: chains of links
        return;
      }
      if (stat.isFile()) {
        const file = readOnce(next, stat);
        blobs.set(digestKey(file.digest), file);
        at(next).file = { digest: file.digest, executable: (stat.mode & 0o111) !== 0 };
      }
      else at(next);
      here = next;
    }
  };
  const build = (): BuiltTree => {
    const digests: Digest[] = [];
    const nodes = new Map<string, InputDirectory>();
    const write = (entry: Entry): Digest => {
      const named = [...entry.children].map(([name, child]) => ({ name, child }));
      const message = {
        files: named.flatMap(({ name, child }) => (child.file === undefined ? [] : [{ name, digest: child.file.digest, isExecutable: child.file.executable }])).sort(byUtf8),
        symlinks: named.flatMap(({ name, child }) => (child.target === undefined ? [] : [{ name, target: child.target }])).sort(byUtf8),
        directories: named
          .flatMap(({ name, child }) => (child.file === undefined && child.target === undefined ? [{ name, digest: write(child) }] : []))
          .sort(byUtf8),
      };
      const digest = put(encode('Directory', message));
      const made = makeDirectory(digestKey(digest), message, (below) => nodes.get(digestKey(below)));
      if (!made.ok) throw new Error(made.error.message);
      nodes.set(digestKey(digest), made.value);
      digests.push(digest);
      return digest;
    };
    const rootDigest = write(root);
    const rootNode = nodes.get(digestKey(rootDigest));
    if (rootNode === undefined) throw new Error('no root');
    return { root: rootNode, rootDigest, directories: [...new Map(digests.reverse().map((digest) => [digestKey(digest), digest])).values()], blobs };
  };
  return {
    capture,
    text: (path, contents, executable = false) => {
      const digest = put(Buffer.from(contents));
      at(path).file = { digest, executable };
      return digest;
    },
    link: (path, target) => void (at(path).target = target),
    directory: (path) => void at(path),
    build,
  };
}
