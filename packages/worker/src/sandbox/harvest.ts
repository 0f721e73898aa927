// Collects what a finished job left at its output paths. The scratch directories hold whatever a stranger's program put there, so
// only regular files, directories and symlinks are looked at, links are never followed, and sizes are bounded. The job is dead by
// now: nothing changes between a look and a read.
import { createHash } from 'node:crypto';
import { constants, createReadStream, lstatSync, readdirSync, readlinkSync } from 'node:fs';
import type { Stats } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { digestKey, err, fault, limits, ok } from '@mosix/core';
import type { Digest, Result } from '@mosix/core';
import { encode } from '@mosix/protocol';
import type { reapi } from '@mosix/protocol';
import { readPlainFile } from './record.js';
import type { Sandbox } from './run.js';

/** A blob of the result: in memory when small, else where it lies in the scratch. */
export type OutputBlob =
  | { readonly digest: Digest; readonly bytes: Buffer }
  | { readonly digest: Digest; readonly file: string };

export interface Harvest {
  readonly files: readonly { readonly path: string; readonly digest: Digest; readonly isExecutable: boolean }[];
  readonly directories: readonly { readonly path: string; readonly treeDigest: Digest; readonly rootDirectoryDigest: Digest }[];
  readonly symlinks: readonly { readonly path: string; readonly target: string }[];
  /** Everything that the digests above name, each blob once. */
  readonly blobs: ReadonlyMap<string, OutputBlob>;
  readonly sizeBytes: number;
}

/** Larger outputs are not read into memory. */
const IN_MEMORY_BYTES_MAX = 4 * 1024 * 1024;

interface Collector {
  readonly blobs: Map<string, OutputBlob>;
  sizeBytes: number;
  entries: number;
}

/** Code `output-too-big` beyond limits.outputBytesMax or limits.inputFilesMax entries; `sandbox` when an output cannot be read. */
export async function harvest({ plan, scratches }: Pick<Sandbox, 'plan' | 'scratches'>): Promise<Result<Harvest>> {
  const collector: Collector = { blobs: new Map(), sizeBytes: 0, entries: 0 };
  const files: Harvest['files'][number][] = [];
  const directories: Harvest['directories'][number][] = [];
  const symlinks: Harvest['symlinks'][number][] = [];
  try {
    for (const { path, parent, name } of plan.outputs) {
      const holder = scratches.get(parent.join('/'));
      if (holder === undefined) continue; // below /dev or /proc: nothing can be there
      const place = join(holder, name);
      const stat = look(place);
      if (stat?.isFile() === true) {
        files.push({ path, digest: await collectFile(place, stat, collector), isExecutable: (stat.mode & 0o111) !== 0 });
      } else if (stat?.isDirectory() === true) {
        directories.push({ path, ...(await collectTree([...parent, name], place, scratches, collector)) });
      } else if (stat?.isSymbolicLink() === true) symlinks.push({ path, target: readlinkSync(place) });
    }
  } catch (cause) {
    if (cause instanceof TooBig) return err(fault('output-too-big', cause.message));
    return err(fault('sandbox', `an output cannot be read: ${(cause as Error).message}`, { cause }));
  }
  return ok({ files, directories, symlinks, blobs: collector.blobs, sizeBytes: collector.sizeBytes });
}

class TooBig extends Error {}

function look(path: string): Stats | undefined {
  return lstatSync(path, { throwIfNoEntry: false });
}

async function collectFile(path: string, stat: Stats, collector: Collector): Promise<Digest> {
  collector.sizeBytes += stat.size;
  if (collector.sizeBytes > limits.outputBytesMax) throw new TooBig(`the outputs are larger than ${limits.outputBytesMax} bytes`);
  if (stat.size <= IN_MEMORY_BYTES_MAX) {
    const bytes = readPlainFile(path, IN_MEMORY_BYTES_MAX);
    if (bytes === undefined) throw new Error(`${path} is not readable`);
    return put(bytes, collector);
  }
  const digest = { hash: await hashFile(path), sizeBytes: stat.size };
  collector.blobs.set(digestKey(digest), { digest, file: path });
  return digest;
}

function put(bytes: Buffer, collector: Collector): Digest {
  const digest = { hash: createHash('sha256').update(bytes).digest('hex'), sizeBytes: bytes.length };
  collector.blobs.set(digestKey(digest), { digest, bytes });
  return digest;
}

async function hashFile(path: string): Promise<string> {
  const handle = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW);
  const hash = createHash('sha256');
  for await (const chunk of handle.createReadStream({ highWaterMark: 1 << 20 })) hash.update(chunk as Buffer);
  return hash.digest('hex');
}

/** A Directory as the wire has it, and all directories below, each once. */
async function collectTree(
  real: readonly string[],
  place: string,
  scratches: ReadonlyMap<string, string>,
  collector: Collector,
): Promise<{ treeDigest: Digest; rootDirectoryDigest: Digest }> {
  const children = new Map<string, reapi.DirectoryInput>();
  const visit = async (at: readonly string[], path: string): Promise<{ message: reapi.DirectoryInput; digest: Digest }> => {
    // A directory that is writable by itself was mounted over this one.
    const shown = scratches.get(at.join('/')) ?? path;
    const files: reapi.FileNodeInput[] = [];
    const directories: reapi.DirectoryNodeInput[] = [];
    const symlinks: reapi.SymlinkNodeInput[] = [];
    const names = readdirSync(shown).sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
    for (const name of names) {
      collector.entries += 1;
      if (collector.entries > limits.inputFilesMax) throw new TooBig(`the outputs are more than ${limits.inputFilesMax} files`);
      const entry = join(shown, name);
      const stat = look(entry);
      if (stat?.isFile() === true) {
        files.push({ name, digest: await collectFile(entry, stat, collector), isExecutable: (stat.mode & 0o111) !== 0 });
      } else if (stat?.isSymbolicLink() === true) symlinks.push({ name, target: readlinkSync(entry) });
      else if (stat?.isDirectory() === true) {
        const below = await visit([...at, name], entry);
        children.set(digestKey(below.digest), below.message);
        directories.push({ name, digest: below.digest });
      }
    }
    const message = { files, directories, symlinks };
    return { message, digest: put(encode('Directory', message), collector) };
  };
  const root = await visit(real, place);
  const treeDigest = put(encode('Tree', { root: root.message, children: [...children.values()] }), collector);
  return { treeDigest, rootDirectoryDigest: root.digest };
}

/** Chunks of a blob, for a streaming upload. */
export async function* blobChunks(blob: OutputBlob): AsyncGenerator<Buffer> {
  if ('bytes' in blob) {
    yield blob.bytes;
    return;
  }
  for await (const chunk of createReadStream(blob.file, { flags: 'r', highWaterMark: limits.byteStreamChunkBytes })) yield chunk as Buffer;
}
