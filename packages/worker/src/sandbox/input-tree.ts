// The input root of a job as an immutable graph: one object per Directory digest, shared by every job that holds that directory.
// Everything that is computed from a directory (counts, its staging manifest) can therefore be kept with the object.
import { err, fault, limits, ok } from '@mosix/core';
import type { Digest, Result } from '@mosix/core';

export interface InputFile {
  readonly digest: Digest;
  readonly executable: boolean;
  /** The home machine's modification time, where it matters (see separateTwins). */
  readonly mtimeSeconds?: number;
  /** Files of the same content and class were one inode on the home machine. */
  readonly inodeClass?: string;
  /** Set by separateTwins: must not share its inode with another file of this tree. */
  readonly own?: true;
}

export interface InputDirectory {
  /** Digest key (`hash/size`) of the Directory message. */
  readonly key: string;
  readonly files: ReadonlyMap<string, InputFile>;
  readonly directories: ReadonlyMap<string, InputDirectory>;
  /** Name to raw target. */
  readonly symlinks: ReadonlyMap<string, string>;
  /** Files of this directory and all below, each counted as often as it appears. */
  readonly fileCount: number;
  readonly directoryCount: number;
}

export interface FileMessage {
  readonly name: string;
  readonly digest: Digest | null;
  readonly isExecutable: boolean;
  readonly nodeProperties?: {
    readonly mtime: { readonly seconds: number } | null;
    readonly properties: readonly { readonly name: string; readonly value: string }[];
  } | null;
}

/** Node property of twins that are one file on the home machine. */
export const INODE_PROPERTY = 'mosix-inode';

/** One Directory message as the wire has it; names are not yet trusted. */
export interface DirectoryMessage {
  readonly files: readonly FileMessage[];
  readonly directories: readonly { readonly name: string; readonly digest: Digest | null }[];
  readonly symlinks: readonly { readonly name: string; readonly target: string }[];
}

const usableName = (name: string): boolean => name !== '' && name !== '.' && name !== '..' && !/[/\0]/.test(name) && Buffer.byteLength(name) <= 255;

/**
 * Checks one message and joins it to its children, which must have been made before. Codes: `bad-input` for names that are no names
 * or appear twice, digests that are missing, and trees beyond limits.inputFilesMax.
 */
export function makeDirectory(key: string, message: DirectoryMessage, child: (digest: Digest) => InputDirectory | undefined): Result<InputDirectory> {
  const seen = new Set<string>();
  const bad = (what: string): Result<InputDirectory> => err(fault('bad-input', `directory ${key}: ${what}`));
  const files = new Map<string, InputFile>();
  const directories = new Map<string, InputDirectory>();
  const symlinks = new Map<string, string>();
  let fileCount = message.files.length;
  let directoryCount = 1;
  for (const { name } of [...message.files, ...message.directories, ...message.symlinks]) {
    if (!usableName(name)) return bad(`${JSON.stringify(name)} is no file name`);
    if (seen.has(name)) return bad(`${JSON.stringify(name)} appears twice`);
    seen.add(name);
  }
  for (const file of message.files) {
    if (file.digest === null) return bad(`file ${JSON.stringify(file.name)} has no digest`);
    files.set(file.name, inputFile(file.digest, file));
  }
  for (const directory of message.directories) {
    const node = directory.digest === null ? undefined : child(directory.digest);
    if (node === undefined) return bad(`directory ${JSON.stringify(directory.name)} is not part of the action`);
    directories.set(directory.name, node);
    fileCount += node.fileCount;
    directoryCount += node.directoryCount;
  }
  for (const link of message.symlinks) {
    if (link.target === '' || link.target.includes('\0')) return bad(`symlink ${JSON.stringify(link.name)} has no target`);
    symlinks.set(link.name, link.target);
  }
  // A few nested messages can describe billions of files; nothing of that size is ever laid out.
  if (fileCount + directoryCount > limits.inputFilesMax) return bad(`more than ${limits.inputFilesMax} files`);
  return ok({ key, files, directories, symlinks, fileCount, directoryCount });
}

function inputFile(digest: Digest, { isExecutable: executable, nodeProperties }: FileMessage): InputFile {
  if (nodeProperties === undefined || nodeProperties === null) return { digest, executable };
  const { mtime, properties } = nodeProperties;
  const inodeClass = properties.find(({ name }) => name === INODE_PROPERTY)?.value;
  return { digest, executable, ...(mtime === null ? {} : { mtimeSeconds: mtime.seconds }), ...(inodeClass === undefined ? {} : { inodeClass }) };
}

/** Calls `visit` for every file; a shared subtree is visited once per call. */
export function eachFile(root: InputDirectory, visit: (file: InputFile) => void): void {
  const seen = new Set<InputDirectory>();
  const walk = (directory: InputDirectory): void => {
    if (seen.has(directory)) return;
    seen.add(directory);
    for (const file of directory.files.values()) visit(file);
    for (const below of directory.directories.values()) walk(below);
  };
  walk(root);
}
