// Which nodes may take jobs: the one place where a node's state is set. Quarantine has a growing, always expiring back-off, and never
// takes the last node that can do the work.
import { limits } from '../limits.js';
import { unreachable } from '../result.js';
import type { FarmState, Node, NodeState } from './state.js';
import type { FarmEffect, MoveCause } from './words.js';

/** A node that gives its jobs less than this part of what is due to them hardly works; that counts as so many failures. */
const HARDLY_SHARE = 0.15;
const HARDLY_WEIGHT = 2;

/** Some other ready node has every instruction set of this one, and whatever waits or runs could go to another. */
function replaceable(state: FarmState, node: Node): boolean {
  for (const { pool, accepting } of node.places) {
    const inUse = pool.queue.count > 0 || pool.special.length > 0 || pool.runningSeconds > 0;
    if (inUse && pool.requirements.node === undefined && pool.nodes - Number(accepting) === 0) return false;
  }
  for (const other of state.nodes.values()) {
    if (other !== node && other.state === 'ready' && [...node.instructionSets].every((name) => other.instructionSets.has(name))) return true;
  }
  return false;
}

function stateOf(node: Node): NodeState {
  if (!node.connected) return 'lost';
  if (node.drainingItself || node.drainAsked) return 'draining';
  if (node.blocked) return 'blocked';
  if (node.ownerActive) return 'owner';
  if (node.quarantinedUntilMs !== undefined) return 'quarantined';
  if (node.diskFull) return 'full';
  return node.heldUntilMs === undefined ? 'ready' : 'held';
}

/** A node in this state comes back by itself, and soon: jobs may wait for it. */
function comesBack(state: NodeState): boolean {
  switch (state) {
    case 'ready':
    case 'held':
    case 'quarantined':
      return true;
    case 'full':
    case 'owner':
    case 'blocked':
    case 'draining':
    case 'lost':
      return false;
    default:
      return unreachable(state, 'comesBack');
  }
}

/** Sets the node's state from what is known of it; an effect when it changed. */
export function settleNode(state: FarmState, node: Node, now: number, reason: string, effects: FarmEffect[]): void {
  const next = stateOf(node);
  if (next === node.state) return;
  if (comesBack(next)) node.unavailableSinceMs = undefined;
  else node.unavailableSinceMs ??= now;
  node.state = next;
  node.stateReason = reason;
  state.index.refresh(node, now);
  effects.push({ type: 'node-state', node: node.name, state: next, reason });
}

/** A failure of the farm's kind happened on this node; `weight`: it counts as so many. */
export function noteFailure(state: FarmState, node: Node, code: string, now: number, effects: FarmEffect[], weight = 1): void {
  node.trouble += weight;
  if (node.trouble < limits.quarantineTrouble || node.state !== 'ready' || !replaceable(state, node)) return;
  const backoffMs = Math.min(limits.quarantineMsMax, limits.quarantineMsFirst * 2 ** Math.min(node.quarantines, 30));
  node.quarantines++;
  node.quarantinedUntilMs = now + backoffMs;
  state.quarantined.add(node);
  settleNode(state, node, now, `${code}, for ${backoffMs} ms`, effects);
}

/**
 * The policy took a running job off the node, which gave it only `share` of what it had to give. What heartbeats say of its slowness is
 * remembered for longer each time; when two jobs in a row got next to nothing, it goes into quarantine. (One alone may be a job that
 * sleeps.)
 */
export function noteDesertion(state: FarmState, node: Node, cause: MoveCause, share: number, now: number, effects: FarmEffect[]): void {
  if (cause !== 'starved' && cause !== 'sick' && cause !== 'silent') return;
  node.desertions += 1;
  if (cause !== 'silent' && share < HARDLY_SHARE) noteFailure(state, node, cause, now, effects, HARDLY_WEIGHT);
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
  if (state.quarantined.size === 0) return;
  const quarantined = [...state.quarantined].sort((a, b) => (a.quarantinedUntilMs ?? 0) - (b.quarantinedUntilMs ?? 0) || a.order - b.order);
  for (const node of quarantined) {
    const over = (node.quarantinedUntilMs ?? 0) <= now;
    if (!over && (node.state !== 'quarantined' || replaceable(state, node))) continue;
    node.quarantinedUntilMs = undefined;
    state.quarantined.delete(node);
    // On probation: the next failure sends it back, for longer.
    node.trouble = Math.min(node.trouble, limits.quarantineTrouble - 1);
    settleNode(state, node, now, over ? 'quarantine over' : 'no other node left', effects);
  }
}
