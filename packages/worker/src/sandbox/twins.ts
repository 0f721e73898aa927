// Files of the same content at two paths of one job. A store has one inode for both, but a compiler must be able to tell them apart:
// for `#pragma once` and #import, clang takes files with one inode for one file, gcc those with equal modification time (in seconds),
// size and content. So of several links to one blob only the first stays a link; the others become copies, with the blob's time
// unless the input root says otherwise (node property `mtime`). Twins that were one inode at home (hard links) are told by a node
// property too and stay one.
import type { InputDirectory, InputFile } from './input-tree.js';

const blobKey = ({ digest, executable }: InputFile): string => `${digest.hash}${executable ? 'x' : ''}`;

const separated = new WeakMap<InputDirectory, InputDirectory>();

/** The same tree with `own` set where a link would make two files one. Subtrees without such files stay the same objects. */
export function separateTwins(root: InputDirectory): InputDirectory {
  const known = separated.get(root);
  if (known !== undefined) return known;
  const result = hasTwins(root) ? rebuild(root, createChooser(root)) : root;
  separated.set(root, result);
  return result;
}

function* everyFile(directory: InputDirectory): Generator<InputFile> {
  yield* directory.files.values();
  for (const below of directory.directories.values()) yield* everyFile(below);
}

function hasTwins(root: InputDirectory): boolean {
  const seen = new Set<string>();
  const walk = (directory: InputDirectory): boolean => {
    for (const file of directory.files.values()) {
      const key = blobKey(file);
      if (file.mtimeSeconds !== undefined || seen.has(key)) return true;
      seen.add(key);
    }
    for (const below of directory.directories.values()) if (walk(below)) return true;
    return false;
  };
  return walk(root);
}

/** Decides file by file, in the order of the tree, whether it must be a copy. */
function createChooser(root: InputDirectory): (file: InputFile) => boolean {
  // Of the classes of one blob, one can be the blob's own inode: the first that has two members.
  const counts = new Map<string, number>();
  const shared = new Map<string, string>();
  for (const file of everyFile(root)) {
    if (file.inodeClass === undefined || file.mtimeSeconds !== undefined) continue;
    const key = blobKey(file);
    const member = `${key} ${file.inodeClass}`;
    const count = (counts.get(member) ?? 0) + 1;
    counts.set(member, count);
    if (count === 2 && !shared.has(key)) shared.set(key, file.inodeClass);
  }
  const linked = new Set<string>();
  return (file) => {
    if (file.mtimeSeconds !== undefined) return true;
    const key = blobKey(file);
    const sharedClass = shared.get(key);
    if (sharedClass !== undefined) return file.inodeClass !== sharedClass;
    if (linked.has(key)) return true;
    linked.add(key);
    return false;
  };
}

function rebuild(directory: InputDirectory, mustCopy: (file: InputFile) => boolean): InputDirectory {
  let changed = false;
  const files = new Map<string, InputFile>();
  for (const [name, file] of directory.files) {
    const own = mustCopy(file);
    changed ||= own;
    files.set(name, own ? { ...file, own } : file);
  }
  const directories = new Map<string, InputDirectory>();
  for (const [name, below] of directory.directories) {
    const next = rebuild(below, mustCopy);
    changed ||= next !== below;
    directories.set(name, next);
  }
  return changed ? { ...directory, key: '', files, directories } : directory;
}
