// When a running job is better off elsewhere. A lease is looked at when a fifth of its expected time is over, and then again and again.
//
// Processor time used is the measure: progress p = used / predicted. A job that gets its processor time and runs past its prediction is
// big, not slow, and is left alone. What is left: (1 - p) of the prediction at the rate at which it really runs (LATE, Zaharia 2008);
// past its prediction as much again as it has used (P(live > a | lived b) = b/a, Harchol-Balter and Downey 1997). With an idle slot
// elsewhere it is copied and the first result wins, when what is left is more than 1.2 times the whole run there. While jobs wait, a
// copy would cost them: only a job that its node fails is moved then, and it is begun anew (Mantri, Ananthanarayanan 2010). Where both
// nodes can do it and the work that is done is worth more than the time to bring it, the job moves live instead.
import { limits } from '../limits.js';
import { noteDesertion } from './health.js';
import { addLease, cancelLease, enqueue, noteFailedOn } from './leases.js';
import { isWorthBringing, liveMs, moveLive } from './live.js';
import { canRun, isAccepting } from './node-index.js';
import { busyMs, choose, expectedMsBeside } from './placement.js';
import { coreSpeed, costOf, dueShare, expectedShare, progressOf, runningOn, totalSeconds } from './rates.js';
import type { FarmState, Job, Lease, Node } from './state.js';
import { withText } from './story.js';
import { mayCopy, mayWaste } from './waste.js';
import type { Decision, FarmEffect, MoveCause, MoveMethod } from './words.js';

/** With less than this part of the processor time that it should get, a job is starved. */
const HEALTHY_SHARE = 0.6;
const BIG = 1.3;
const RACE_FACTOR = 1.2;
const MOVE_FACTOR = 0.8;
const GAIN_MS_MIN = 500;
/** While others wait: so much longer than a new run, or it stays. */
const BUSY_FACTOR = 2;
/** No word, or no progress, for this long. */
const SILENT_MS = 3_500;
const SICK_MS = 4_000;
const SICK_SHARE = 0.02;
const CHECK_MS_MIN = 500;
/** What a job without a word or progress is taken to need where it is: this long, or so many times its whole run. */
const LOST_MS = 600_000;
const LOST_RUNS = 10;

/** Causes that are this policy's own; the other moves have to be. */
const ownChoice: ReadonlySet<MoveCause> = new Set(['starved', 'slow', 'sick', 'silent', 'critical']);

/** How a lease stands. */
export interface Standing {
  readonly cause: MoveCause | undefined;
  readonly share: number;
  readonly elapsedMs: number;
  readonly stayMs: number;
}

export function standingOf(lease: Lease, now: number): Standing {
  const { node, job } = lease;
  const elapsedMs = now - (lease.startedAtMs ?? now);
  const wall = lease.wallSeconds;
  const share = lease.share ?? (wall > 0.2 ? lease.cpuSeconds / wall : expectedShare(node, runningOn(node)));
  const progress = progressOf(lease);
  const predicted = job.estimate.cpuSeconds;
  const used = lease.cpuSeconds * coreSpeed(node);
  const leftSeconds = progress < 1 ? Math.max(predicted - used, 0.05 * predicted) : used;
  // A neighbour that came or went since the last word changes what is due.
  const rate = Math.max(1e-3, coreSpeed(node) * Math.min(1, (share * dueShare(node, runningOn(node))) / lease.due));
  // Progress since the last word is worth what the rate says.
  const sinceWordMs = Math.max(0, now - lease.progressAtMs);
  const left = Math.max(50, (leftSeconds / rate) * 1000 - (progress < 1 ? sinceWordMs : 0));
  const lostMs = Math.max(LOST_MS, (LOST_RUNS * predicted * 1000) / coreSpeed(node));
  if (sinceWordMs > SILENT_MS && node.connected && elapsedMs > SILENT_MS) return { cause: 'silent', share, elapsedMs, stayMs: lostMs };
  if (lease.paused) return { cause: undefined, share, elapsedMs, stayMs: left };
  if (elapsedMs > SICK_MS && wall * 1000 > SICK_MS && share < SICK_SHARE) return { cause: 'sick', share, elapsedMs, stayMs: lostMs };
  // Guests that share a node do not starve each other; an owner who takes what is due to them does.
  if (share < HEALTHY_SHARE * lease.due) return { cause: 'starved', share, elapsedMs, stayMs: left };
  return { cause: progress > BIG ? undefined : 'slow', share, elapsedMs, stayMs: left };
}

/** Looks at one lease whose time has come; moves it, or says when to look again. */
export function checkLease(state: FarmState, lease: Lease, now: number, effects: FarmEffect[]): void {
  const again = (): void => state.checks.set(lease, now + Math.min(limits.lookAgainMsMax, Math.max(CHECK_MS_MIN, (now - (lease.startedAtMs ?? now)) * 0.15)));
  const { job, node } = lease;
  if (lease.state !== 'started') return;
  if (job.leases.length > 1 || !job.spec.movable || job.moves >= limits.movesMax || job.spec.requirements.node !== undefined) return again();
  const standing = standingOf(lease, now);
  const { cause, stayMs } = standing;
  if (cause === undefined) return again();
  const pool = state.index.pool(job.spec.requirements);
  const choice = pool.free > 0 ? choose(state, pool, job, now, { mayWait: false, not: node }) : undefined;
  const target = choice?.kind === 'place' ? choice.node : undefined;
  const lost = cause === 'silent' || cause === 'sick';
  const bringable = target !== undefined && !lost && isWorthBringing(lease, target);
  const moveMs = bringable ? liveMs(lease, target) : target !== undefined ? expectedMsBeside(target, job, totalSeconds(job), target.leases.size) : busyMs(pool, job, lost ? 0 : node.rate, now, node);
  if (!(moveMs < MOVE_FACTOR * stayMs) || stayMs - moveMs < GAIN_MS_MIN) return again();

  const waiting = pool.queue.count > 0 || pool.special.length > 0;
  const desert = (): void => noteDesertion(state, node, cause, standing.share / lease.expected, now, effects);
  if (bringable) {
    desert();
    moveLive(state, lease, target, cause, standing, now, effects);
    return again();
  }
  const lostSeconds = costOf(lease, now);
  // The copy is expected to win: what is lost is what this one will have had by then, if it gets anything.
  const raceSeconds = lost ? lease.cpuSeconds : lostSeconds + (standing.share * moveMs) / 1000;
  if (target !== undefined && !waiting && stayMs > RACE_FACTOR * moveMs && mayCopy(state, raceSeconds)) {
    desert();
    state.pledgedCpuSeconds += raceSeconds;
    startOn(state, lease, target, 'race', cause, standing, moveMs, now, effects);
    return again();
  }
  // The node fails it, and a copy is not to be had: begin anew elsewhere. What was done here is lost.
  if (cause === 'slow' || (!lost && stayMs < BUSY_FACTOR * moveMs * Math.exp(0.67 * Math.min(1, job.estimate.sigma)))) return again();
  if (!lost && !mayWaste(state, lostSeconds)) return again();
  if (target === undefined && !waitsElsewhere(state, job, node)) return again();
  desert();
  // Nor does it come back here, while there is another node for it.
  noteFailedOn(job, node);
  if (target !== undefined) startOn(state, lease, target, 'restart', cause, standing, moveMs, now, effects);
  else sendBack(state, lease, cause, standing, moveMs, now, effects);
}

/** Another node that takes jobs can run it some time. */
export function waitsElsewhere(state: FarmState, job: Job, not: Node): boolean {
  const pool = state.index.pool(job.spec.requirements);
  const counted = isAccepting(not) && canRun(not, job.spec.requirements);
  return job.spec.requirements.node === undefined && pool.nodes - Number(counted) > 0;
}

/** A copy on `target`; with `restart` the old lease ends. */
export function startOn(
  state: FarmState, lease: Lease, target: Node, method: Extract<MoveMethod, 'race' | 'restart'>, cause: MoveCause, standing: Standing, moveMs: number, now: number,
  effects: FarmEffect[], detail = '',
): Decision {
  const { job, node } = lease;
  const decision = record(state, lease, { method, cause, to: target.name, standing, moveMs, now }, detail, effects);
  if (method === 'restart') giveUp(state, lease, decision, now, effects);
  const made = addLease(state, target, job, now, { isCopy: method === 'race' });
  node.movesOut += 1;
  target.movesIn += 1;
  effects.push({ type: 'assign', node: target.name, leaseId: made.id, jobId: job.id });
  return decision;
}

/** Back into the queue, ahead of what has not run yet. */
export function sendBack(
  state: FarmState, lease: Lease, cause: MoveCause, standing: Standing, moveMs: number, now: number, effects: FarmEffect[], detail = '',
): Decision {
  const { job, node } = lease;
  const decision = record(state, lease, { method: 'restart', cause, to: '', standing, moveMs, now }, detail, effects);
  giveUp(state, lease, decision, now, effects);
  node.movesOut += 1;
  if (job.leases.length === 0) {
    // Being moved is no attempt that failed.
    job.attempts = Math.max(0, job.attempts - 1);
    enqueue(state, job, now);
    effects.push({ type: 'stage', jobId: job.id, stage: 'queued' });
  }
  return decision;
}

function giveUp(state: FarmState, lease: Lease, { cause, text }: Decision, now: number, effects: FarmEffect[]): void {
  // An owner who comes takes the run from a race that the other half goes on with.
  if (ownChoice.has(cause) || (lease.job.leases.length > 1 && cause !== 'owner')) state.wastedCpuSeconds += costOf(lease, now);
  cancelLease(state, lease, now, text, effects);
}

/** Writes a decision down. */
export function record(
  state: FarmState, lease: Lease,
  what: { readonly method: MoveMethod; readonly cause: MoveCause; readonly to: string; readonly standing: Standing; readonly moveMs: number; readonly now: number },
  detail: string, effects: FarmEffect[],
): Decision {
  const { job, node } = lease;
  const { method, cause, to, standing, moveMs, now } = what;
  const decision = withText(
    { atMs: now, jobId: job.id, label: job.spec.label, method, cause, from: node.name, to, afterMs: standing.elapsedMs, share: standing.share, stayMs: standing.stayMs, moveMs }, detail,
  );
  job.moves += 1;
  job.decisions.push(decision);
  state.decisions.push(decision);
  if (state.decisions.length > limits.decisionsMax) state.decisions.splice(0, state.decisions.length - limits.decisionsMax);
  effects.push({ type: 'decision', decision });
  return decision;
}
