// Leases and jobs from their beginning to their end: every change of a node's leases goes through this file, so that what is counted
// (memory set aside, work that runs, copies, waste) is right.
import { limits } from '../limits.js';
import { memoryNeed } from './memory.js';
import type { Placement, FarmState, Job, JobSpec, Lease, LeaseState, Node, PredictionRing } from './state.js';
import { expectedMs, waitMs } from './placement.js';
import { costOf } from './rates.js';
import { storyOf } from './story.js';
import type { FarmEffect, Outcome } from './words.js';

/** The first look at a running job: when a fifth of its expected time is over, but not at once, and soon also at a long one. */
const FIRST_CHECK_MS_MIN = 700;
const FIRST_CHECK_SHARE = 0.2;
const PREDICTION_RING = 512;
const WALL_OF_CANCEL_MS = 200;

/** Nearly all jobs fail nowhere. */
export const NOWHERE: ReadonlySet<string> = new Set();

export function noteFailedOn(job: Job, node: Node): void {
  job.failedOn = new Set(job.failedOn).add(node.name);
}

export function newJob(state: FarmState, spec: JobSpec, now: number): Job {
  const job: Job = {
    spec, id: spec.id, state: 'queued', sequence: state.nextSequence++, attempts: 0, failedOn: NOWHERE, waiters: new Set(), leases: [],
    estimate: state.history.estimate(spec.costKeys, spec.sourceBytes), submittedAtMs: now, queuedAtMs: now, passedSinceMs: undefined, charged: false, reserved: undefined, memoryBytesMin: 0, moves: 0, crashedOn: undefined,
    placement: undefined, decisions: [],
  };
  state.jobs.set(job.id, job);
  if (spec.joinable) state.inFlight.set(spec.actionKey, job);
  return job;
}

/** Puts a job into the queue, where its age and what it has been through give it its place. */
export function enqueue(state: FarmState, job: Job, now: number): void {
  job.state = 'queued';
  job.queuedAtMs = now;
  job.passedSinceMs = undefined;
  state.index.enqueue(job);
}

/** A job that is placed again, because its node was emptied, say, costs its user nothing more. */
export function charge(state: FarmState, job: Job): void {
  if (job.charged) return;
  job.charged = true;
  state.index.flows.serve(state.index.flows.of(job), job.estimate.cpuSeconds);
}

/** Gives the job to the node. `startedAlready`: the lease of a worker that came back. */
export function addLease(
  state: FarmState, node: Node, job: Job, now: number,
  options: { readonly id?: string; readonly state?: LeaseState; readonly isCopy?: boolean; readonly placement?: Placement } = {},
): Lease {
  const { isCopy = false, placement } = options;
  const leaseState = options.state ?? 'assigned';
  const ahead = waitMs(node, now);
  const lease: Lease = {
    id: options.id ?? state.newLeaseId(job.spec.actionKey), job, node, state: leaseState, sinceMs: now, assignedAtMs: now,
    startedAtMs: leaseState === 'started' ? now : undefined, committedBytes: memoryNeed(job), expectedEndMs: now + ahead + expectedMs(node, job),
    reattachByMs: undefined, recalled: false, isCopy, cpuSeconds: 0, wallSeconds: 0, memoryBytes: 0, paused: false, share: undefined, due: Math.min(1, node.cores), expected: 1,
    progressAtMs: now, advancedAtMs: now, checkAtMs: 0, checkIndex: -1,
  };
  state.leases.set(lease.id, lease);
  node.leases.set(lease.id, lease);
  node.committedBytes += lease.committedBytes;
  state.index.pool(job.spec.requirements).runningSeconds += job.estimate.cpuSeconds;
  state.index.noteHolding(node, job.spec.bulkKey);
  job.leases.push(lease);
  job.state = 'running';
  job.placement ??= placement;
  if (isCopy) state.copies.add(lease);
  if (leaseState === 'started') scheduleFirstCheck(state, lease, now);
  if (leaseState === 'assigned' && node.leases.size > node.slots) state.ahead.add(lease);
  state.index.refresh(node, now);
  return lease;
}

/** Of the leases that were sent ahead of a free slot the first have one now: from here on the node owes them a start. */
export function settleAhead(state: FarmState, node: Node, now: number): void {
  if (state.ahead.size === 0) return;
  const ahead = [...node.leases.values()].filter((lease) => state.ahead.has(lease));
  const slotted = ahead.length - Math.max(0, node.leases.size - node.slots);
  for (const lease of ahead.slice(0, Math.max(0, slotted))) {
    state.ahead.delete(lease);
    lease.sinceMs = now;
  }
}

export function scheduleFirstCheck(state: FarmState, lease: Lease, now: number): void {
  const expected = (lease.job.estimate.cpuSeconds * 1000) / lease.node.rate;
  state.checks.set(lease, now + Math.min(limits.firstLookMsMax, Math.max(FIRST_CHECK_MS_MIN, expected * FIRST_CHECK_SHARE)));
}

/** The node has begun it. */
export function beginLease(state: FarmState, lease: Lease, now: number): void {
  lease.state = 'started';
  lease.sinceMs = now;
  lease.startedAtMs = now;
  lease.progressAtMs = now;
  lease.advancedAtMs = now;
  lease.recalled = false;
  state.ahead.delete(lease);
  lease.expectedEndMs = now + (lease.job.estimate.cpuSeconds * 1000) / lease.node.rate;
  scheduleFirstCheck(state, lease, now);
  state.index.refresh(lease.node, now);
}

/** Takes a lease off its node and its job. */
export function removeLease(state: FarmState, lease: Lease, now: number): void {
  if (!state.leases.delete(lease.id)) return;
  const { node, job } = lease;
  node.leases.delete(lease.id);
  node.committedBytes = node.leases.size === 0 ? 0 : node.committedBytes - lease.committedBytes;
  state.checks.remove(lease);
  state.ahead.delete(lease);
  settleAhead(state, node, now);
  const at = job.leases.indexOf(lease);
  if (at >= 0) detach(state, lease, at);
  state.index.refresh(node, now);
}

/** The job no longer counts on this lease. */
function detach(state: FarmState, lease: Lease, at: number): void {
  const { job } = lease;
  job.leases.splice(at, 1);
  const pool = state.index.pool(job.spec.requirements);
  pool.runningSeconds = Math.max(0, pool.runningSeconds - job.estimate.cpuSeconds);
  state.copies.delete(lease);
  const [rest] = job.leases;
  if (job.leases.length !== 1 || rest?.isCopy !== true) return;
  // Alone, a copy is the run.
  rest.isCopy = false;
  state.copies.delete(rest);
}

/** Tells the node to stop. The slot is taken until it confirms; the job is free of the lease at once. */
export function cancelLease(state: FarmState, lease: Lease, now: number, reason: string, effects: FarmEffect[]): void {
  if (lease.state === 'cancelling') return;
  lease.state = 'cancelling';
  lease.sinceMs = now;
  lease.expectedEndMs = now + WALL_OF_CANCEL_MS;
  state.checks.remove(lease);
  state.ahead.delete(lease);
  const at = lease.job.leases.indexOf(lease);
  if (at >= 0) detach(state, lease, at);
  state.index.refresh(lease.node, now);
  effects.push({ type: 'cancel-lease', node: lease.node.name, leaseId: lease.id, reason });
}

/** Ends a job for its waiters, and cancels what still runs of it. */
export function finishJob(state: FarmState, job: Job, outcome: Outcome, now: number, effects: FarmEffect[], why = 'nobody waits for it'): void {
  if (job.state === 'done') return;
  for (const lease of [...job.leases]) {
    // Of a race, what all but the first have done. A client that leaves wastes nothing that the scheduler could have saved.
    if (outcome.kind === 'finished' || lease.isCopy) state.wastedCpuSeconds += costOf(lease, now);
    cancelLease(state, lease, now, why, effects);
  }
  state.index.dequeue(job);
  job.state = 'done';
  state.jobs.delete(job.id);
  if (state.inFlight.get(job.spec.actionKey) === job) state.inFlight.delete(job.spec.actionKey);
  effects.push({ type: 'done', jobId: job.id, waiters: [...job.waiters], outcome, story: storyOf(job, outcome) });
}

/** How well the cost of a job was foreseen. */
export function notePrediction(ring: PredictionRing, predicted: number, actual: number): void {
  if (!(predicted > 0) || !(actual > 0)) return;
  ring.ratios[ring.next] = actual / predicted;
  ring.next = (ring.next + 1) % PREDICTION_RING;
  ring.jobs += 1;
}

/** Median and 90th percentile of actual / predicted over the last jobs; 0 without any. */
export function predictionError(ring: PredictionRing): { readonly jobs: number; readonly median: number; readonly p90: number } {
  const sorted = [...ring.ratios].sort((a, b) => a - b);
  const at = (share: number): number => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0;
  return { jobs: ring.jobs, median: at(0.5), p90: at(0.9) };
}

/** No lease of the job runs or is on its way. */
export const isIdle = (job: Job): boolean => job.leases.length === 0;

export const attemptsLeft = (job: Job): boolean => job.attempts < limits.attemptsMax;
