// Nodes as they join, speak, fall silent and go.
import { limits } from '../limits.js';
import { releaseNodes, settleNode } from './health.js';
import { addLease, beginLease, newJob, removeLease, settleAhead } from './leases.js';
import { canRun } from './node-index.js';
import { endGuests, evacuateForOwner, relieve } from './evacuate.js';
import { plausibleHeartbeat } from './plausible.js';
import { applyDrift, coreSpeed, dueShare, expectedShare, runningOn } from './rates.js';
import { loseLeases } from './results.js';
import type { FarmState, Lease, Node, NodeSpec, Requirements } from './state.js';
import type { FarmEffect, FarmEvent, LeaseProgress, ReannouncedLease } from './words.js';

/** Heartbeats a second apart say how much processor time jobs get; less says little. */
const SAMPLE_WALL_SECONDS_MIN = 0.7;
const SHARE_WEIGHT = 0.5;
/** A node's jobs seem to get less than they should: below this it is believed. */
const NODE_HEALTHY_SHARE = 0.6;
/** An idle node's bad reputation fades: half of it in this time, and in twice this time with each time that jobs were taken off it. */
const FORGET_MS = 20_000;
const FORGET_DOUBLINGS_MAX = 5;

export function joinNode(state: FarmState, spec: NodeSpec, reannounced: readonly ReannouncedLease[], now: number, effects: FarmEffect[]): void {
  const known = state.nodes.get(spec.name);
  if (known === undefined && state.nodes.size >= limits.nodesMax) dropLongestLost(state);
  const node = known ?? newNode(state, spec, now);
  if (node.instance !== spec.instance) {
    // What the old process ran is gone with it.
    disconnect(state, node, now, 'restarted', effects);
    loseLeases(state, node, 'node restarted', now, effects);
    forgetLife(state, node, spec);
  }
  if (known !== undefined) state.index.removeNode(known);
  node.instance = spec.instance;
  node.slots = spec.slots;
  node.cores = spec.cores;
  node.benchmarkSpeed = spec.speed;
  node.instructionSets = spec.instructionSets;
  node.labels = spec.labels;
  node.memoryBytes = spec.memoryBytes;
  node.version = spec.version;
  node.live = spec.live;
  node.heartbeatSequence = 0;
  applyDrift(node);
  node.connected = true;
  node.drainingItself = false;
  node.blocked = state.blockedNames.has(node.name);
  node.lastHeardMs = now;
  node.leasesLostAtMs = undefined;
  state.nodes.set(node.name, node);
  state.index.addNode(node, now);
  settleAhead(state, node, now);
  settleNode(state, node, now, 'joined', effects);
  releaseNodes(state, now, effects);

  const unknownLeases = reannounced.filter((each) => !reattach(state, node, each, now)).map((each) => each.leaseId);
  const named = new Set(reannounced.map((each) => each.leaseId));
  for (const lease of node.leases.values()) {
    // What it was asked before it went away may not have arrived.
    lease.recalled = false;
    if (named.has(lease.id)) lease.reattachByMs = undefined;
    // It has ended there: nobody will confirm it.
    else if (lease.state === 'cancelling') removeLease(state, lease, now);
    else lease.reattachByMs = now + limits.leaseReattachMs;
  }
  effects.unshift({ type: 'welcome', node: node.name, unknownLeases });
}

/** The worker was started anew: what was seen of it is of another life. What people gave it stays. */
function forgetLife(state: FarmState, node: Node, spec: NodeSpec): void {
  state.index.forgetHoldings(node);
  node.drift = undefined;
  node.observedShare = 1;
  node.desertions = 0;
  node.ranAtBeat = 0;
  node.diskFull = false;
  node.load = 0;
  node.freeMemoryBytes = spec.memoryBytes;
  node.othersMemoryBytes = 0;
  node.memoryPressure = 0;
  node.ownerActive = false;
}

function newNode(state: FarmState, spec: NodeSpec, now: number): Node {
  return {
    name: spec.name, order: state.nextOrder++, instance: spec.instance, slots: spec.slots, cores: spec.cores, benchmarkSpeed: spec.speed,
    givenSpeed: undefined, speedSource: 'benchmark', speed: spec.speed, drift: undefined, load: 0, observedShare: 1, desertions: 0, ranAtBeat: 0, state: 'lost', stateReason: '',
    instructionSets: spec.instructionSets, labels: spec.labels, memoryBytes: spec.memoryBytes, version: spec.version, live: spec.live,
    freeMemoryBytes: spec.memoryBytes, freeDiskBytes: 0, memoryPressure: 0, diskFull: false, heartbeatSequence: 0, leases: new Map(), committedBytes: 0, holds: [],
    connected: false, drainingItself: false, drainAsked: false, blocked: false, ownerActive: false, ownerReason: '', ownerSinceMs: 0,
    heldUntilMs: undefined, lastHeardMs: now, unavailableSinceMs: now, leasesLostAtMs: undefined, trouble: 0, quarantines: 0,
    quarantinedUntilMs: undefined, jobs: 0, cpuSeconds: 0, movesIn: 0, movesOut: 0, reservedFor: undefined, othersMemoryBytes: 0, memoryMovedAtMs: -Infinity,
    rate: 0, capacity: 0, availableAtMs: 0, countedSlots: 0, places: [],
  };
}

/** Takes up a lease that the worker still runs. False when nobody wants it. */
function reattach(state: FarmState, node: Node, { leaseId, adopt }: ReannouncedLease, now: number): boolean {
  const lease = state.leases.get(leaseId);
  if (lease !== undefined) {
    lease.progressAtMs = now;
    return lease.node === node && lease.state !== 'cancelling';
  }
  if (adopt === undefined || !adopt.joinable) return false;
  const waiting = state.inFlight.get(adopt.actionKey);
  if (waiting !== undefined && waiting.state !== 'queued') return false;
  if (waiting !== undefined) state.index.dequeue(waiting);
  const job = waiting ?? newJob(state, adopt, now);
  job.attempts++;
  addLease(state, node, job, now, { id: leaseId, state: 'started' });
  return true;
}

export function heartbeat(state: FarmState, said: Extract<FarmEvent, { type: 'node-heartbeat' }>, now: number, effects: FarmEffect[]): void {
  const node = state.nodes.get(said.node);
  if (node === undefined || !node.connected) return;
  const event = plausibleHeartbeat(said, node);
  if (event.sequence !== 0 && event.sequence <= node.heartbeatSequence) return;
  node.heartbeatSequence = event.sequence;
  node.lastHeardMs = now;
  const loadChanged = node.load !== event.load;
  node.load = event.load;
  node.freeMemoryBytes = event.freeMemoryBytes;
  node.freeDiskBytes = event.freeDiskBytes;
  node.memoryPressure = event.memoryPressure;
  noteDisk(state, node, now, effects);
  const shareChanged = progress(state, node, event.leases, now);
  let ours = 0;
  for (const lease of node.leases.values()) ours += lease.memoryBytes;
  node.othersMemoryBytes = node.memoryBytes === 0 ? 0 : Math.max(0, node.memoryBytes - node.freeMemoryBytes - ours);
  if (loadChanged || shareChanged) state.index.refresh(node, now);
  relieve(state, node, now, effects);
}

/** Room comes and goes with each job: a full disk counts as full until there is twice the room that a job must have. */
function noteDisk(state: FarmState, node: Node, now: number, effects: FarmEffect[]): void {
  const bound = limits.jobDiskBytesMin * (node.diskFull ? 2 : 1);
  const full = node.freeDiskBytes > 0 && node.freeDiskBytes < bound;
  if (full === node.diskFull) return;
  node.diskFull = full;
  settleNode(state, node, now, full ? `${Math.round(node.freeDiskBytes / 2 ** 20)} MiB are free on its disk` : 'its disk has room again', effects);
}

/** What each lease has used since the last word; true when the node's share changed. */
function progress(state: FarmState, node: Node, reports: readonly LeaseProgress[], now: number): boolean {
  let cpu = 0;
  let wall = 0;
  // One that ended since the last word took its part of the time, too.
  const jobs = Math.max(1, runningOn(node), node.ranAtBeat);
  node.ranAtBeat = runningOn(node);
  const due = dueShare(node, jobs);
  const expected = expectedShare(node, jobs);
  for (const report of reports) {
    const lease = state.leases.get(report.leaseId);
    if (lease === undefined || lease.node !== node || lease.state !== 'started') continue;
    // Processes that have ended may be missing from what is seen.
    const cpuMore = Math.max(0, report.cpuSeconds - lease.cpuSeconds);
    const wallMore = report.wallSeconds - lease.wallSeconds;
    lease.memoryBytes = report.memoryBytes;
    lease.paused = report.paused;
    lease.progressAtMs = now;
    if (wallMore < SAMPLE_WALL_SECONDS_MIN) continue;
    lease.advancedAtMs = now;
    const share = Math.min(1, cpuMore / wallMore);
    const weight = lease.share === undefined ? 1 : SHARE_WEIGHT;
    lease.share = smooth(lease.share ?? 0, share, weight);
    lease.due = smooth(lease.due, due, weight);
    lease.expected = smooth(lease.expected, expected, weight);
    lease.cpuSeconds += cpuMore;
    lease.wallSeconds = report.wallSeconds;
    if (!report.paused) {
      cpu += cpuMore;
      wall += wallMore;
    }
    retime(lease, now);
  }
  if (wall < SAMPLE_WALL_SECONDS_MIN) return false;
  const observed = Math.min(1, cpu / wall / expected);
  const before = node.observedShare;
  // Jobs that read and write get less than all of a processor on a healthy node, too.
  const seen = observed >= NODE_HEALTHY_SHARE ? 1 : observed;
  node.observedShare = smooth(node.observedShare, seen, SHARE_WEIGHT);
  if (node.observedShare > 0.97) {
    node.observedShare = 1;
    node.desertions = 0;
  }
  return node.observedShare !== before;
}

const smooth = (before: number, now: number, weight: number): number => before + weight * (now - before);

/** The end is expected by what it has used and how fast it goes. */
function retime(lease: Lease, now: number): void {
  const { node, job } = lease;
  const used = lease.cpuSeconds * coreSpeed(node);
  const left = used < job.estimate.cpuSeconds ? job.estimate.cpuSeconds - used : Math.max(0.1, 0.5 * used);
  const rate = Math.max(1e-3, coreSpeed(node) * (lease.share ?? 1));
  lease.expectedEndMs = now + (left / rate) * 1000;
}

/** An idle node's bad reputation fades with time. */
export function forget(state: FarmState, node: Node, elapsedMs: number, now: number): void {
  if (node.observedShare === 1 || node.leases.size > 0) return;
  const halfLifeMs = FORGET_MS * 2 ** Math.min(node.desertions, FORGET_DOUBLINGS_MAX);
  node.observedShare = 1 - (1 - node.observedShare) * 0.5 ** (elapsedMs / halfLifeMs);
  if (node.observedShare > 0.97) node.observedShare = 1;
  state.index.refresh(node, now);
}

export function startLease(state: FarmState, leaseId: string, now: number, effects: FarmEffect[]): void {
  const lease = state.leases.get(leaseId);
  if (lease === undefined) return;
  lease.reattachByMs = undefined;
  if (lease.state !== 'assigned') return;
  beginLease(state, lease, now);
  effects.push({ type: 'stage', jobId: lease.job.id, stage: 'executing' });
}

export function setOwner(state: FarmState, node: Node, active: boolean, reason: string, now: number, effects: FarmEffect[]): void {
  if (node.ownerActive !== active) node.ownerSinceMs = now;
  node.ownerActive = active;
  node.ownerReason = reason;
  settleNode(state, node, now, active ? `owner: ${reason}` : 'the owner left', effects);
  if (active) evacuateForOwner(state, node, now, effects);
  releaseNodes(state, now, effects);
}

/** The node cannot be talked to. Its leases stay until they are lost by time. */
export function disconnect(state: FarmState, node: Node, now: number, reason: string, effects: FarmEffect[]): void {
  node.connected = false;
  settleNode(state, node, now, reason, effects);
  releaseNodes(state, now, effects);
}

/** What time alone does to a node. */
export function tickNode(state: FarmState, node: Node, elapsedMs: number, now: number, effects: FarmEffect[]): void {
  if (node.connected) {
    if (isSilent(node, now)) {
      effects.push({ type: 'close-stream', node: node.name });
      disconnect(state, node, now, 'silent', effects);
      loseLeases(state, node, 'node silent', now, effects);
      return;
    }
    if (node.heldUntilMs !== undefined && node.heldUntilMs <= now) {
      node.heldUntilMs = undefined;
      settleNode(state, node, now, 'the hold is over', effects);
    }
    if (node.ownerActive) {
      evacuateForOwner(state, node, now, effects);
      endGuests(state, node, now, effects);
    }
    forget(state, node, elapsedMs, now);
  } else if (node.leasesLostAtMs !== undefined && node.leasesLostAtMs <= now) {
    loseLeases(state, node, 'node lost', now, effects);
  } else if (node.leases.size === 0 && now - (node.unavailableSinceMs ?? now) > limits.lostNodeMs) {
    dropNode(state, node);
  }
}

function dropNode(state: FarmState, node: Node): void {
  state.index.removeNode(node);
  state.index.forgetHoldings(node);
  state.nodes.delete(node.name);
  state.quarantined.delete(node);
}

/** Of no use any more but to be shown: makes room for one that joins. */
export const isMereMemory = (node: Node): boolean => !node.connected && node.leases.size === 0;

function dropLongestLost(state: FarmState): void {
  let longest: Node | undefined;
  for (const node of state.nodes.values()) {
    if (isMereMemory(node) && (longest === undefined || (node.unavailableSinceMs ?? 0) < (longest.unavailableSinceMs ?? 0))) longest = node;
  }
  if (longest !== undefined) dropNode(state, longest);
}

/** A node with leases speaks every second; one without may take its time. A first lease makes it speak at once. */
function isSilent(node: Node, now: number): boolean {
  if (node.leases.size === 0) return now - node.lastHeardMs > limits.idleExpiryMs;
  if (now - node.lastHeardMs <= limits.leaseExpiryMs) return false;
  for (const lease of node.leases.values()) if (now - lease.assignedAtMs > limits.leaseExpiryMs) return true;
  return false;
}

/** No node that could run it is there, nor was a moment ago. Quarantined nodes come back by themselves and count as there. */
export function workersGone(state: FarmState, requirements: Requirements, now: number): boolean {
  if (state.workersExpectedSinceMs !== undefined && now - state.workersExpectedSinceMs < limits.noWorkerGraceMs) return false;
  if (requirements.node === undefined && state.index.pool(requirements).nodes > 0) return false;
  const named = requirements.node === undefined ? state.nodes.values() : [state.nodes.get(requirements.node)];
  for (const node of named) {
    if (node === undefined || !canRun(node, requirements)) continue;
    if (node.unavailableSinceMs === undefined || now - node.unavailableSinceMs < limits.noWorkerGraceMs) return false;
  }
  return true;
}

