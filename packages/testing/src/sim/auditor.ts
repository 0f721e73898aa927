// Checks the scheduler's promises, the effects of every event and all that is counted now and then: no job lost, none answered twice, slots
// and memory never over-committed, at most one extra copy, every effect about something that exists, a legal life of every lease, and
// nothing left over at the end.
import { aheadDepth } from '@mosix/core';
import type { FarmEffect, FarmEvent, FarmState, Node } from '@mosix/core';
import type { Watcher } from './farm.js';
import type { SimWorker } from './worker.js';

export interface Auditor extends Watcher {
  readonly violations: readonly string[];
}

const VIOLATIONS_KEPT = 20;
/** A full look at the state is dear: one in so many events. */
const FULL_EVERY = 64;

interface JobLife {
  readonly waiters: Set<string>;
  answered: boolean;
}

type LeasePhase = 'assigned' | 'started' | 'ended';

interface LeaseLife {
  readonly jobId: string;
  readonly node: string;
  phase: LeasePhase;
}

export function createAuditor(state: FarmState): Auditor {
  const violations: string[] = [];
  const jobs = new Map<string, JobLife>();
  const leases = new Map<string, LeaseLife>();
  const nodes = new Set<string>();
  let steps = 0;
  let lastMs = -Infinity;

  const broken = (now: number, text: string): void => {
    if (violations.length < VIOLATIONS_KEPT) violations.push(`${text} (at ${now.toFixed(1)} ms)`);
  };

  const onEffect = (effect: FarmEffect, now: number): void => {
    switch (effect.type) {
      case 'assign': {
        const job = jobs.get(effect.jobId);
        if (job === undefined) return broken(now, `assign: unknown job ${effect.jobId}`);
        if (job.answered) return broken(now, `assign: job ${effect.jobId} was answered before`);
        if (!nodes.has(effect.node)) return broken(now, `assign: unknown node ${effect.node}`);
        if (leases.has(effect.leaseId)) return broken(now, `assign: lease ${effect.leaseId} exists`);
        leases.set(effect.leaseId, { jobId: effect.jobId, node: effect.node, phase: 'assigned' });
        const node = state.nodes.get(effect.node);
        if (node !== undefined) checkNode(node, now);
        const copies = state.jobs.get(effect.jobId)?.leases.length ?? 0;
        if (copies > 2) broken(now, `copies: job ${effect.jobId} has ${copies} leases`);
        return;
      }
      case 'migrate-live':
        leases.set(effect.newLeaseId, { jobId: effect.jobId, node: effect.to, phase: 'assigned' });
        return;
      case 'cancel-lease':
      case 'recall': {
        const lease = leases.get(effect.leaseId);
        if (lease === undefined) return broken(now, `${effect.type}: unknown lease ${effect.leaseId}`);
        if (lease.node !== effect.node) broken(now, `${effect.type}: lease ${effect.leaseId} is on ${lease.node}, not on ${effect.node}`);
        if (lease.phase === 'ended') broken(now, `${effect.type}: lease ${effect.leaseId} has ended`);
        if (effect.type === 'recall' && lease.phase === 'started') broken(now, `recall: lease ${effect.leaseId} has begun`);
        return;
      }
      case 'done': {
        const job = jobs.get(effect.jobId);
        if (job === undefined) return broken(now, `done: unknown job ${effect.jobId}`);
        if (job.answered) return broken(now, `done: job ${effect.jobId} answered twice`);
        job.answered = true;
        if (effect.waiters.length !== job.waiters.size || effect.waiters.some((each) => !job.waiters.has(each))) broken(now, `done: job ${effect.jobId} answers ${effect.waiters.join()}, awaited by ${[...job.waiters].join()}`);
        if (effect.outcome.kind === 'finished') {
          const lease = leases.get(effect.outcome.leaseId);
          if (lease === undefined) broken(now, `done: job ${effect.jobId} by unknown lease ${effect.outcome.leaseId}`);
        }
        return;
      }
      case 'close-stream':
      case 'node-state':
      case 'welcome':
        if (!nodes.has(effect.node)) broken(now, `${effect.type}: unknown node ${effect.node}`);
        return;
      default:
    }
  };

  const checkNode = (node: Node, now: number): void => {
    let arriving = 0;
    let need = 0;
    for (const lease of node.leases.values()) {
      if (lease.state === 'arriving') arriving += 1;
      need += lease.committedBytes;
    }
    const most = node.slots + aheadDepth(node) + arriving;
    if (node.leases.size > most) broken(now, `slots: ${node.name} has ${node.leases.size} leases, ${node.slots} slots and ${aheadDepth(node)} ahead`);
    if (node.memoryBytes > 0 && node.leases.size > 1 && need > node.memoryBytes) broken(now, `memory: ${node.name} is given ${Math.round(need / 1e6)} MB of ${Math.round(node.memoryBytes / 1e6)}`);
  };

  /** State as a whole: no job between two stools, no lease without its job. */
  const checkAll = (now: number): void => {
    const waiting = new Set(state.index.waiting());
    let copies = 0;
    for (const job of state.jobs.values()) {
      if (job.state === 'queued' && !waiting.has(job)) broken(now, `lost: job ${job.id} is queued and in no queue`);
      if (job.state === 'running' && job.leases.length === 0) broken(now, `lost: job ${job.id} runs nowhere`);
      if (job.state !== 'queued' && waiting.has(job)) broken(now, `lost: job ${job.id} is ${job.state} and in a queue`);
      if (job.leases.length > 2) broken(now, `copies: job ${job.id} has ${job.leases.length} leases`);
      for (const lease of job.leases) {
        if (state.leases.get(lease.id) !== lease) broken(now, `lost: lease ${lease.id} of job ${job.id} is unknown`);
        if (lease.isCopy) copies += 1;
      }
    }
    for (const job of waiting) if (!state.jobs.has(job.id)) broken(now, `leak: job ${job.id} waits and is unknown`);
    for (const [id, life] of jobs) if (!life.answered && life.waiters.size > 0 && !state.jobs.has(id)) broken(now, `lost: job ${id} was never answered and is unknown`);
    if (copies !== state.copies.size) broken(now, `leak: ${state.copies.size} copies are counted, ${copies} are there`);
    if (waiting.size !== state.index.queued) broken(now, `leak: ${state.index.queued} jobs are counted in queues, ${waiting.size} are there`);
    for (const node of state.nodes.values()) {
      for (const lease of node.leases.values()) if (state.leases.get(lease.id) !== lease) broken(now, `leak: lease ${lease.id} on ${node.name} is unknown`);
      for (const name of ['rate', 'capacity', 'speed', 'committedBytes', 'load'] as const) if (!Number.isFinite(node[name])) broken(now, `numbers: ${name} of ${node.name} is ${node[name]}`);
    }
  };

  return {
    violations,
    before(event, now) {
      if (now < lastMs) broken(now, 'time went back');
      lastMs = now;
      switch (event.type) {
        case 'submit':
          jobs.set(event.job.id, { waiters: new Set([event.waiter]), answered: false });
          return;
        case 'join': {
          const job = jobs.get(event.jobId);
          if (job !== undefined && !job.answered) job.waiters.add(event.waiter);
          return;
        }
        case 'leave': {
          const job = jobs.get(event.jobId);
          job?.waiters.delete(event.waiter);
          return;
        }
        case 'node-joined':
          nodes.add(event.node.name);
          return;
        case 'lease-started': {
          const lease = leases.get(event.leaseId);
          if (lease?.phase === 'assigned') lease.phase = 'started';
          return;
        }
        default:
      }
    },
    after(event, effects, now) {
      for (const effect of effects) onEffect(effect, now);
      if (event.type === 'lease-finished' || event.type === 'lease-failed') {
        const lease = leases.get(event.leaseId);
        if (lease !== undefined) lease.phase = 'ended';
      }
      if (event.type === 'live-moved') {
        const lease = leases.get(event.leaseId);
        if (lease !== undefined) lease.phase = 'ended';
      }
      if ((steps += 1) % FULL_EVERY === 0) checkAll(now);
    },
    onBegin(worker: SimWorker) {
      if (worker.running > worker.plan.slots) broken(lastMs, `slots: ${worker.plan.name} runs ${worker.running} jobs in ${worker.plan.slots} slots`);
    },
    atEnd(now) {
      checkAll(now);
      for (const [id, job] of jobs) if (!job.answered && job.waiters.size > 0) broken(now, `lost: job ${id} was never answered`);
      if (state.jobs.size > 0) broken(now, `leak: ${state.jobs.size} jobs are left: ${[...state.jobs.keys()].slice(0, 3).join()}`);
      if (state.leases.size > 0) broken(now, `leak: ${state.leases.size} leases are left: ${[...state.leases.values()].slice(0, 3).map((lease) => `${lease.id} ${lease.state} on ${lease.node.name}`).join()}`);
      if (state.ahead.size > 0 || state.checks.size > 0) broken(now, `leak: ${state.ahead.size} leases ahead, ${state.checks.size} to be looked at`);
      for (const node of state.nodes.values()) if (node.leases.size > 0 || Math.abs(node.committedBytes) > 1) broken(now, `leak: ${node.name} has ${node.leases.size} leases and ${node.committedBytes} bytes committed`);
    },
  };
}
