// The scheduler: `step(state, event, now)` changes the state and says what the shell has to do.
//
// Every rule about jobs, leases, placement, migration and retries is in this folder; the shell carries out effects and reports events.
// No clock and no randomness: the same events at the same times give the same effects.
import { limits } from '../limits.js';
import { unreachable } from '../result.js';
import { createCheckHeap } from './check-heap.js';
import { obey } from './commands.js';
import { dispatch } from './dispatch.js';
import { releaseNodes, settleNode } from './health.js';
import { createHistory, type History } from './history.js';
import { enqueue, finishJob, newJob } from './leases.js';
import { disconnect, heartbeat, joinNode, setOwner, startLease, workersGone } from './members.js';
import { createNodeIndex } from './node-index.js';
import { plausibleCost, plausiblePeak, plausibleSpec, plausibleSpeed } from './plausible.js';
import { applyDrift } from './rates.js';
import { failLease, finishLease, liveFailed, liveMoved, loseLeases, retry } from './results.js';
import type { FarmState, Node } from './state.js';
import { tick } from './tick.js';
import type { FarmEffect, FarmEvent } from './words.js';

export function createFarmState(options: {
  readonly newLeaseId: (actionKey: string) => string;
  readonly history?: History;
  /** Set when this data directory had workers before: they get `noWorkerGraceMs` to come back. */
  readonly workersExpectedSinceMs?: number;
  /** Names of nodes that a person blocked. */
  readonly blocked?: Iterable<string>;
}): FarmState {
  const nodes = new Map<string, Node>();
  return {
    nodes,
    jobs: new Map(),
    leases: new Map(),
    inFlight: new Map(),
    index: createNodeIndex(nodes),
    checks: createCheckHeap(),
    longRuns: [],
    ahead: new Set(),
    quarantined: new Set(),
    history: options.history ?? createHistory(limits.historyEntriesMax),
    newLeaseId: options.newLeaseId,
    blockedNames: new Set(options.blocked ?? []),
    nextSequence: 1,
    nextOrder: 1,
    lastTickMs: undefined,
    workersExpectedSinceMs: options.workersExpectedSinceMs,
    retries: 0,
    copies: new Set(),
    usefulCpuSeconds: 0,
    wastedCpuSeconds: 0,
    pledgedCpuSeconds: 0,
    predictions: { ratios: [], next: 0, jobs: 0 },
    decisions: [],
  };
}

/** Applies one event. The effects are in the order in which the shell must carry them out. */
export function step(state: FarmState, event: FarmEvent, now: number): FarmEffect[] {
  const effects: FarmEffect[] = [];
  apply(state, event, now, effects);
  if (!freesNothing.has(event.type)) dispatch(state, now, effects);
  return effects;
}

/** The frequent events after which no job can be placed that could not be placed before; the next tick looks anyway. */
const freesNothing: ReadonlySet<FarmEvent['type']> = new Set(['node-heartbeat', 'lease-started', 'join']);

function apply(state: FarmState, event: FarmEvent, now: number, effects: FarmEffect[]): void {
  switch (event.type) {
    case 'submit': {
      const job = newJob(state, event.job, now);
      job.waiters.add(event.waiter);
      if (workersGone(state, job.spec.requirements, now)) finishJob(state, job, { kind: 'no-worker' }, now, effects);
      else enqueue(state, job, now);
      return;
    }
    case 'join':
      state.jobs.get(event.jobId)?.waiters.add(event.waiter);
      return;
    case 'leave': {
      const job = state.jobs.get(event.jobId);
      if (job === undefined || !job.waiters.delete(event.waiter) || job.waiters.size > 0) return;
      finishJob(state, job, { kind: 'cancelled' }, now, effects);
      return;
    }
    case 'node-joined':
      return joinNode(state, plausibleSpec(event.node), event.runningLeases, now, effects);
    case 'node-heartbeat':
      return heartbeat(state, event, now, effects);
    case 'lease-started':
      return startLease(state, event.leaseId, now, effects);
    case 'lease-finished':
      return finishLease(state, plausibleCost(event), now, effects);
    case 'lease-failed': {
      const lease = state.leases.get(event.leaseId);
      if (lease !== undefined) failLease(state, lease, event.code, event.message, now, effects, plausiblePeak(event.peakMemoryBytes));
      return;
    }
    case 'verified': {
      const job = state.jobs.get(event.jobId);
      if (job === undefined || job.state !== 'verifying') return;
      if (event.complete) retry(state, job, 'missing-input', 'a node could not get its inputs', now, effects);
      else finishJob(state, job, { kind: 'missing' }, now, effects);
      return;
    }
    case 'live-moved':
      return liveMoved(state, event.leaseId, event.newLeaseId, now, effects);
    case 'live-failed':
      return liveFailed(state, event.newLeaseId, event.message, now, effects);
    case 'command':
      return obey(state, event.command, now, effects);
    case 'tick':
      return tick(state, now, effects);
    case 'node-speed':
    case 'node-labels':
    case 'node-draining':
    case 'owner':
    case 'stream-broken': {
      const node = state.nodes.get(event.node);
      if (node !== undefined) applyToNode(state, node, event, now, effects);
      return;
    }
    default:
      unreachable(event, 'step');
  }
}

type NodeEvent = Extract<FarmEvent, { type: 'node-speed' | 'node-labels' | 'node-draining' | 'owner' | 'stream-broken' }>;

function applyToNode(state: FarmState, node: Node, event: NodeEvent, now: number, effects: FarmEffect[]): void {
  switch (event.type) {
    case 'node-speed':
      if (event.source === 'benchmark' && event.speed !== undefined) node.benchmarkSpeed = plausibleSpeed(event.speed);
      else node.givenSpeed = event.speed === undefined ? undefined : plausibleSpeed(event.speed);
      node.speedSource = node.givenSpeed === undefined ? 'benchmark' : event.source === 'benchmark' ? node.speedSource : event.source;
      node.drift = undefined;
      applyDrift(node);
      state.index.refresh(node, now);
      return;
    case 'node-labels':
      node.labels = event.labels;
      state.index.reclassify(node, now);
      return;
    case 'node-draining':
      node.drainingItself = true;
      settleNode(state, node, now, 'asked by the node', effects);
      releaseNodes(state, now, effects);
      return;
    case 'owner':
      return setOwner(state, node, event.active, event.reason, now, effects);
    case 'stream-broken':
      if (!node.connected || node.instance !== event.instance) return;
      disconnect(state, node, now, 'stream broken', effects);
      node.leasesLostAtMs = now + limits.brokenStreamGraceMs;
      if (node.drainingItself) loseLeases(state, node, 'node left', now, effects);
      return;
    default:
      unreachable(event, 'applyToNode');
  }
}
