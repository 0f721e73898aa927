// Actions for tests: a small input tree as blobs, with a command that the test worker understands.
import { createHash } from 'node:crypto';
import type { Digest } from '@mosix/core';
import { encode, execute, type Channel, type ExecutionUpdate, type reapi } from '@mosix/protocol';

export interface Blob {
  readonly digest: Digest;
  readonly data: Buffer;
}

export const blobOf = (bytes: Uint8Array | string): Blob => {
  const data = typeof bytes === 'string' ? Buffer.from(bytes) : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return { digest: { hash: createHash('sha256').update(data).digest('hex'), sizeBytes: data.length }, data };
};

export interface TestAction {
  readonly digest: Digest;
  readonly blobs: readonly Blob[];
  readonly inputRoot: Digest;
}

export interface ActionParts {
  /** Paths with slashes to contents. */
  readonly files?: Readonly<Record<string, string>>;
  readonly arguments?: readonly string[];
  readonly platform?: Readonly<Record<string, string>>;
  readonly action?: reapi.ActionInput;
  readonly command?: reapi.CommandInput;
}

interface Folder {
  readonly files: Map<string, Digest>;
  readonly folders: Map<string, Folder>;
}

function encodeFolder(folder: Folder, blobs: Blob[]): Digest {
  const byName = <T extends { name: string }>(list: T[]): T[] => list.sort((a, b) => (a.name < b.name ? -1 : 1));
  const blob = blobOf(encode('Directory', {
    files: byName([...folder.files].map(([name, digest]) => ({ name, digest }))),
    directories: byName([...folder.folders].map(([name, child]) => ({ name, digest: encodeFolder(child, blobs) }))),
  }));
  blobs.push(blob);
  return blob.digest;
}

export function makeAction({ files = { 'a.c': 'int a;' }, arguments: argv = ['cc', '-c', 'a.c'], platform = { ISA: 'x86_64' }, action, command }: ActionParts = {}): TestAction {
  const blobs: Blob[] = [];
  const root: Folder = { files: new Map(), folders: new Map() };
  for (const [path, content] of Object.entries(files)) {
    const parts = path.split('/');
    const name = parts.pop() ?? '';
    let folder = root;
    for (const part of parts) {
      const child = folder.folders.get(part) ?? { files: new Map(), folders: new Map() };
      folder.folders.set(part, child);
      folder = child;
    }
    const blob = blobOf(content);
    blobs.push(blob);
    folder.files.set(name, blob.digest);
  }
  const inputRoot = encodeFolder(root, blobs);
  const properties = Object.entries(platform).map(([name, value]) => ({ name, value }));
  const commandBlob = blobOf(encode('Command', { arguments: argv, outputPaths: ['a.o'], platform: { properties }, ...command }));
  const actionBlob = blobOf(encode('Action', { commandDigest: commandBlob.digest, inputRootDigest: inputRoot, platform: { properties }, ...action }));
  blobs.push(commandBlob, actionBlob);
  return { digest: actionBlob.digest, blobs, inputRoot };
}

export async function upload(channel: Channel, blobs: readonly Blob[]): Promise<void> {
  const reply = await channel.cas.batchUpdateBlobs({ requests: blobs });
  if (!reply.ok) throw new Error(`upload: ${reply.error.code} ${reply.error.message}`);
  for (const each of reply.value.responses) if ((each.status?.code ?? 0) !== 0) throw new Error(`upload: ${each.status?.message}`);
}

/** All updates of one Execute; the last is the end. */
export async function run(channel: Channel, digest: Digest, more: reapi.ExecuteRequestInput = {}): Promise<ExecutionUpdate[]> {
  const updates: ExecutionUpdate[] = [];
  for await (const update of execute(channel, { actionDigest: digest, ...more })) {
    if (!update.ok) throw new Error(`execute: ${update.error.code} ${update.error.message}`);
    updates.push(update.value);
  }
  return updates;
}

/** The end of one Execute. */
export async function runToEnd(channel: Channel, digest: Digest, more: reapi.ExecuteRequestInput = {}): Promise<ExecutionUpdate> {
  const last = (await run(channel, digest, more)).at(-1);
  if (last === undefined || !last.done) throw new Error('the stream ended before the operation');
  return last;
}
