// How fast a node works: for one job, for one more job, for all of them. A rate is processor seconds at speed 1 a second.
import type { DriftRing, Job, Lease, Node } from './state.js';

/** A starved node still moves; and nothing is divided by zero. */
const SHARE_MIN = 0.02;
/** Jobs on one machine share caches, memory and disk: each further one a core costs all of them this much. */
const CONTENTION = 0.12;
/** What the network gives to one transfer. */
export const BANDWIDTH_BYTES_PER_MS = 80_000;
/** From the decision to the compiler's start, when no input is missing. */
export const START_MS = 20;
const DRIFT_RING = 20;
const DRIFT_SAMPLES_MIN = 5;
const DRIFT_MAX = 4;
const CHANGED = 1.5;

/** Of one processor of the node: `speed` is that of a job alone, which a quota below one processor slows down. */
export const coreSpeed = (node: Node): number => node.speed / Math.min(1, node.cores);

/** Processor time a second that each of `jobs` jobs would get if nobody else used the node. */
export const dueShare = (node: Node, jobs: number): number => Math.min(1, node.cores / Math.max(1, jobs));

/** Processor time a second that each of `jobs` jobs should get, beside what others use. */
export const expectedShare = (node: Node, jobs: number): number =>
  Math.min(1, Math.max(SHARE_MIN, (node.cores - node.load) / Math.max(1, jobs)));

/** Of one of `jobs` jobs, by the node's cores, its owner's load, and what its jobs really got of late. */
export function rateOf(node: Node, jobs: number): number {
  const crowd = 1 + (CONTENTION * Math.max(0, jobs - 1)) / Math.max(1, node.cores);
  return (coreSpeed(node) * expectedShare(node, jobs) * Math.max(SHARE_MIN, node.observedShare)) / crowd;
}

/** Of all slots together. */
export const capacityOf = (node: Node): number => rateOf(node, node.slots) * node.slots;

/** Getting the large shared inputs that the node is not known to hold. */
export const transferMs = (node: Node, job: Job): number =>
  job.spec.bulkKey === '' || node.holds.includes(job.spec.bulkKey) ? START_MS : START_MS + job.spec.bulkBytes / BANDWIDTH_BYTES_PER_MS;

/** How far a lease has come, in parts of its predicted processor time. */
export const progressOf = (lease: Lease): number => doneSeconds(lease) / Math.max(1e-3, lease.job.estimate.cpuSeconds);

/** Processor seconds that the lease has had: as last reported, and what it will have had since. */
export const costOf = (lease: Lease, now: number): number =>
  lease.cpuSeconds + (lease.state !== 'started' || lease.paused ? 0 : Math.max(0, ((now - lease.advancedAtMs) / 1000) * (lease.share ?? 1)));

/** Work that the lease has done, processor seconds at speed 1. */
export const doneSeconds = (lease: Lease): number => lease.cpuSeconds * coreSpeed(lease.node);

/** What the whole job is expected to cost, by what its runs have shown: one that is past its prediction needs as much again as it has had. */
export const totalSeconds = (job: Job): number =>
  job.leases.reduce((most, lease) => (doneSeconds(lease) < job.estimate.cpuSeconds ? most : Math.max(most, 2 * doneSeconds(lease))), job.estimate.cpuSeconds);

/** Leases that take a slot; the others wait for one. */
export const runningOn = (node: Node): number => Math.min(node.slots, node.leases.size);

/** When a slot is free for one more lease, in the order in which leases are expected to end; `now` when one is free already. */
export function availableAtMs(node: Node, now: number): number {
  const excess = node.leases.size - node.slots;
  if (excess < 0) return now;
  if (excess === 0) {
    let first = Infinity;
    for (const lease of node.leases.values()) if (lease.expectedEndMs < first) first = lease.expectedEndMs;
    return first;
  }
  // Those that end soonest, one for each that waits and one more, in order.
  const ends: number[] = [];
  for (const { expectedEndMs } of node.leases.values()) {
    let at = ends.length;
    if (at > excess && expectedEndMs >= (ends[excess] as number)) continue;
    if (at > excess) at = excess;
    for (; at > 0 && (ends[at - 1] as number) > expectedEndMs; at -= 1) ends[at] = ends[at - 1] as number;
    ends[at] = expectedEndMs;
  }
  return ends[excess] ?? now;
}

/** A finished job tells how fast the node really is. */
export function noteDrift(node: Node, predictedCpuSeconds: number, cpuSeconds: number): void {
  if (!(cpuSeconds > 0.02) || !(predictedCpuSeconds > 0)) return;
  const uncorrected = node.givenSpeed ?? node.benchmarkSpeed;
  const ring = (node.drift ??= { ratios: [], next: 0 });
  ring.ratios[ring.next] = predictedCpuSeconds / ((cpuSeconds * uncorrected) / Math.min(1, node.cores));
  ring.next = (ring.next + 1) % DRIFT_RING;
  applyDrift(node);
}

export const driftOf = (node: Node): number => {
  const { drift } = node;
  if (drift === undefined || drift.ratios.length < DRIFT_SAMPLES_MIN) return 1;
  return Math.min(DRIFT_MAX, Math.max(1 / DRIFT_MAX, seenOf(drift)));
};

/** The median, unless the last few agree that things have changed: of a node that became slow, half a ring of jobs would be too many. */
function seenOf({ ratios, next }: DriftRing): number {
  const median = medianOf(ratios);
  const last = Array.from({ length: DRIFT_SAMPLES_MIN }, (_, back) => ratios[(next - 1 - back + 2 * DRIFT_RING) % DRIFT_RING] ?? median);
  return Math.max(...last) < median / CHANGED || Math.min(...last) > median * CHANGED ? medianOf(last) : median;
}

/** Sets the speed that placement uses: the given or measured one, corrected by the last jobs. */
export function applyDrift(node: Node): void {
  node.speed = (node.givenSpeed ?? node.benchmarkSpeed) * driftOf(node);
}

export function medianOf(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? (sorted[middle] ?? 0) : ((sorted[middle - 1] ?? 0) + (sorted[middle] ?? 0)) / 2;
}
