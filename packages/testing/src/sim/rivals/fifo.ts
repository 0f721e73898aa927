// What all rivals share: jobs wait in the order of their arrival, and one rule picks a node for the first. Late assignment is a gift to
// them: several real ones poll, or queue at the node.
import { limits } from '@mosix/core';
import type { FarmEffect, FarmEvent, JobSpec, NodeSpec } from '@mosix/core';
import type { Policy } from '../policy.js';

export interface RivalNode {
  readonly name: string;
  /** Order of joining, that of the host list. */
  readonly order: number;
  readonly slots: number;
  /** As benchmarked. */
  readonly speed: number;
  load: number;
  /** Leases now. */
  running: number;
  /** Numbers of the slots that are taken. */
  readonly taken: Set<number>;
  readonly holds: Set<string>;
  /** Fetching the toolchain. */
  installing: boolean;
}

export interface RivalJob {
  readonly spec: JobSpec;
  /** In order of submission, from 1. */
  readonly number: number;
}

export interface FinishedJob {
  readonly node: RivalNode;
  readonly cpuSeconds: number;
  readonly outputBytes: number;
  readonly number: number;
}

export interface Rule {
  readonly name: string;
  /** `nodes`: those that are there, in the order of joining. Undefined: the job waits. */
  pick(nodes: readonly RivalNode[], job: RivalJob): RivalNode | undefined;
  finished?(job: FinishedJob): void;
}

interface RivalLease {
  readonly id: string;
  readonly job: RivalJob;
  readonly node: RivalNode;
  readonly slot: number;
}

interface Known extends RivalNode {
  instance: string;
  lastHeardMs: number;
}

/**
 * A node that failed a job is tried again with the next one; a job that failed three times goes home. `jobsBefore`: of earlier builds, that
 * the rule remembers.
 */
export function createFifoPolicy(rule: Rule, jobsBefore = 0): Policy {
  const nodes = new Map<string, Known>();
  const queue: RivalJob[] = [];
  const jobs = new Map<string, { readonly job: RivalJob; readonly waiters: Set<string>; attempts: number; lease: RivalLease | undefined }>();
  const leases = new Map<string, RivalLease>();
  let numbers = jobsBefore;
  let leaseNumbers = 0;
  let orders = 0;
  let present: Known[] = [];

  const drop = (lease: RivalLease): void => {
    leases.delete(lease.id);
    lease.node.running -= 1;
    lease.node.taken.delete(lease.slot);
    const entry = jobs.get(lease.job.spec.id);
    if (entry?.lease === lease) entry.lease = undefined;
  };
  const end = (jobId: string, outcome: Extract<FarmEffect, { type: 'done' }>['outcome'], effects: FarmEffect[]): void => {
    const entry = jobs.get(jobId);
    if (entry === undefined) return;
    jobs.delete(jobId);
    effects.push({ type: 'done', jobId, waiters: [...entry.waiters], outcome, story: [] });
  };
  const fail = (lease: RivalLease, code: string, effects: FarmEffect[]): void => {
    const entry = jobs.get(lease.job.spec.id);
    const wanted = entry?.lease === lease;
    drop(lease);
    if (entry === undefined || !wanted) return;
    if (entry.attempts >= limits.attemptsMax) end(lease.job.spec.id, { kind: 'gave-up', code, message: code }, effects);
    else queue.unshift(lease.job);
  };
  const lose = (node: Known, code: string, effects: FarmEffect[]): void => {
    nodes.delete(node.name);
    present = present.filter((each) => each !== node);
    for (const lease of [...leases.values()]) if (lease.node === node) fail(lease, code, effects);
  };
  const join = (spec: NodeSpec, now: number, effects: FarmEffect[]): void => {
    const known = nodes.get(spec.name);
    if (known !== undefined) lose(known, 'node restarted', effects);
    const node: Known = {
      name: spec.name, instance: spec.instance, order: known?.order ?? orders++, slots: spec.slots, speed: spec.speed, load: 0, running: 0, taken: new Set(),
      holds: new Set(), installing: false, lastHeardMs: now,
    };
    nodes.set(spec.name, node);
    present = [...nodes.values()].sort((a, b) => a.order - b.order);
    effects.push({ type: 'welcome', node: spec.name, unknownLeases: [] });
  };
  const dispatch = (effects: FarmEffect[]): void => {
    while (queue.length > 0) {
      const job = queue[0] as RivalJob;
      const entry = jobs.get(job.spec.id);
      if (entry === undefined) {
        queue.shift();
        continue;
      }
      const node = rule.pick(present, job);
      if (node === undefined) return;
      if (node.running >= node.slots) throw new Error(`${rule.name} picked ${node.name}, which is full`);
      queue.shift();
      let slot = 0;
      while (node.taken.has(slot)) slot += 1;
      const lease: RivalLease = { id: `L${++leaseNumbers}`, job, node, slot };
      node.taken.add(slot);
      node.running += 1;
      if (job.spec.bulkKey !== '' && !node.holds.has(job.spec.bulkKey)) {
        node.installing = true;
        node.holds.add(job.spec.bulkKey);
      }
      leases.set(lease.id, lease);
      entry.lease = lease;
      entry.attempts += 1;
      effects.push({ type: 'assign', node: node.name, leaseId: lease.id, jobId: job.spec.id });
    }
  };

  const apply = (event: FarmEvent, now: number, effects: FarmEffect[]): void => {
    switch (event.type) {
      case 'submit': {
        const job: RivalJob = { spec: event.job, number: ++numbers };
        jobs.set(event.job.id, { job, waiters: new Set([event.waiter]), attempts: 0, lease: undefined });
        if (nodes.size === 0) end(event.job.id, { kind: 'no-worker' }, effects);
        else queue.push(job);
        return;
      }
      case 'join':
        jobs.get(event.jobId)?.waiters.add(event.waiter);
        return;
      case 'leave': {
        const entry = jobs.get(event.jobId);
        if (entry === undefined || !entry.waiters.delete(event.waiter) || entry.waiters.size > 0) return;
        if (entry.lease !== undefined) effects.push({ type: 'cancel-lease', node: entry.lease.node.name, leaseId: entry.lease.id, reason: 'nobody waits for it' });
        end(event.jobId, { kind: 'cancelled' }, effects);
        return;
      }
      case 'node-joined':
        return join(event.node, now, effects);
      case 'node-heartbeat': {
        const node = nodes.get(event.node);
        if (node === undefined) return;
        node.lastHeardMs = now;
        node.load = event.load;
        return;
      }
      case 'stream-broken': {
        const node = nodes.get(event.node);
        if (node?.instance === event.instance) lose(node, 'stream broken', effects);
        return;
      }
      case 'lease-started': {
        const lease = leases.get(event.leaseId);
        if (lease !== undefined) lease.node.installing = false;
        return;
      }
      case 'lease-finished': {
        const lease = leases.get(event.leaseId);
        if (lease === undefined) return;
        rule.finished?.({ node: lease.node, cpuSeconds: event.cpuSeconds, outputBytes: event.outputBytes, number: lease.job.number });
        drop(lease);
        end(lease.job.spec.id, { kind: 'finished', node: event.node, leaseId: event.leaseId }, effects);
        return;
      }
      case 'lease-failed': {
        const lease = leases.get(event.leaseId);
        if (lease !== undefined) fail(lease, event.code, effects);
        return;
      }
      case 'tick':
        for (const node of [...nodes.values()]) {
          const silentMs = now - node.lastHeardMs;
          if (silentMs <= (node.running > 0 ? limits.leaseExpiryMs : limits.idleExpiryMs)) continue;
          lose(node, 'silent', effects);
          effects.push({ type: 'close-stream', node: node.name });
        }
        if (nodes.size === 0) for (const job of queue.splice(0)) end(job.spec.id, { kind: 'no-worker' }, effects);
        return;
      default:
        // Owners, commands, live migration: these schedulers know none of it.
    }
  };

  return {
    name: rule.name,
    ownersFirst: false,
    step(event, now) {
      const effects: FarmEffect[] = [];
      apply(event, now, effects);
      dispatch(effects);
      return effects;
    },
  };
}
