// The list of operations that `mosix-init --stage` carries out (packages/launcher/src/init-stage.h documents the format).
import type { InputFile } from './input-tree.js';

export interface Manifest {
  add(...fields: readonly (string | number)[]): void;
  bytes(): Buffer;
}

export function createManifest(): Manifest {
  const fields: (string | number)[] = [];
  return {
    add: (...more) => {
      for (const field of more) fields.push(field);
    },
    bytes: () => Buffer.from(`${fields.join('\0')}\0`),
  };
}

/** Where a blob lies, relative to the directory of blobs: the layout of @mosix/cas. */
export const blobName = (file: InputFile): string =>
  `${file.digest.hash.slice(0, 2)}/${file.digest.hash}${file.executable ? '.x' : ''}`;

/** A file with an inode of its own: nothing that is done to it reaches the blob, and no other file is the same to a compiler. */
export const addCopy = (manifest: Manifest, name: string, file: InputFile, owner: 'worker' | 'job'): void =>
  manifest.add('c', blobName(file), name, file.executable ? 1 : 0, file.mtimeSeconds ?? '-', owner === 'job' ? 1 : 0);
