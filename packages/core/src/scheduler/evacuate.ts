// Leases that must leave their node: its owner is back, it is emptied, or memory runs short. They are begun anew where they fit, or wait
// for a slot; where no other node can ever take them, the job is given back to its client.
import { limits } from '../limits.js';
import { finishJob } from './leases.js';
import { isWorthBringing, moveLive } from './live.js';
import { isShort } from './memory.js';
import { sendBack, standingOf, startOn, waitsElsewhere } from './migration.js';
import { choose, expectedMs } from './placement.js';
import type { FarmState, Lease, Node } from './state.js';
import type { FarmEffect, MoveCause } from './words.js';

const MEMORY_PAUSE_MS = 2_000;

export type Evacuated = 'moved' | 'queued' | 'stays';

/** `mustLeave`: it waits elsewhere rather than stay. */
export function evacuate(state: FarmState, lease: Lease, cause: MoveCause, mustLeave: boolean, now: number, effects: FarmEffect[], detail = ''): Evacuated {
  const { job, node } = lease;
  if (lease.state === 'cancelling' || job.spec.requirements.node !== undefined) return 'stays';
  if (!job.spec.movable && lease.state !== 'assigned') return 'stays';
  // It is leaving already, with its state.
  if (job.leases.some((other) => other !== lease && other.state === 'arriving')) return 'moved';
  if (job.leases.length > 1) {
    // The other copy goes on; here it only loses.
    sendBack(state, lease, cause, standingOf(lease, now), 0, now, effects, detail);
    return 'moved';
  }
  const pool = state.index.pool(job.spec.requirements);
  const choice = pool.free > 0 ? choose(state, pool, job, now, { mayWait: false, not: node }) : undefined;
  const standing = standingOf(lease, now);
  if (choice?.kind === 'place') {
    if (isWorthBringing(lease, choice.node)) {
      moveLive(state, lease, choice.node, cause, standing, now, effects, detail);
      return 'moved';
    }
    startOn(state, lease, choice.node, 'restart', cause, standing, expectedMs(choice.node, job), now, effects, detail);
    return 'moved';
  }
  if (!mustLeave || !waitsElsewhere(state, job, node)) return 'stays';
  sendBack(state, lease, cause, standing, 0, now, effects, detail);
  return 'queued';
}

/** The owner of the node came or went. */
export function evacuateForOwner(state: FarmState, node: Node, now: number, effects: FarmEffect[]): void {
  for (const lease of [...node.leases.values()]) {
    if (lease.state === 'started') evacuate(state, lease, 'owner', true, now, effects, node.ownerReason);
  }
}

/** Guests that could go nowhere are given back to their clients when the owner has waited long enough. */
export function endGuests(state: FarmState, node: Node, now: number, effects: FarmEffect[]): void {
  if (!node.ownerActive || now - node.ownerSinceMs < limits.ownerLeaveMsMax) return;
  for (const lease of [...node.leases.values()]) {
    if (lease.state === 'cancelling') continue;
    const { job } = lease;
    if (job.leases.length > 1) sendBack(state, lease, 'owner', standingOf(lease, now), 0, now, effects, node.ownerReason);
    else finishJob(state, job, { kind: 'gave-up', code: 'owner-returned', message: `the owner of ${node.name} is back and no other node can take the job` }, now, effects, 'the owner is back');
  }
}

/** The youngest job that fits elsewhere leaves a node that runs short of memory; one at a time, with a pause to see what it brought. */
export function relieve(state: FarmState, node: Node, now: number, effects: FarmEffect[]): void {
  if (!isShort(node) || now - node.memoryMovedAtMs < MEMORY_PAUSE_MS) return;
  const started = [...node.leases.values()].filter((lease) => lease.state === 'started' && lease.job.spec.movable && lease.job.moves < limits.movesMax);
  started.sort((a, b) => (b.startedAtMs ?? 0) - (a.startedAtMs ?? 0));
  for (const lease of started) {
    if (evacuate(state, lease, 'memory', false, now, effects) !== 'moved') continue;
    node.memoryMovedAtMs = now;
    return;
  }
}
