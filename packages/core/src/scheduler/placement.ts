// Which node gets a job: the one with the smallest expected completion time. For a node with a free slot that is
//   missing input bytes / bandwidth + cost / rate,
// for a busy one the time until a slot is free comes on top. A free slow node is passed over when a busy fast one would be done sooner,
// or when all jobs as long as this one would be done by the whole pool before this node were done with this job alone: so long jobs
// do not become stragglers on slow nodes, as in the rule of the smallest completion time for uniform machines (Horvath, Lam, Sethi 1977).
import { fitsMemory, isTooSmall } from './memory.js';
import { canRun, isAccepting, workAhead, type Pool, type RateBucket } from './node-index.js';
import { rateOf, START_MS, transferMs } from './rates.js';
import { bucketOf } from './ready-queue.js';
import type { FarmState, Job, Node, Placement } from './state.js';

/** Entries of one heap that are looked at for a node that fits. */
const PROBE_MAX = 12;
/** Of these the first that fit, where none of them holds the inputs. */
const LACKING_PROBE_MAX = 4;
const HOLDERS_PROBE_MAX = 16;
const BUSY_PROBE_MAX = 3;
/** Of one pool all free nodes are looked at this often at most. */
const SEARCH_PAUSE_MS = 200;
/** A slower node must be this much slower before a job waits for a faster one. */
export const FASTER = 1.1;
/** A lease that is late will need at least this much longer. */
const OVERDUE_MS_MIN = 100;

const AHEAD_PER_SLOTS = 4;
const AHEAD_MAX = 8;

export type Choice =
  | { readonly kind: 'place'; readonly node: Node; readonly placement: Placement }
  /** A busy node will be done sooner. */
  | { readonly kind: 'wait' }
  /** No free node can take it. */
  | { readonly kind: 'none' };

/** From now to the end, on a node with a free slot. */
export const expectedMs = (node: Node, job: Job): number => transferMs(node, job) + (job.estimate.cpuSeconds * 1000) / node.rate;

/** The same for a job of so many processor seconds, on a node that has it beside `others` jobs. */
export const expectedMsBeside = (node: Node, job: Job, cpuSeconds: number, others: number): number =>
  transferMs(node, job) + (cpuSeconds * 1000) / rateOf(node, others + 1);

/** Until one more slot is free. Leases that are late tell little: as long again as they are late. */
export const waitMs = (node: Node, now: number): number => {
  if (node.leases.size < node.slots) return 0;
  return node.availableAtMs > now ? node.availableAtMs - now : Math.max(OVERDUE_MS_MIN, now - node.availableAtMs);
};

export const fits = (node: Node, job: Job): boolean =>
  !job.failedOn.has(node.name) && (node.reservedFor === undefined || node.reservedFor === job) && fitsMemory(node, job);

/**
 * The node for this job now. `mayWait: false`: a free one is taken whatever the busy ones promise. `not`: left out.
 */
export function choose(state: FarmState, pool: Pool, job: Job, now: number, options: { readonly mayWait: boolean; readonly not?: Node } = { mayWait: true }): Choice {
  const { not } = options;
  let best: Node | undefined;
  let bestMs = Infinity;
  let next: Node | undefined;
  let nextMs = Infinity;
  const consider = (node: Node): void => {
    if (node === best || node === not || !fits(node, job)) return;
    const ms = expectedMs(node, job);
    if (ms < bestMs) {
      next = best;
      nextMs = bestMs;
      best = node;
      bestMs = ms;
    } else if (ms < nextMs) {
      next = node;
      nextMs = ms;
    }
  };
  const costMs = job.estimate.cpuSeconds * 1000;
  for (const bucket of pool.buckets) {
    if (best !== undefined && START_MS + costMs / bucket.rateMax >= bestMs) break;
    const { entries } = bucket.free;
    const before = best;
    for (let at = 0; at < Math.min(PROBE_MAX, entries.length); at += 1) {
      const node = (entries[at] as { node: Node }).node;
      consider(node);
      // The first two say enough, and some more where they do not fit or lack the inputs; those that hold them are asked below.
      if (at > 0 && best !== before && best !== undefined && (at >= LACKING_PROBE_MAX - 1 || bestMs <= START_MS + costMs / best.rate)) break;
    }
  }
  if (job.spec.bulkKey !== '' && best !== undefined && !best.holds.includes(job.spec.bulkKey)) {
    const holders = state.index.holders(job.spec.bulkKey);
    for (let at = Math.max(0, holders.length - HOLDERS_PROBE_MAX); at < holders.length; at += 1) {
      const node = holders[at] as Node;
      if (isAccepting(node) && node.leases.size < node.slots && canRun(node, pool.requirements)) consider(node);
    }
  }
  if (best === undefined && pool.free > PROBE_MAX && now - pool.searchedAtMs >= SEARCH_PAUSE_MS) {
    const found = search(pool, job, not);
    // Looking in vain is dear in a large farm; a find is worth the next look.
    if (found === undefined) pool.searchedAtMs = now;
    else consider(found);
  }
  if (best === undefined) return { kind: 'none' };
  if (options.mayWait && isWorthWaiting(pool, job, best, bestMs, now)) return { kind: 'wait' };
  return placed(best, bestMs, next, nextMs);
}

/** The first free node that fits among all, the fastest bucket first: for the rare job that none of those probed could take. */
function search(pool: Pool, job: Job, not: Node | undefined): Node | undefined {
  for (const { free } of pool.buckets) {
    for (const { node } of free.entries) if (node !== not && fits(node, job)) return node;
  }
  return undefined;
}

const placed = (node: Node, ms: number, next: Node | undefined, nextMs: number): Choice => ({
  kind: 'place', node, placement: { node: node.name, expectedMs: ms, nextNode: next?.name, nextMs: next === undefined ? 0 : nextMs },
});

function isWorthWaiting(pool: Pool, job: Job, node: Node, freeMs: number, now: number): boolean {
  // It has waited as long as the slow node would have taken: promises were not kept.
  if (job.passedSinceMs !== undefined && now - job.passedSinceMs > freeMs) return false;
  const ahead = workAhead(pool, pool.queue.workFrom(bucketOf(job.estimate.cpuSeconds)));
  if (freeMs <= (ahead * 1000) / Math.max(1e-9, pool.capacity)) return false;
  if (busyMs(pool, job, node.rate * FASTER, now, undefined, freeMs) >= freeMs) return false;
  job.passedSinceMs ??= now;
  return true;
}

/**
 * Smallest expected completion time on busy nodes at least as fast as this, `not` left out; any that is less than `enoughMs` will do.
 * Infinity: there is none.
 */
export function busyMs(pool: Pool, job: Job, rateMin: number, now: number, not?: Node, enoughMs = 0): number {
  let soonest = Infinity;
  for (const bucket of pool.buckets) {
    if (bucket.rateMax < rateMin || soonest < enoughMs) break;
    // One that is late comes first in the heap, and may have to be waited for the longest.
    for (let at = 0; at < Math.min(BUSY_PROBE_MAX, bucket.busy.entries.length); at += 1) {
      const node = (bucket.busy.entries[at] as { node: Node }).node;
      if (node !== not && node.rate >= rateMin && !job.failedOn.has(node.name)) soonest = Math.min(soonest, waitMs(node, now) + expectedMs(node, job));
    }
  }
  return soonest;
}

/** Leases beyond its slots that a node may get. */
export const aheadDepth = (node: Node): number => Math.min(AHEAD_MAX, Math.max(1, Math.floor(node.slots / AHEAD_PER_SLOTS)));

/** The busy node that has a slot soonest for work to be sent ahead; undefined: none has room for it. */
export function chooseAhead(pool: Pool, job: Job, depthOf: (node: Node) => number, now: number, horizonMs: number): Node | undefined {
  let best: Node | undefined;
  for (const bucket of pool.buckets) {
    const first = firstWithRoom(bucket, depthOf);
    if (first === undefined || waitMs(first, now) > horizonMs || !fits(first, job)) continue;
    if (best === undefined || waitMs(first, now) + expectedMs(first, job) < waitMs(best, now) + expectedMs(best, job)) best = first;
  }
  return best;
}

function firstWithRoom(bucket: RateBucket, depthOf: (node: Node) => number): Node | undefined {
  for (let at = 0; at < Math.min(4, bucket.busy.entries.length); at += 1) {
    const node = bucket.busy.entries[at]?.node;
    if (node !== undefined && node.leases.size - node.slots < depthOf(node)) return node;
  }
  return undefined;
}

/** A node that takes jobs could take this one at some time, not counting those where it failed: it is worth waiting for. */
export function anyFresh(pool: Pool, job: Job): boolean {
  for (const bucket of pool.buckets) {
    for (const { entries } of [bucket.free, bucket.busy]) {
      for (const { node } of entries) if (!job.failedOn.has(node.name) && !isTooSmall(node, job)) return true;
    }
  }
  return false;
}

/** The roomiest node that could take the job if others left it; one that is kept for another job is left out. */
export function roomiest(pool: Pool, job: Job): Node | undefined {
  let best: Node | undefined;
  for (const bucket of pool.buckets) {
    for (const { entries } of [bucket.free, bucket.busy]) {
      for (const { node } of entries) {
        if (node.reservedFor !== undefined || job.failedOn.has(node.name) || isTooSmall(node, job)) continue;
        if (best === undefined || room(node) > room(best) || (room(node) === room(best) && node.order < best.order)) best = node;
      }
    }
  }
  return best;
}

const room = (node: Node): number => node.memoryBytes - node.othersMemoryBytes;
