// Results of actions against the store: is every blob they name still there, and the blobs that a client wants inside the reply.
import { createHash } from 'node:crypto';
import { digestKey, isHash, limits, type Digest } from '@mosix/core';
import { decode, type reapi } from '@mosix/protocol';
import { readDirectory, type InputRoots } from './input-root.js';
import { createLru } from './lru.js';
import type { RecentStore } from './recent-blobs.js';

/** What a request asks to have inside the reply. */
export interface Inlining {
  readonly inlineStdout: boolean;
  readonly inlineStderr: boolean;
  /** Paths as in `OutputFile.path`. */
  readonly inlineOutputFiles: readonly string[];
}

export interface ActionResults {
  /** Every blob that the result names is in the store, those of output directories included. Counts as a use of them. */
  complete(result: reapi.ActionResult): Promise<boolean>;
  /** With blobs put in as asked, within `limits.inlineBytesMax`. Undefined when a wanted blob turned out to be gone or damaged. */
  inline(result: reapi.ActionResult, wanted: Inlining): Promise<reapi.ActionResult | undefined>;
}

export function createActionResults(store: RecentStore, inputRoots: InputRoots): ActionResults {
  const trees = createLru<readonly Digest[]>(limits.parsedEntriesMax);

  /** File blobs of an output directory; undefined when its tree is not readable. */
  const treeFiles = async (digest: Digest): Promise<readonly Digest[] | undefined> => {
    const known = trees.get(digestKey(digest));
    if (known !== undefined) return known;
    const bytes = await store.read(digest);
    const tree = bytes === undefined ? undefined : decode('Tree', bytes);
    if (tree?.ok !== true) return undefined;
    const files: Digest[] = [];
    for (const directory of tree.value.root === null ? tree.value.children : [tree.value.root, ...tree.value.children]) {
      const read = readDirectory(directory);
      if (typeof read === 'string') return undefined;
      files.push(...read.files);
    }
    trees.set(digestKey(digest), files, 1 + files.length);
    return files;
  };

  const namedBlobs = async (result: reapi.ActionResult): Promise<Digest[] | undefined> => {
    const blobs: Digest[] = [];
    for (const file of result.outputFiles) {
      if (file.digest === null || !isHash(file.digest.hash)) return undefined;
      blobs.push(file.digest);
    }
    if (result.stdoutDigest !== null && result.stdoutRaw.length === 0) blobs.push(result.stdoutDigest);
    if (result.stderrDigest !== null && result.stderrRaw.length === 0) blobs.push(result.stderrDigest);
    for (const directory of result.outputDirectories) {
      if (directory.treeDigest !== null && directory.treeDigest.hash !== '') {
        const files = await treeFiles(directory.treeDigest);
        if (files === undefined) return undefined;
        blobs.push(directory.treeDigest, ...files);
      }
      if (directory.rootDirectoryDigest !== null && directory.rootDirectoryDigest.hash !== '') {
        blobs.push(...(await inputRoots.list(directory.rootDirectoryDigest)));
      }
    }
    return blobs;
  };

  /** The hash is checked: a client would take these bytes for the object file. */
  const readSound = async (digest: Digest): Promise<Buffer | undefined> => {
    const recent = store.recent(digest);
    if (recent !== undefined) return recent;
    const bytes = await store.read(digest);
    if (bytes !== undefined && bytes.length === digest.sizeBytes && createHash('sha256').update(bytes).digest('hex') === digest.hash) return bytes;
    if (!(await store.verify(digest))) inputRoots.suspect();
    return undefined;
  };

  return {
    async complete(result) {
      const blobs = await namedBlobs(result);
      return blobs !== undefined && (blobs.length === 0 || (await store.findMissing(blobs)).length === 0);
    },
    async inline(result, wanted) {
      let left = limits.inlineBytesMax - result.stdoutRaw.length - result.stderrRaw.length;
      let lost = false;
      const fetch = async (digest: Digest): Promise<Buffer | undefined> => {
        if (digest.sizeBytes > left) return undefined;
        left -= digest.sizeBytes;
        const bytes = digest.sizeBytes === 0 ? Buffer.alloc(0) : await readSound(digest);
        if (bytes === undefined) lost = true;
        return bytes;
      };
      const text = async (asked: boolean, raw: Buffer, digest: Digest | null): Promise<Buffer> =>
        (asked && raw.length === 0 && digest !== null ? await fetch(digest) : undefined) ?? raw;
      const stdoutRaw = await text(wanted.inlineStdout, result.stdoutRaw, result.stdoutDigest);
      const stderrRaw = await text(wanted.inlineStderr, result.stderrRaw, result.stderrDigest);
      const outputFiles: reapi.OutputFile[] = [];
      for (const file of result.outputFiles) {
        const contents = file.digest !== null && wanted.inlineOutputFiles.includes(file.path) ? await fetch(file.digest) : undefined;
        outputFiles.push(contents === undefined ? file : { ...file, contents });
      }
      return lost ? undefined : { ...result, stdoutRaw, stderrRaw, outputFiles };
    },
  };
}
