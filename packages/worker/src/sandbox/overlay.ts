// What a job's root has beyond its inputs: directories that must exist (mount points, the working directory) and directories the
// job may write to. A tree of names beside the input tree; pure.
import type { InputDirectory } from './input-tree.js';

export interface Overlay {
  readonly children: Map<string, Overlay>;
  /** Number of the private scratch directory that is mounted here; undefined when the place is read-only. */
  scratch: number | undefined;
}

export interface WritableDirectory {
  readonly scratch: number;
  /** Real components from the root. */
  readonly real: readonly string[];
}

export const emptyOverlay = (): Overlay => ({ children: new Map(), scratch: undefined });

export function requireDirectory(overlay: Overlay, real: readonly string[]): Overlay {
  let at = overlay;
  for (const part of real) {
    let next = at.children.get(part);
    if (next === undefined) at.children.set(part, (next = emptyOverlay()));
    at = next;
  }
  return at;
}

export const overlayAt = (overlay: Overlay, real: readonly string[]): Overlay | undefined => {
  let at: Overlay | undefined = overlay;
  for (const part of real) at = at?.children.get(part);
  return at;
};

const emptyDirectory: InputDirectory = { key: '', files: new Map(), directories: new Map(), symlinks: new Map(), fileCount: 0, directoryCount: 1 };

/** The input tree with the overlay's directories in it. Subtrees that the overlay does not touch stay the same objects. */
export function applyOverlay(node: InputDirectory | undefined, overlay: Overlay): InputDirectory {
  const base = node ?? emptyDirectory;
  if (overlay.children.size === 0) return base;
  const directories = new Map(base.directories);
  for (const [name, below] of overlay.children) directories.set(name, applyOverlay(base.directories.get(name), below));
  return { ...base, key: '', directories };
}

/** Every directory name below a place: from the inputs, from the overlay, or both. */
export function* childNames(node: InputDirectory | undefined, overlay: Overlay | undefined): Generator<string> {
  if (node !== undefined) yield* node.directories.keys();
  if (overlay === undefined) return;
  for (const name of overlay.children.keys()) if (node?.directories.has(name) !== true) yield name;
}
