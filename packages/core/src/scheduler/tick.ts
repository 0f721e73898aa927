// What time alone does to the farm: silent nodes, leases that never end, quarantines that are over, stragglers, queues without a worker.
import { limits } from '../limits.js';
import { releaseNodes } from './health.js';
import { finishJob, removeLease } from './leases.js';
import { tickNode, workersGone } from './members.js';
import { checkLease } from './migration.js';
import { failLease } from './results.js';
import type { Pool } from './node-index.js';
import { isDiskFull } from './placement.js';
import type { FarmState, Job, Lease } from './state.js';
import type { FarmEffect } from './words.js';

/** Running leases that are looked at in one tick. */
const CHECKS_MAX = 2_000;

export function tick(state: FarmState, now: number, effects: FarmEffect[]): void {
  const elapsedMs = Math.max(0, now - (state.lastTickMs ?? now));
  forgiveOwnPause(state, elapsedMs);
  state.lastTickMs = now;
  for (const node of state.nodes.values()) tickNode(state, node, elapsedMs, now, effects);
  for (const lease of [...state.leases.values()]) tickLease(state, lease, now, effects);
  releaseNodes(state, now, effects);
  for (let count = 0; count < CHECKS_MAX; count += 1) {
    const lease = state.checks.takeDue(now);
    if (lease === undefined) break;
    checkLease(state, lease, now, effects);
  }
  if (state.index.queued > 0) giveUpWithoutWorkers(state, now, effects);
}

/** When this process itself stood still (suspended, starved), the nodes were not silent: we were deaf. */
function forgiveOwnPause(state: FarmState, pauseMs: number): void {
  if (pauseMs < 4 * limits.schedulerTickMs) return;
  for (const node of state.nodes.values()) {
    node.lastHeardMs += pauseMs;
    if (node.leasesLostAtMs !== undefined) node.leasesLostAtMs += pauseMs;
  }
  for (const lease of state.leases.values()) {
    lease.progressAtMs += pauseMs;
    if (lease.reattachByMs !== undefined) lease.reattachByMs += pauseMs;
  }
}

function tickLease(state: FarmState, lease: Lease, now: number, effects: FarmEffect[]): void {
  const ageMs = now - lease.sinceMs;
  const give = (code: string, message: string): void => {
    effects.push({ type: 'cancel-lease', node: lease.node.name, leaseId: lease.id, reason: message });
    failLease(state, lease, code, message, now, effects);
  };
  if (state.leases.get(lease.id) !== lease) return;
  switch (lease.state) {
    case 'cancelling':
      if (ageMs > limits.leaseCancelMsMax) removeLease(state, lease, now);
      return;
    case 'assigned':
    case 'arriving':
      if (lease.reattachByMs !== undefined && lease.reattachByMs <= now) give('lease lost', `node ${lease.node.name} came back without it`);
      // Sent ahead of a free slot, it may wait as long as the job before it runs.
      else if (ageMs > limits.leaseStartMsMax && !state.ahead.has(lease)) give('never started', `node ${lease.node.name} did not start it in ${limits.leaseStartMsMax} ms`);
      return;
    case 'started':
      if (lease.reattachByMs !== undefined && lease.reattachByMs <= now) give('lease lost', `node ${lease.node.name} came back without it`);
      else if (lease.wallSeconds * 1000 > lease.job.spec.timeoutMs + limits.leaseTimeoutSlackMs || (!lease.paused && ageMs > lease.job.spec.timeoutMs + 2 * limits.leaseTimeoutSlackMs && lease.wallSeconds === 0)) {
        give('timeout', `ran for more than ${lease.job.spec.timeoutMs} ms`);
      }
      return;
  }
}

/** Jobs whose every able node is gone, and has been for a while. */
function giveUpWithoutWorkers(state: FarmState, now: number, effects: FarmEffect[]): void {
  const end = (job: Job): void => finishJob(state, job, { kind: 'no-worker' }, now, effects);
  for (const pool of [...state.index.pools]) {
    if (pool.queue.count === 0 && pool.special.length === 0) continue;
    if (workersGone(state, pool.requirements, now)) [...pool.queue.all(), ...pool.special].forEach(end);
    else if (pool.queue.count > 0 && pool.free > 0 && allDisksFull(pool)) pool.queue.all().filter((job) => now - job.queuedAtMs > limits.noWorkerGraceMs).forEach(end);
  }
  for (const line of [...state.index.pinned.values()]) for (const job of [...line]) if (workersGone(state, job.spec.requirements, now)) end(job);
}

const allDisksFull = (pool: Pool): boolean =>
  pool.buckets.every(({ free, busy }) => [free, busy].every(({ entries }) => entries.every(({ node }) => isDiskFull(node))));
