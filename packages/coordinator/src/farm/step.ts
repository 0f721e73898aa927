// The farm's state machine: `step(state, event, now)` changes the state and says what the shell has to do.
//
// Every rule about jobs, leases and retries is here or in the files beside; the shell only carries out effects and reports events.
import { canRun, limits, placeJob, unreachable, type PlaceJob, type Requirements } from '@mosix/core';
import { forgive, noteFailure, noteSuccess, releaseNodes, settleNode } from './node-health.js';
import { createReadyQueue } from './ready-queue.js';
import type { FarmEffect, FarmEvent, FarmState, Job, JobSpec, Lease, Node, NodeSpec, Outcome, ReannouncedLease } from './state.js';
import { tick } from './tick.js';

export function createFarmState(options: {
  readonly newLeaseId: (actionKey: string) => string;
  readonly place?: PlaceJob;
  /** Set when this data directory had workers before: they get `noWorkerGraceMs` to come back. */
  readonly workersExpectedSinceMs?: number;
}): FarmState {
  return {
    nodes: new Map(),
    jobs: new Map(),
    leases: new Map(),
    inFlight: new Map(),
    queue: createReadyQueue(),
    place: options.place ?? placeJob,
    newLeaseId: options.newLeaseId,
    nextSequence: 1,
    lastTickMs: undefined,
    workersExpectedSinceMs: options.workersExpectedSinceMs,
    retries: 0,
  };
}

/** Applies one event. The effects are in the order in which the shell must carry them out. */
export function step(state: FarmState, event: FarmEvent, now: number): FarmEffect[] {
  const effects: FarmEffect[] = [];
  apply(state, event, now, effects);
  if (!freesNothing.has(event.type)) dispatch(state, now, effects);
  return effects;
}

/** The frequent events after which no job can be placed that could not be placed before. */
const freesNothing: ReadonlySet<FarmEvent['type']> = new Set(['node-heartbeat', 'node-speed', 'lease-started', 'join']);

function apply(state: FarmState, event: FarmEvent, now: number, effects: FarmEffect[]): void {
  switch (event.type) {
    case 'submit': {
      const job = newJob(state, event.job, now);
      job.waiters.add(event.waiter);
      if (workersGone(state, job.requirements, now)) finishJob(state, job, { kind: 'no-worker' }, effects);
      else state.queue.add(job);
      return;
    }
    case 'join':
      state.jobs.get(event.jobId)?.waiters.add(event.waiter);
      return;
    case 'leave': {
      const job = state.jobs.get(event.jobId);
      if (job === undefined || !job.waiters.delete(event.waiter) || job.waiters.size > 0) return;
      if (job.lease !== undefined) cancelLease(job.lease, now, 'nobody waits for it', effects);
      finishJob(state, job, { kind: 'cancelled' }, effects);
      return;
    }
    case 'node-joined':
      joinNode(state, event.node, event.runningLeases, now, effects);
      return;
    case 'node-heartbeat': {
      const node = state.nodes.get(event.node);
      if (node === undefined) return;
      node.lastHeardMs = now;
      node.load = event.load;
      node.freeMemoryBytes = event.freeMemoryBytes;
      node.freeDiskBytes = event.freeDiskBytes;
      return;
    }
    case 'node-speed': {
      const node = state.nodes.get(event.node);
      if (node !== undefined) node.speed = event.speed;
      return;
    }
    case 'node-draining':
    case 'drain': {
      const node = state.nodes.get(event.node);
      if (node === undefined) return;
      if (event.type === 'drain') node.drainAsked = event.enabled;
      node.drainingItself = event.type === 'node-draining' || (node.drainingItself && node.drainAsked);
      settleNode(node, now, event.type === 'drain' ? 'asked by a person' : 'asked by the node', effects);
      releaseNodes(state, now, effects);
      return;
    }
    case 'stream-broken': {
      const node = state.nodes.get(event.node);
      if (node === undefined || !node.connected || node.instance !== event.instance) return;
      disconnect(state, node, now, 'stream broken', effects);
      node.leasesLostAtMs = now + limits.brokenStreamGraceMs;
      if (node.drainingItself) loseLeases(state, node, 'node left', now, effects);
      return;
    }
    case 'lease-started': {
      const lease = state.leases.get(event.leaseId);
      if (lease === undefined) return;
      lease.reattachByMs = undefined;
      if (lease.state !== 'assigned') return;
      lease.state = 'started';
      lease.sinceMs = now;
      effects.push({ type: 'stage', jobId: lease.job.id, stage: 'executing' });
      return;
    }
    case 'lease-finished':
      finishLease(state, event, now, effects);
      return;
    case 'lease-failed': {
      const lease = state.leases.get(event.leaseId);
      if (lease !== undefined) failLease(state, lease, event.code, event.message, now, effects);
      return;
    }
    case 'verified': {
      const job = state.jobs.get(event.jobId);
      if (job === undefined || job.state !== 'verifying') return;
      if (event.complete) retry(state, job, 'missing-input', 'a node could not get its inputs', effects);
      else finishJob(state, job, { kind: 'missing' }, effects);
      return;
    }
    case 'tick':
      tick(state, now, effects);
      return;
    default:
      unreachable(event, 'step');
  }
}

function newJob(state: FarmState, spec: JobSpec, now: number): Job {
  const job: Job = {
    ...spec, state: 'queued', sequence: state.nextSequence++, attempts: 0, failedOn: new Set(), waiters: new Set(), lease: undefined, submittedAtMs: now,
  };
  state.jobs.set(job.id, job);
  if (job.joinable) state.inFlight.set(job.actionKey, job);
  return job;
}

/** Ends a job for its waiters. Its lease, if any, must have been dealt with. */
export function finishJob(state: FarmState, job: Job, outcome: Outcome, effects: FarmEffect[]): void {
  state.queue.remove(job);
  job.state = 'done';
  job.lease = undefined;
  state.jobs.delete(job.id);
  if (state.inFlight.get(job.actionKey) === job) state.inFlight.delete(job.actionKey);
  effects.push({ type: 'done', jobId: job.id, waiters: [...job.waiters], outcome });
}

/** No node that could run it is there, nor was a moment ago. Quarantined nodes come back by themselves and count as there. */
export function workersGone(state: FarmState, requirements: Requirements, now: number): boolean {
  if (state.workersExpectedSinceMs !== undefined && now - state.workersExpectedSinceMs < limits.noWorkerGraceMs) return false;
  for (const node of state.nodes.values()) {
    if (!canRun(node, requirements)) continue;
    if (node.unavailableSinceMs === undefined || now - node.unavailableSinceMs < limits.noWorkerGraceMs) return false;
  }
  return true;
}

function dispatch(state: FarmState, now: number, effects: FarmEffect[]): void {
  if (state.queue.size() === 0) return;
  state.queue.offer((job) => {
    const node = state.place(state.nodes.values(), job);
    if (node === undefined) return false;
    if (node.running >= node.slots) throw new Error(`placement gave ${node.name} more jobs than slots`);
    job.attempts++;
    const lease = addLease(state, node, job, state.newLeaseId(job.actionKey), 'assigned', now);
    effects.push({ type: 'assign', node: node.name, leaseId: lease.id, jobId: job.id });
    return true;
  });
}

function addLease(state: FarmState, node: Node, job: Job, id: string, leaseState: 'assigned' | 'started', now: number): Lease {
  const lease: Lease = { id, job, node, state: leaseState, sinceMs: now, reattachByMs: undefined };
  state.leases.set(id, lease);
  node.leases.set(id, lease);
  node.running = node.leases.size;
  job.lease = lease;
  job.state = 'running';
  return lease;
}

export function removeLease(state: FarmState, lease: Lease): void {
  state.leases.delete(lease.id);
  lease.node.leases.delete(lease.id);
  lease.node.running = lease.node.leases.size;
  if (lease.job.lease === lease) lease.job.lease = undefined;
}

export function cancelLease(lease: Lease, now: number, reason: string, effects: FarmEffect[]): void {
  lease.state = 'cancelling';
  lease.sinceMs = now;
  effects.push({ type: 'cancel-lease', node: lease.node.name, leaseId: lease.id, reason });
}

function finishLease(
  state: FarmState, event: { leaseId: string; actionKey: string | undefined; node: string; cpuSeconds: number }, now: number, effects: FarmEffect[],
): void {
  const lease = state.leases.get(event.leaseId);
  const node = state.nodes.get(event.node);
  if (node !== undefined) {
    node.jobs++;
    node.cpuSeconds += event.cpuSeconds;
    noteSuccess(node);
  }
  if (lease !== undefined) removeLease(state, lease);
  // A lease given up as lost may still end well; its result serves whoever waits for that action now.
  const job = lease !== undefined && lease.job.state === 'running' ? lease.job : event.actionKey === undefined ? undefined : state.inFlight.get(event.actionKey);
  if (job === undefined) return;
  if (job.lease !== undefined) cancelLease(job.lease, now, 'another node was first', effects);
  finishJob(state, job, { kind: 'finished', node: event.node, leaseId: event.leaseId }, effects);
}

/** The farm's failure, reported or concluded. */
export function failLease(state: FarmState, lease: Lease, code: string, message: string, now: number, effects: FarmEffect[]): void {
  const { job, node } = lease;
  const wanted = lease.state !== 'cancelling' && job.state === 'running';
  removeLease(state, lease);
  if (!wanted) return;
  job.failedOn.add(node.name);
  if (code === 'missing-input') {
    job.state = 'verifying';
    effects.push({ type: 'verify-inputs', jobId: job.id, leaseId: lease.id });
    return;
  }
  if (!jobsOwnFailures.has(code)) noteFailure(state, node, code, now, effects);
  retry(state, job, code, message, effects);
}

/** Codes that say nothing against the node. */
const jobsOwnFailures: ReadonlySet<string> = new Set(['cancelled', 'timeout', 'out-of-memory', 'draining', 'node left']);

function retry(state: FarmState, job: Job, code: string, message: string, effects: FarmEffect[]): void {
  if (job.waiters.size === 0) {
    finishJob(state, job, { kind: 'cancelled' }, effects);
  } else if (job.attempts >= limits.attemptsMax || code === 'timeout') {
    if (job.failedOn.size > 1) {
      for (const name of job.failedOn) {
        const node = state.nodes.get(name);
        if (node !== undefined) forgive(node);
      }
    }
    finishJob(state, job, { kind: 'gave-up', code, message }, effects);
  } else {
    state.retries++;
    job.state = 'queued';
    state.queue.add(job);
    effects.push({ type: 'stage', jobId: job.id, stage: 'queued' });
  }
}

/** The node cannot be talked to. Its leases stay until they are lost by time. */
export function disconnect(state: FarmState, node: Node, now: number, reason: string, effects: FarmEffect[]): void {
  node.connected = false;
  settleNode(node, now, reason, effects);
  releaseNodes(state, now, effects);
}

/** One failure of the node, however many leases it had. */
export function loseLeases(state: FarmState, node: Node, code: string, now: number, effects: FarmEffect[]): void {
  node.leasesLostAtMs = undefined;
  const trouble = node.trouble;
  for (const lease of [...node.leases.values()]) failLease(state, lease, code, `node ${node.name}: ${code}`, now, effects);
  node.trouble = Math.min(node.trouble, trouble + 1);
}

function joinNode(state: FarmState, spec: NodeSpec, reannounced: readonly ReannouncedLease[], now: number, effects: FarmEffect[]): void {
  const known = state.nodes.get(spec.name);
  if (known !== undefined && known.instance !== spec.instance) {
    disconnect(state, known, now, 'restarted', effects);
    loseLeases(state, known, 'node restarted', now, effects);
  }
  const node: Node = known ?? {
    ...spec, running: 0, load: 0, state: 'lost', freeMemoryBytes: spec.memoryBytes, freeDiskBytes: 0, leases: new Map(), connected: false,
    drainingItself: false, drainAsked: false, lastHeardMs: now, unavailableSinceMs: now, leasesLostAtMs: undefined, trouble: 0, quarantines: 0,
    quarantinedUntilMs: undefined, jobs: 0, cpuSeconds: 0,
  };
  Object.assign(node, spec, { connected: true, drainingItself: false, lastHeardMs: now, leasesLostAtMs: undefined });
  state.nodes.set(node.name, node);
  settleNode(node, now, 'joined', effects);
  releaseNodes(state, now, effects);

  const unknownLeases = reannounced.filter((each) => !reattach(state, node, each, now)).map((each) => each.leaseId);
  const named = new Set(reannounced.map((each) => each.leaseId));
  for (const lease of node.leases.values()) lease.reattachByMs = named.has(lease.id) ? undefined : now + limits.leaseReattachMs;
  effects.unshift({ type: 'welcome', node: node.name, unknownLeases });
}

/** Takes up a lease that the worker still runs. False when nobody wants it. */
function reattach(state: FarmState, node: Node, { leaseId, adopt }: ReannouncedLease, now: number): boolean {
  const lease = state.leases.get(leaseId);
  if (lease !== undefined) return lease.node === node && lease.state !== 'cancelling';
  if (adopt === undefined || !adopt.joinable) return false;
  const waiting = state.inFlight.get(adopt.actionKey);
  if (waiting !== undefined && waiting.state !== 'queued') return false;
  if (waiting !== undefined) state.queue.remove(waiting);
  const job = waiting ?? newJob(state, adopt, now);
  job.attempts++;
  addLease(state, node, job, leaseId, 'started', now);
  return true;
}
