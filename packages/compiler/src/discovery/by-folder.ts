// The order in which nodes are verified: what stands in one folder comes in one run, so that the launcher opens each folder once.
import type { Node } from './filesystem-view.js';

/** The folder of a node as a number; nodes that do not know theirs stand together. */
function folderOf(node: Node): number {
  switch (node.kind) {
    case 'file':
    case 'symlink':
      return node.directory.id;
    case 'directory':
      return node.parent?.id ?? 0;
    case 'absent':
    case 'special':
      return 0;
  }
}

/** The same nodes, those of one folder behind one another; otherwise as they came. */
export function byFolder<T extends Node>(nodes: readonly T[]): T[] {
  const groups = new Map<number, T[]>();
  for (const node of nodes) {
    const folder = folderOf(node);
    const group = groups.get(folder);
    if (group === undefined) groups.set(folder, [node]);
    else group.push(node);
  }
  return [...groups.values()].flat();
}
