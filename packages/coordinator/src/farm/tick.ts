// What time alone does to the farm: silent nodes, leases that never end, quarantines that are over, queues without a worker.
import { limits } from '@mosix/core';
import { releaseNodes } from './node-health.js';
import type { FarmEffect, FarmState, Lease, Node } from './state.js';
import { disconnect, failLease, finishJob, loseLeases, removeLease, workersGone } from './step.js';

export function tick(state: FarmState, now: number, effects: FarmEffect[]): void {
  forgiveOwnPause(state, now);
  for (const node of [...state.nodes.values()]) tickNode(state, node, now, effects);
  for (const lease of [...state.leases.values()]) tickLease(state, lease, now, effects);
  releaseNodes(state, now, effects);
  for (const head of state.queue.heads()) {
    if (!workersGone(state, head.requirements, now)) continue;
    for (const job of state.queue.takeLine(head)) finishJob(state, job, { kind: 'no-worker' }, effects);
  }
}

/** When this process itself stood still (suspended, starved), the nodes were not silent: we were deaf. */
function forgiveOwnPause(state: FarmState, now: number): void {
  const pauseMs = now - (state.lastTickMs ?? now);
  state.lastTickMs = now;
  if (pauseMs < 4 * limits.schedulerTickMs) return;
  for (const node of state.nodes.values()) {
    node.lastHeardMs += pauseMs;
    if (node.leasesLostAtMs !== undefined) node.leasesLostAtMs += pauseMs;
  }
  for (const lease of state.leases.values()) if (lease.reattachByMs !== undefined) lease.reattachByMs += pauseMs;
}

function tickNode(state: FarmState, node: Node, now: number, effects: FarmEffect[]): void {
  if (node.connected && now - node.lastHeardMs > limits.leaseExpiryMs) {
    effects.push({ type: 'close-stream', node: node.name });
    disconnect(state, node, now, 'silent', effects);
    loseLeases(state, node, 'node silent', now, effects);
  } else if (!node.connected && node.leasesLostAtMs !== undefined && node.leasesLostAtMs <= now) {
    loseLeases(state, node, 'node lost', now, effects);
  } else if (!node.connected && node.leases.size === 0 && now - (node.unavailableSinceMs ?? now) > limits.lostNodeMs) {
    state.nodes.delete(node.name);
  }
}

function tickLease(state: FarmState, lease: Lease, now: number, effects: FarmEffect[]): void {
  const ageMs = now - lease.sinceMs;
  const give = (code: string, message: string): void => {
    effects.push({ type: 'cancel-lease', node: lease.node.name, leaseId: lease.id, reason: message });
    failLease(state, lease, code, message, now, effects);
  };
  if (state.leases.get(lease.id) !== lease) return;
  if (lease.state === 'cancelling') {
    if (ageMs > limits.leaseCancelMsMax) removeLease(state, lease);
  } else if (lease.reattachByMs !== undefined && lease.reattachByMs <= now) {
    give('lease lost', `node ${lease.node.name} came back without it`);
  } else if (lease.state === 'assigned' && ageMs > limits.leaseStartMsMax) {
    give('never started', `node ${lease.node.name} did not start it in ${limits.leaseStartMsMax} ms`);
  } else if (lease.state === 'started' && ageMs > lease.job.timeoutMs + limits.leaseTimeoutSlackMs) {
    give('timeout', `ran for more than ${lease.job.timeoutMs} ms`);
  }
}
