// Live migration: checkpoint there, restore here, nothing done is lost. Its provider is a port; both nodes must have said that they can.
import { addLease } from './leases.js';
import { record, type Standing } from './migration.js';
import { BANDWIDTH_BYTES_PER_MS, coreSpeed, transferMs } from './rates.js';
import type { FarmState, Lease, Node } from './state.js';
import type { Decision, FarmEffect, MoveCause } from './words.js';

/** Dump and restore of a compiler's process tree (measured with CRIU: 0.43 s and 0.34 s for 370 MB). */
const FREEZE_MS = 1_000;

/** A program that has started has chosen its instructions: the other processor must have them all. */
export const canRestore = (from: Node, to: Node): boolean => from.live && to.live && [...from.instructionSets].every((name) => to.instructionSets.has(name));

/** The time for which the job stands still: dump, transfer of its memory, restore. */
const frozenMs = (lease: Lease): number => FREEZE_MS + Math.max(lease.memoryBytes, lease.job.estimate.memoryBytes) / BANDWIDTH_BYTES_PER_MS;

/** To do again there what has been done takes longer than to bring it. */
export function isWorthBringing(lease: Lease, to: Node): boolean {
  if (lease.state !== 'started' || !canRestore(lease.node, to)) return false;
  const doneMs = (lease.cpuSeconds * coreSpeed(lease.node) * 1000) / to.rate;
  return doneMs > frozenMs(lease) - transferMs(to, lease.job);
}

/** From now to the end, when it is brought there with what it has done. */
export function liveMs(lease: Lease, to: Node): number {
  const left = Math.max(0.05 * lease.job.estimate.cpuSeconds, lease.job.estimate.cpuSeconds - lease.cpuSeconds * coreSpeed(lease.node));
  return frozenMs(lease) + (left * 1000) / to.rate;
}

/** Checkpoint here, restore there. The old lease runs until the provider says that the new one does. */
export function moveLive(
  state: FarmState, lease: Lease, to: Node, cause: MoveCause, standing: Standing, now: number, effects: FarmEffect[], detail = '',
): Decision {
  const decision = record(state, lease, { method: 'live', cause, to: to.name, standing, moveMs: liveMs(lease, to), now }, detail, effects);
  const made = addLease(state, to, lease.job, now, { state: 'arriving' });
  lease.node.movesOut += 1;
  to.movesIn += 1;
  effects.push({ type: 'migrate-live', jobId: lease.job.id, from: lease.node.name, to: to.name, leaseId: lease.id, newLeaseId: made.id });
  return decision;
}
