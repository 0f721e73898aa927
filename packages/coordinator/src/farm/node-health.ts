// Which nodes may take jobs: quarantine with growing, always expiring back-off, never for the last node that can do the work.
import { limits } from '@mosix/core';
import type { FarmEffect, FarmState, Node } from './state.js';

/** Some other ready node has every instruction set of this one. */
function replaceable(state: FarmState, node: Node): boolean {
  for (const other of state.nodes.values()) {
    if (other !== node && other.state === 'ready' && [...node.instructionSets].every((name) => other.instructionSets.has(name))) return true;
  }
  return false;
}

/** Sets the node's state from what is known of it; an effect when it changed. */
export function settleNode(node: Node, now: number, reason: string, effects: FarmEffect[]): void {
  const next = !node.connected
    ? 'lost'
    : node.drainingItself || node.drainAsked
      ? 'draining'
      : node.quarantinedUntilMs !== undefined
        ? 'quarantined'
        : 'ready';
  if (next === node.state) return;
  if (next === 'lost' || next === 'draining') node.unavailableSinceMs ??= now;
  else node.unavailableSinceMs = undefined;
  node.state = next;
  effects.push({ type: 'node-state', node: node.name, state: next, reason });
}

/** A failure of the farm's kind happened on this node. */
export function noteFailure(state: FarmState, node: Node, code: string, now: number, effects: FarmEffect[]): void {
  node.trouble++;
  if (node.trouble < limits.quarantineTrouble || node.state !== 'ready' || !replaceable(state, node)) return;
  const backoffMs = Math.min(limits.quarantineMsMax, limits.quarantineMsFirst * 2 ** Math.min(node.quarantines, 30));
  node.quarantines++;
  node.quarantinedUntilMs = now + backoffMs;
  settleNode(node, now, `${code}, for ${backoffMs} ms`, effects);
}

/** A job ran to its end here, whatever the compiler's exit status. */
export function noteSuccess(node: Node): void {
  node.trouble /= 2;
  if (node.trouble < 0.5) node.quarantines = 0;
}

/** A job failed on several nodes and is given up: it is more likely the job's fault than theirs. */
export function forgive(node: Node): void {
  node.trouble = Math.max(0, node.trouble - 1);
}

/** Ends quarantines that are over, and those of nodes that nobody can stand in for. */
export function releaseNodes(state: FarmState, now: number, effects: FarmEffect[]): void {
  const quarantined = [...state.nodes.values()].filter((node) => node.state === 'quarantined');
  quarantined.sort((a, b) => (a.quarantinedUntilMs ?? 0) - (b.quarantinedUntilMs ?? 0) || (a.name < b.name ? -1 : 1));
  for (const node of quarantined) {
    const over = (node.quarantinedUntilMs ?? 0) <= now;
    if (!over && replaceable(state, node)) continue;
    node.quarantinedUntilMs = undefined;
    // On probation: the next failure sends it back, for longer.
    node.trouble = Math.min(node.trouble, limits.quarantineTrouble - 1);
    settleNode(node, now, over ? 'quarantine over' : 'no other node left', effects);
  }
}
