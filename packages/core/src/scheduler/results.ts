// How leases end: with a result, which is first or comes too late, or with a failure of the farm, which never decides a job while another
// copy of it runs.
import { limits } from '../limits.js';
import { forgive, noteFailure, noteSuccess } from './health.js';
import { isOwn } from './history.js';
import { attemptsLeft, beginLease, cancelLease, enqueue, finishJob, isIdle, noteFailedOn, notePrediction, removeLease } from './leases.js';
import { needAfterKill } from './memory.js';
import { waitsElsewhere } from './migration.js';
import { coreSpeed, costOf, noteDrift, progressOf } from './rates.js';
import type { FarmState, Job, Lease, Node } from './state.js';
import type { FarmEffect, FarmEvent } from './words.js';

export function finishLease(state: FarmState, event: Extract<FarmEvent, { type: 'lease-finished' }>, now: number, effects: FarmEffect[]): void {
  const lease = state.leases.get(event.leaseId);
  const node = state.nodes.get(event.node);
  if (node !== undefined) {
    node.jobs++;
    node.cpuSeconds += Math.max(0, event.cpuSeconds);
    if (event.crashed !== true) noteSuccess(node);
    if (lease !== undefined && lease.node === node) learn(state, lease.job, node, event, effects);
  }
  if (lease !== undefined) {
    // A cancelled one lost a race or was moved.
    if (lease.state !== 'cancelling') state.usefulCpuSeconds += Math.max(0, event.cpuSeconds);
    removeLease(state, lease, now);
  }
  // A lease given up as lost may still end well; its result serves whoever waits for that action now.
  const job = lease !== undefined && lease.job.state === 'running' ? lease.job : event.actionKey === undefined ? undefined : state.inFlight.get(event.actionKey);
  if (job === undefined || isTriedElsewhere(state, job, node, event.crashed === true, now, effects)) return;
  finishJob(state, job, { kind: 'finished', node: event.node, leaseId: event.leaseId }, now, effects, 'another node was first');
}

/** After a first crash of its compiler a job is run once more on another node: where that one does not crash, the first was to blame. */
function isTriedElsewhere(state: FarmState, job: Job, node: Node | undefined, crashed: boolean, now: number, effects: FarmEffect[]): boolean {
  if (job.crashedOn === undefined) {
    if (!crashed || node === undefined || !attemptsLeft(job) || !waitsElsewhere(state, job, node)) return false;
    // The late word of a lease that was given up; the job waits for its next try already.
    if (job.state !== 'running') return true;
    job.crashedOn = node.name;
    noteFailedOn(job, node);
    // While a copy runs, that is the other try.
    if (isIdle(job)) retry(state, job, 'compiler-crashed', `the compiler died on ${node.name}`, now, effects);
    return true;
  }
  const first = state.nodes.get(job.crashedOn);
  if (!crashed && first !== undefined && first !== node) noteFailure(state, first, 'compiler-crashed', now, effects);
  return false;
}

/** What the run cost goes into the history; how it compares with what was foreseen says something of the node. */
function learn(state: FarmState, job: Job, node: Node, event: Extract<FarmEvent, { type: 'lease-finished' }>, effects: FarmEffect[]): void {
  // A failed compile stops early, and its cost says nothing.
  if (event.exitStatus !== 0 || !(event.cpuSeconds > 0)) return;
  const { estimate } = job;
  const cost = event.cpuSeconds * coreSpeed(node);
  if (estimate.level >= 0) notePrediction(state.predictions, estimate.cpuSeconds, cost);
  if (isOwn(estimate) && estimate.count >= 1) {
    noteDrift(node, estimate.cpuSeconds, event.cpuSeconds);
  }
  const sample = { cpuSeconds: cost, memoryBytes: event.peakMemoryBytes, outputBytes: event.outputBytes };
  for (const [key, record] of state.history.learn(job.spec.costKeys, sample)) effects.push({ type: 'learned', key, record });
}

/** Codes of jobs that no node can run: they are not tried again. */
const hopeless: ReadonlySet<string> = new Set(['timeout', 'bad-input', 'output-too-big']);
/** Codes that say nothing against the node: it did as it was told, what was sent to it got lost, or the coordinator itself failed. */
const blameless: ReadonlySet<string> = new Set([
  'cancelled', 'recalled', 'out-of-memory', 'draining', 'node left', 'owner', 'missing-input', 'exec', 'lease lost', 'coordinator-failed', ...hopeless,
]);
/** Codes of a lease that never ran: it goes back as if nothing had been. */
const untouched: ReadonlySet<string> = new Set(['recalled', 'draining', 'owner']);

/** The farm's failure, reported or concluded. */
export function failLease(state: FarmState, lease: Lease, code: string, message: string, now: number, effects: FarmEffect[], peakMemoryBytes = 0): void {
  const { job, node } = lease;
  const wanted = lease.state !== 'cancelling' && job.state === 'running';
  if (wanted && job.leases.length > 1) state.wastedCpuSeconds += costOf(lease, now);
  removeLease(state, lease, now);
  if (!wanted) return;
  if (code === 'out-of-memory') {
    job.memoryBytesMin = needAfterKill(job, peakMemoryBytes, state.nodes.values());
    for (const [key, record] of state.history.learnPeak(job.spec.costKeys, job.memoryBytesMin)) effects.push({ type: 'learned', key, record });
  } else if (!untouched.has(code)) noteFailedOn(job, node);
  if (!blameless.has(code)) noteFailure(state, node, code, now, effects);
  // While another copy runs, its end decides.
  if (!isIdle(job)) return;
  if (code === 'missing-input') {
    job.state = 'verifying';
    effects.push({ type: 'verify-inputs', jobId: job.id, leaseId: lease.id });
    return;
  }
  if (untouched.has(code)) job.attempts = Math.max(0, job.attempts - 1);
  retry(state, job, code, message, now, effects);
}

export function retry(state: FarmState, job: Job, code: string, message: string, now: number, effects: FarmEffect[]): void {
  if (job.waiters.size === 0) {
    finishJob(state, job, { kind: 'cancelled' }, now, effects);
  } else if (!attemptsLeft(job) || hopeless.has(code)) {
    if (job.failedOn.size > 1) {
      for (const name of job.failedOn) {
        const node = state.nodes.get(name);
        if (node !== undefined) forgive(node);
      }
    }
    finishJob(state, job, { kind: 'gave-up', code, message }, now, effects);
  } else {
    if (!untouched.has(code)) state.retries++;
    enqueue(state, job, now);
    effects.push({ type: 'stage', jobId: job.id, stage: 'queued' });
  }
}

/** One failure of the node, however many leases it had. */
export function loseLeases(state: FarmState, node: Node, code: string, now: number, effects: FarmEffect[]): void {
  node.leasesLostAtMs = undefined;
  const trouble = node.trouble;
  for (const lease of [...node.leases.values()]) failLease(state, lease, code, `node ${node.name}: ${code}`, now, effects);
  node.trouble = Math.min(node.trouble, trouble + 1);
}

/** The new half of a live migration runs, and the old one no longer does. */
export function liveMoved(state: FarmState, leaseId: string, newLeaseId: string, now: number, effects: FarmEffect[]): void {
  const [from, to] = [state.leases.get(leaseId), state.leases.get(newLeaseId)];
  if (to?.state === 'arriving') {
    beginLease(state, to, now);
    if (from !== undefined) inherit(from, to, now);
  } else if (to?.state === 'cancelling') {
    // It was called off before it was there.
    effects.push({ type: 'cancel-lease', node: to.node.name, leaseId: to.id, reason: 'called off while it moved' });
  }
  if (from === undefined) return;
  removeLease(state, from, now);
  if (from.job.state === 'running' && isIdle(from.job)) retry(state, from.job, 'live-migration', 'called off while it moved', now, effects);
}

/** What was done there counts here, in processor time of this node. */
function inherit(from: Lease, to: Lease, now: number): void {
  to.startedAtMs = from.startedAtMs;
  to.cpuSeconds = (from.cpuSeconds * coreSpeed(from.node)) / coreSpeed(to.node);
  to.wallSeconds = from.wallSeconds;
  to.expectedEndMs = now + (to.expectedEndMs - now) * Math.max(0, 1 - progressOf(to));
}

/** The old half goes on; when it has failed meanwhile, the job begins anew. */
export function liveFailed(state: FarmState, newLeaseId: string, message: string, now: number, effects: FarmEffect[]): void {
  const lease = state.leases.get(newLeaseId);
  if (lease?.state !== 'arriving') return;
  const { job } = lease;
  cancelLease(state, lease, now, 'the migration failed', effects);
  if (isIdle(job)) retry(state, job, 'live-migration', message, now, effects);
}
