// What time alone does to the farm: silent nodes, leases that never end, quarantines that are over, stragglers, queues without a worker.
import { limits } from '../limits.js';
import { releaseNodes } from './health.js';
import { finishJob, removeLease } from './leases.js';
import { tickNode, workersGone } from './members.js';
import { checkLease } from './migration.js';
import { failLease } from './results.js';
import type { FarmState, Job, Lease } from './state.js';
import { holdWaste } from './waste.js';
import type { FarmEffect } from './words.js';

/** Running leases that are looked at in one tick. */
const CHECKS_MAX = 2_000;

export function tick(state: FarmState, now: number, effects: FarmEffect[]): void {
  const elapsedMs = Math.max(0, now - (state.lastTickMs ?? now));
  forgiveOwnPause(state, elapsedMs, now);
  state.lastTickMs = now;
  for (const node of state.nodes.values()) tickNode(state, node, elapsedMs, now, effects);
  for (const lease of state.leases.values()) tickLease(state, lease, now, effects);
  releaseNodes(state, now, effects);
  holdWaste(state, limits.schedulerTickMs, now, effects);
  for (let count = 0; count < CHECKS_MAX; count += 1) {
    const lease = state.checks.takeDue(now);
    if (lease === undefined) break;
    checkLease(state, lease, now, effects);
  }
  if (state.index.queued > 0) giveUpWithoutWorkers(state, now, effects);
  state.index.stir();
}

/** When this process itself stood still (suspended, starved), the nodes were not silent: we were deaf. */
function forgiveOwnPause(state: FarmState, pauseMs: number, now: number): void {
  if (pauseMs < 4 * limits.schedulerTickMs) return;
  // What was heard or asked for since then is not older than now, and has its full time from now on at most.
  const later = (timeMs: number, latestMs: number): number => Math.min(latestMs, timeMs + pauseMs);
  for (const node of state.nodes.values()) {
    node.lastHeardMs = later(node.lastHeardMs, now);
    if (node.leasesLostAtMs !== undefined) node.leasesLostAtMs = later(node.leasesLostAtMs, now + limits.brokenStreamGraceMs);
  }
  for (const lease of state.leases.values()) {
    lease.progressAtMs = later(lease.progressAtMs, now);
    lease.advancedAtMs = later(lease.advancedAtMs, now);
    if (lease.state !== 'cancelling') lease.sinceMs = later(lease.sinceMs, now);
    if (lease.reattachByMs !== undefined) lease.reattachByMs = later(lease.reattachByMs, now + limits.leaseReattachMs);
  }
}

function tickLease(state: FarmState, lease: Lease, now: number, effects: FarmEffect[]): void {
  const ageMs = now - lease.sinceMs;
  const give = (code: string, message: string): void => {
    effects.push({ type: 'cancel-lease', node: lease.node.name, leaseId: lease.id, reason: message });
    failLease(state, lease, code, message, now, effects);
  };
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
      else if (lease.wallSeconds * 1000 > lease.job.spec.timeoutMs + limits.leaseTimeoutSlackMs) give('timeout', `ran for more than ${lease.job.spec.timeoutMs} ms`);
      // Paused for as long, or forgotten by a worker that is well otherwise.
      else if (now - lease.advancedAtMs > lease.job.spec.timeoutMs + 2 * limits.leaseTimeoutSlackMs) give('timeout', `did not run for ${lease.job.spec.timeoutMs} ms`);
      return;
  }
}

/** Jobs whose every able node is gone, and has been for a while. */
function giveUpWithoutWorkers(state: FarmState, now: number, effects: FarmEffect[]): void {
  const end = (job: Job): void => finishJob(state, job, { kind: 'no-worker' }, now, effects);
  for (const pool of [...state.index.pools]) {
    if (pool.queue.count === 0 && pool.special.length === 0) continue;
    if (workersGone(state, pool.requirements, now)) [...pool.queue.all(), ...pool.special].forEach(end);
  }
  for (const line of [...state.index.pinned.values()]) for (const job of [...line]) if (workersGone(state, job.spec.requirements, now)) end(job);
}
