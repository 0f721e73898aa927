// Which nodes hold which large shared inputs (toolchains), both ways round, within bounds: a hint for placement, never a promise.
import type { Node } from './state.js';

/** Nodes remembered as holding one bulk input, and such inputs in all. */
const HOLDERS_MAX = 64;
const KEYS_MAX = 256;
/** Inputs remembered of one node. */
const HOLDS_MAX = 8;

export interface Holdings {
  /** The node now holds the job's bulk inputs. */
  noteHolding(node: Node, bulkKey: string): void;
  /** The node holds nothing any more. */
  forgetHoldings(node: Node): void;
  /** Nodes that hold them, the newest last. */
  holders(bulkKey: string): readonly Node[];
}

const NONE: readonly Node[] = [];

export function createHoldings(): Holdings {
  const nodesOf = new Map<string, Node[]>();

  const drop = (node: Node, bulkKey: string): void => {
    const nodes = nodesOf.get(bulkKey);
    const at = nodes?.indexOf(node) ?? -1;
    if (nodes === undefined || at < 0) return;
    nodes.splice(at, 1);
    if (nodes.length === 0) nodesOf.delete(bulkKey);
  };

  const add = (node: Node, bulkKey: string): void => {
    let nodes = nodesOf.get(bulkKey);
    if (nodes === undefined) {
      nodes = [];
      nodesOf.set(bulkKey, nodes);
      if (nodesOf.size > KEYS_MAX) nodesOf.delete(nodesOf.keys().next().value as string);
    }
    if (nodes.length >= HOLDERS_MAX) nodes.shift();
    nodes.push(node);
  };

  return {
    noteHolding(node, bulkKey) {
      if (bulkKey === '' || node.holds.at(-1) === bulkKey) return;
      const at = node.holds.indexOf(bulkKey);
      if (at >= 0) node.holds.splice(at, 1);
      else add(node, bulkKey);
      node.holds.push(bulkKey);
      if (node.holds.length > HOLDS_MAX) drop(node, node.holds.shift() ?? '');
    },
    forgetHoldings(node) {
      for (const bulkKey of node.holds) drop(node, bulkKey);
      node.holds.length = 0;
    },
    holders: (bulkKey) => nodesOf.get(bulkKey) ?? NONE,
  };
}
