// Gives waiting jobs to nodes: as many as can be given now, in the order of fairness, then of age or length, and a few ahead of free slots.
import { limits } from '../limits.js';
import { insure, noteLong } from './insurance.js';
import { addLease, charge, finishJob, NOWHERE } from './leases.js';
import { fitsMemory, isTooSmall } from './memory.js';
import { canRun, isAccepting, workAhead, type Pool } from './node-index.js';
import { aheadDepth, anyFresh, busyMs, choose, chooseAhead, expectedMs, FASTER, roomiest, waitMs, type Choice } from './placement.js';
import { BUCKETS_END, type Line } from './ready-queue.js';
import type { FarmState, Job, Lease, Node, Placement } from './state.js';
import type { FarmEffect } from './words.js';

/** Jobs with a past that are looked at in one go. */
const SPECIAL_MAX = 64;
/** Of them, those that are sent ahead in one go. */
const SPECIAL_AHEAD_MAX = 8;
/** Jobs of one named node that are looked at in one go. */
const PINNED_MAX = 64;
/** Work goes ahead of free slots only while the pool has this much waiting for each of its slots, and not earlier than this. */
const AHEAD_QUEUE_SECONDS = 1;
const AHEAD_HORIZON_MS = 1_500;
/** Jobs of one bucket that are looked at when the first of them has no node that fits. */
const HEADS_MAX = 4;
/** Jobs that are looked at in vain in one go. */
const VAIN_MAX = 300;
/** The longest job goes first when all that is ahead takes no longer than so many times that job. */
const URGENT_FACTOR = 3;
/** While longer jobs keep coming, every so many turns of a line go to its oldest job, if that has waited for so long. */
const OLDEST_TURN = 8;
const OLD_MS = 60_000;
/** A job sent ahead is taken back when a free node will be done this much sooner. */
const RECALL_GAIN_MS = 200;
const RECALL_LOOK_MAX = 64;

export function dispatch(state: FarmState, now: number, effects: FarmEffect[]): void {
  const { index } = state;
  if (state.longRuns.length > 0) insure(state, now, effects);
  if (index.queued > 0) {
    dispatchPinned(state, now, effects);
    for (const pool of index.pools) if (pool.special.length > 0 && pool.news > 0) dispatchSpecial(state, pool, now, effects);
    const all = dispatchQueues(state, now, effects);
    for (const pool of index.pools) {
      if (pool.stirred && pool.special.length > 0 && pool.free === 0) sendSpecialAhead(state, pool, now, effects);
      if (pool.stirred && pool.queue.count > 0) sendAhead(state, pool, now, effects);
      pool.stirred = false;
      // Of very many lines or special jobs some had no turn yet.
      if (!all || pool.news === 0 || pool.special.length > SPECIAL_MAX) continue;
      pool.news = 0;
      pool.lookedAtWork = workAhead(pool, pool.queue.workSeconds);
    }
  }
  if (index.queued === 0 && state.ahead.size > 0) recallOne(state, now, effects);
}

function give(state: FarmState, node: Node, job: Job, placement: Placement | undefined, now: number, effects: FarmEffect[]): void {
  state.index.dequeue(job);
  charge(state, job);
  job.attempts += 1;
  const lease = addLease(state, node, job, now, placement === undefined ? {} : { placement });
  effects.push({ type: 'assign', node: node.name, leaseId: lease.id, jobId: job.id });
  noteLong(state, lease, now);
}

/** Jobs that name their node; the only ones that a held node takes. */
function dispatchPinned(state: FarmState, now: number, effects: FarmEffect[]): void {
  for (const [name, line] of state.index.pinned) {
    const node = state.nodes.get(name);
    if (node === undefined || (!isAccepting(node) && node.state !== 'held')) continue;
    if (node.leases.size >= node.slots) continue;
    for (const job of line.slice(0, PINNED_MAX)) {
      if (node.leases.size >= node.slots) break;
      if (!canRun(node, job.spec.requirements)) continue;
      if (!fitsMemory(node, job)) {
        if (isTooSmall(node, job) && now - job.queuedAtMs > limits.noWorkerGraceMs) {
          finishJob(state, job, { kind: 'gave-up', code: 'out-of-memory', message: `${name} has no room for it` }, now, effects);
        }
        continue;
      }
      give(state, node, job, { node: name, expectedMs: expectedMs(node, job), nextNode: undefined, nextMs: 0 }, now, effects);
    }
  }
}

/** Retried and moved jobs come first, the oldest of them before the others; of many that find no node, each has its turn. */
function dispatchSpecial(state: FarmState, pool: Pool, now: number, effects: FarmEffect[]): void {
  if (pool.special.length <= SPECIAL_MAX || pool.specialFrom >= pool.special.length) pool.specialFrom = 0;
  for (const job of pool.special.slice(pool.specialFrom, pool.specialFrom + SPECIAL_MAX)) {
    if (pool.free === 0) return;
    const choice = choose(state, pool, job, now, { mayWait: job.moves > 0 || job.failedOn.size === 0 });
    if (choice.kind === 'place') give(state, choice.node, job, choice.placement, now, effects);
    else if (choice.kind === 'none' && !anyFresh(pool, job)) lastResort(state, pool, job, now, effects);
    else if (choice.kind === 'none') reserve(pool, job, now);
    if (job.state === 'queued') pool.specialFrom += 1;
  }
}

/** For want of memory it waits while smaller jobs come and go: one node takes nothing else until it fits there. */
function reserve(pool: Pool, job: Job, now: number): void {
  if (now - job.queuedAtMs <= OLD_MS || (job.reserved !== undefined && isAccepting(job.reserved))) return;
  if (job.reserved !== undefined) job.reserved.reservedFor = undefined;
  job.reserved = roomiest(pool, job);
  if (job.reserved !== undefined) job.reserved.reservedFor = job;
}

/** No node will ever take it as things are. */
function lastResort(state: FarmState, pool: Pool, job: Job, now: number, effects: FarmEffect[]): void {
  if (job.failedOn.size > 0) {
    // Every other able node is gone: better the one where it failed than none.
    job.failedOn = NOWHERE;
    const again = choose(state, pool, job, now, { mayWait: false });
    if (again.kind === 'place') give(state, again.node, job, again.placement, now, effects);
  } else if (now - job.queuedAtMs > limits.noWorkerGraceMs) {
    finishJob(state, job, { kind: 'gave-up', code: 'out-of-memory', message: 'no node has room for it' }, now, effects);
  }
}

/** False: so much was looked at in vain that the other lines have to wait for the next event. */
function dispatchQueues(state: FarmState, now: number, effects: FarmEffect[]): boolean {
  for (let vain = 0; vain < VAIN_MAX; ) {
    let best: { pool: Pool; line: Line } | undefined;
    for (const pool of state.index.pools) {
      if (pool.queue.count === 0 || pool.free === 0 || pool.news === 0) continue;
      const line = pool.queue.next(pool.round);
      if (line !== undefined && (best === undefined || line.flow.virtualTime < best.line.flow.virtualTime)) best = { pool, line };
    }
    if (best === undefined) return true;
    const looks = placeFrom(state, best.pool, best.line, now, effects);
    if (looks !== 'placed') vain += Math.max(1, looks);
  }
  return false;
}

/**
 * The line's oldest job, while there is so much work ahead that its longest is in no hurry: others may wait for the results of those that came
 * first, which only the client knows. Also now and then, so that no job waits for ever behind longer ones that keep coming.
 */
function oldestInTurn(pool: Pool, line: Line, now: number): Job | undefined {
  const longest = pool.queue.head(line, pool.queue.longestBelow(line, BUCKETS_END));
  const rateMax = pool.buckets[0]?.rateMax ?? 1;
  if (longest !== undefined && (URGENT_FACTOR * longest.estimate.cpuSeconds) / rateMax < workAhead(pool, pool.queue.workSeconds) / pool.capacity) return pool.queue.oldest(line);
  if ((line.turns + 1) % OLDEST_TURN !== 0) return undefined;
  const oldest = pool.queue.oldest(line);
  return oldest !== undefined && now - oldest.queuedAtMs > OLD_MS ? oldest : undefined;
}

/** One job of the line: the one whose turn it is, else the longest that has a node now. Gives how many were looked at in vain. */
function placeFrom(state: FarmState, pool: Pool, line: Line, now: number, effects: FarmEffect[]): 'placed' | number {
  let looks = 0;
  const tryJob = (job: Job): Choice['kind'] => {
    const choice = choose(state, pool, job, now);
    looks += 1;
    if (choice.kind === 'place') {
      line.turns += 1;
      give(state, choice.node, job, choice.placement, now, effects);
    }
    return choice.kind;
  };
  const oldest = oldestInTurn(pool, line, now);
  if (oldest !== undefined) {
    const kind = tryJob(oldest);
    if (kind === 'place') return 'placed';
    if (kind === 'none') reserve(pool, oldest, now);
  }
  const { queue, round } = pool;
  for (let bucket = queue.longestBelow(line, BUCKETS_END, round); bucket >= 0; bucket = queue.longestBelow(line, bucket, round)) {
    for (let after = 0; after < HEADS_MAX; after += 1) {
      const job = queue.head(line, bucket, after);
      if (job === undefined) break;
      const kind = tryJob(job);
      if (kind === 'place') return 'placed';
      if (kind === 'wait') break;
    }
    queue.lookedInVain(line, bucket, round);
  }
  return looks;
}

/** While much is waiting, a node has its next job before the last one ends: its inputs are fetched meanwhile. */
function sendAhead(state: FarmState, pool: Pool, now: number, effects: FarmEffect[]): void {
  while (pool.queue.count > 0 && pool.free === 0 && pool.queue.workSeconds > AHEAD_QUEUE_SECONDS * pool.capacity) {
    const line = pool.queue.next();
    if (line === undefined) return;
    const job = oldestInTurn(pool, line, now) ?? pool.queue.head(line, pool.queue.longestBelow(line, BUCKETS_END));
    const node = job === undefined ? undefined : chooseAhead(pool, job, aheadDepth, now, AHEAD_HORIZON_MS);
    if (job === undefined || node === undefined) return;
    const ms = waitMs(node, now) + expectedMs(node, job);
    // All that waits would be done before this one: it would be the straggler of the build.
    if (ms > (pool.queue.workSeconds / pool.capacity) * 1000) return;
    line.turns += 1;
    give(state, node, job, { node: node.name, expectedMs: ms, nextNode: undefined, nextMs: 0 }, now, effects);
  }
}

/** While nodes have their next jobs ahead no slot is ever free: what comes first takes the next place that there is. */
function sendSpecialAhead(state: FarmState, pool: Pool, now: number, effects: FarmEffect[]): void {
  for (const job of pool.special.slice(0, SPECIAL_AHEAD_MAX)) {
    const node = chooseAhead(pool, job, aheadDepth, now, AHEAD_HORIZON_MS);
    if (node === undefined) continue;
    const ms = waitMs(node, now) + expectedMs(node, job);
    // Where another would be done much sooner, it waits for a place there.
    if (ms > FASTER * busyMs(pool, job, 0, now)) continue;
    give(state, node, job, { node: node.name, expectedMs: ms, nextNode: undefined, nextMs: 0 }, now, effects);
  }
}

/** The queue is empty and a node idle: of what was sent ahead elsewhere, the job that waits longest is asked back. */
function recallOne(state: FarmState, now: number, effects: FarmEffect[]): void {
  let worst: Lease | undefined;
  let looked = 0;
  for (const lease of state.ahead) {
    if ((looked += 1) > RECALL_LOOK_MAX) break;
    if (!lease.recalled && lease.state === 'assigned' && lease.node.connected && (worst === undefined || lease.expectedEndMs > worst.expectedEndMs)) worst = lease;
  }
  if (worst === undefined) return;
  const { job } = worst;
  if (job.moves >= limits.movesMax) return;
  const pool = state.index.pool(job.spec.requirements);
  if (pool.free === 0) return;
  const choice = choose(state, pool, job, now, { mayWait: false, not: worst.node });
  if (choice.kind !== 'place' || now + choice.placement.expectedMs + RECALL_GAIN_MS > worst.expectedEndMs) return;
  worst.recalled = true;
  effects.push({ type: 'recall', node: worst.node.name, leaseId: worst.id });
}
