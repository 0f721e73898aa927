// Paths inside a job's root, before that root exists: where a path leads when the kernel walks it, symlinks and `..` included.
import type { InputDirectory } from './input-tree.js';

/** As in the kernel (MAXSYMLINKS). */
const SYMLINKS_MAX = 40;

export const splitPath = (path: string): string[] => path.split('/').filter((part) => part !== '' && part !== '.');

/**
 * The real directory that `path` names in the tree, as its components from the root. Components that do not exist are taken as
 * directories to be made. Undefined when a file stands in the way or symlinks go round in circles.
 */
export function resolveDirectory(root: InputDirectory, path: string): string[] | undefined {
  const real: string[] = [];
  const nodes: (InputDirectory | undefined)[] = [root];
  const waiting = splitPath(path).reverse();
  let followed = 0;
  for (let part = waiting.pop(); part !== undefined; part = waiting.pop()) {
    if (part === '..') {
      if (real.pop() !== undefined) nodes.pop();
      continue;
    }
    const here = nodes.at(-1);
    const target = here?.symlinks.get(part);
    if (target !== undefined) {
      followed += 1;
      if (followed > SYMLINKS_MAX) return undefined;
      if (target.startsWith('/')) {
        real.length = 0;
        nodes.length = 1;
      }
      waiting.push(...splitPath(target).reverse());
      continue;
    }
    if (here?.files.has(part) === true) return undefined;
    real.push(part);
    nodes.push(here?.directories.get(part));
  }
  return real;
}

/** The directory at these components, when the tree has it. */
export function directoryAt(root: InputDirectory, real: readonly string[]): InputDirectory | undefined {
  let node: InputDirectory | undefined = root;
  for (const part of real) node = node?.directories.get(part);
  return node;
}
