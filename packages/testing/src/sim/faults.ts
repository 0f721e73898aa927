// What goes wrong, or is merely asked for, at a given moment.
import { limits, unreachable } from '@mosix/core';
import type { Command, FarmEvent, NodeSpec } from '@mosix/core';
import type { SimFarm } from './farm.js';
import type { Fault } from './scenario.js';
import type { SimWorker } from './worker.js';

/** What is impossible the coordinator's door refuses (services/hello.ts, heartbeat.ts); this is the worst that it lets pass. */
const extremes = (which: number, least: number, most: number): number => [least, most, (least + most) / 2, Math.sqrt(Math.max(least, 1e-3) * most)][which % 4] as number;
const CORES_MIN = 0.01;
const WALL_SECONDS_MAX = (2 * limits.actionTimeoutMsMax) / 1000;

export function injectFault(farm: SimFarm, fault: Fault): void {
  const at = (index: number): SimWorker | undefined => farm.workers[index % Math.max(1, farm.workers.length)];
  switch (fault.kind) {
    case 'ghost':
      return ghost(farm, fault.name, fault.which);
    case 'coordinator-pause':
      return farm.pauseCoordinator(fault.lengthMs);
    case 'join':
      return join(farm, fault.choice, fault.stayMs);
    case 'cancel':
      return farm.clients[fault.user % Math.max(1, farm.clients.length)]?.cancel();
    case 'command': {
      const command = commandOf(farm, fault, at(fault.node)?.plan.name ?? '');
      if (command !== undefined) farm.feed({ type: 'command', command });
      return;
    }
    default: {
      const worker = at(fault.node);
      if (worker !== undefined) onWorker(farm, worker, fault);
    }
  }
}

function onWorker(farm: SimFarm, worker: SimWorker, fault: Extract<Fault, { node: number }>): void {
  const { clock } = farm;
  switch (fault.kind) {
    case 'crash':
      farm.crash(worker, fault.noticed);
      if (fault.backMs !== undefined) clock.after(fault.backMs, () => farm.revive(worker));
      return;
    case 'leave':
      if (!worker.alive) return;
      farm.feed({ type: 'node-draining', node: worker.plan.name });
      return farm.crash(worker, true);
    case 'restart': {
      if (!worker.alive) return;
      const { instance } = worker;
      farm.crash(worker, false);
      farm.revive(worker);
      // Word of the old stream comes late.
      clock.after(50, () => farm.feed({ type: 'stream-broken', node: worker.plan.name, instance }));
      return;
    }
    case 'partition':
      return farm.partition(worker, fault.lengthMs);
    case 'degrade':
      worker.degrade({ share: fault.share, speed: fault.speed });
      if (fault.lengthMs !== undefined) clock.after(fault.lengthMs, () => worker.degrade(undefined));
      return;
    case 'owner':
      worker.setOwner(fault.active, fault.load);
      if (fault.lengthMs !== undefined) clock.after(fault.lengthMs, () => worker.setOwner(false, 0));
      return;
    case 'stale-messages':
      return staleMessages(farm, worker);
    case 'absurd-numbers':
      return absurdNumbers(farm, worker, fault.which);
    case 'job-failure':
      if (worker.alive) worker.failOne(fault.code);
      return;
    case 'command':
      return;
    default:
      unreachable(fault, 'onWorker');
  }
}

/** Leases that have ended, that never were, or that are another node's. */
function staleMessages(farm: SimFarm, worker: SimWorker): void {
  const { name } = worker.plan;
  const known = [...worker.leases.keys(), 'never-was'];
  for (const leaseId of known.slice(-3)) {
    const lease = worker.leases.get(leaseId);
    // A finish that the job did not have would be a lie that no scheduler can see through: only repeats, and unknown names.
    if (lease?.result !== undefined) farm.feed(lease.result);
    if (lease === undefined) {
      farm.feed({ type: 'lease-finished', leaseId, actionKey: 'nobody/1', node: name, exitStatus: 0, cpuSeconds: 1, wallSeconds: 1, peakMemoryBytes: 1, outputBytes: 1 });
      farm.feed({ type: 'lease-failed', leaseId, code: 'sandbox', message: 'stale', peakMemoryBytes: 0 });
      farm.feed({ type: 'lease-started', leaseId });
    }
    if (lease?.phase === 'running') farm.feed({ type: 'lease-started', leaseId });
  }
  const old: FarmEvent = {
    type: 'node-heartbeat', node: name, sequence: 1, load: 99, freeMemoryBytes: 0, freeDiskBytes: 0, memoryPressure: 1,
    leases: [{ leaseId: 'never-was', cpuSeconds: 1, wallSeconds: 1, memoryBytes: 1, paused: false }],
  };
  farm.feed(old);
  farm.feed({ ...old, node: 'nobody', sequence: 1 });
  farm.feed({ type: 'stream-broken', node: name, instance: 'another' });
  farm.feed({ type: 'live-moved', leaseId: 'never-was', newLeaseId: 'nor-this' });
  farm.feed({ type: 'live-failed', leaseId: 'never-was', newLeaseId: 'nor-this', message: 'stale' });
  farm.feed({ type: 'verified', jobId: 'never-was', complete: true });
  farm.feed({ type: 'leave', jobId: 'never-was', waiter: 'nobody' });
}

/** Lies, each of them possible. */
function absurdNumbers(farm: SimFarm, worker: SimWorker, which: number): void {
  const { name, claimedMemoryBytes, cores } = worker.plan;
  if (which % 3 === 0) farm.feed({ type: 'node-speed', node: name, speed: extremes(which, limits.nodeSpeedMin, limits.nodeSpeedMax), source: 'set' });
  const wallSeconds = extremes(which + 1, 0, WALL_SECONDS_MAX);
  farm.feed({
    type: 'node-heartbeat', node: name, sequence: 0, load: extremes(which, 0, limits.nodeLoadMax), freeMemoryBytes: extremes(which + 1, 0, claimedMemoryBytes), freeDiskBytes: extremes(which, 0, 2 ** 53 - 1),
    memoryPressure: extremes(which, 0, 1),
    leases: [...worker.leases.values()].flatMap((lease) => (lease.phase === 'done' ? [] : [{
      leaseId: lease.leaseId, wallSeconds, cpuSeconds: extremes(which, 0, (wallSeconds + 5) * Math.max(1, Math.ceil(cores))), memoryBytes: extremes(which, 0, claimedMemoryBytes), paused: which % 5 === 0,
    }])),
  });
}

/** A node that claims much, and is never heard of again. */
function ghost(farm: SimFarm, name: string, which: number): void {
  const spec: NodeSpec = {
    name, instance: `${name}#1`, slots: [1, 4, limits.nodeSlotsMax][which % 3] as number, cores: extremes(which, CORES_MIN, limits.nodeCoresMax), speed: extremes(which + 1, limits.nodeSpeedMin, limits.nodeSpeedMax),
    instructionSets: new Set(['x86_64']), labels: new Map(), memoryBytes: extremes(which + 2, 0, limits.nodeMemoryBytesMax), version: '', live: which % 2 === 0,
  };
  farm.feed({ type: 'node-joined', node: spec, runningLeases: [{ leaseId: 'ghost-lease', adopt: undefined }] });
}

function join(farm: SimFarm, choice: number, stayMs: number | undefined): void {
  const ids = [...farm.openJobs.keys()];
  const jobId = ids[choice % Math.max(1, ids.length)];
  if (jobId === undefined) return;
  const waiter = `${jobId}.joined${choice}`;
  farm.feed({ type: 'join', jobId, waiter });
  if (stayMs !== undefined) farm.clock.after(stayMs, () => farm.openJobs.has(jobId) && farm.feed({ type: 'leave', jobId, waiter }));
}

function commandOf(farm: SimFarm, { command, choice }: Extract<Fault, { kind: 'command' }>, node: string): Command | undefined {
  switch (command) {
    case 'drain':
    case 'undrain':
      return { kind: 'drain', node, enabled: command === 'drain' };
    case 'block':
    case 'unblock':
      return { kind: 'block', node, enabled: command === 'block' };
    case 'expel':
      return { kind: 'expel', node };
    case 'bring':
      return { kind: 'bring', node: choice % 3 === 0 ? '' : node, user: choice % 2 === 0 ? '' : (farm.clients[choice % farm.clients.length]?.plan.name ?? '') };
    case 'migrate': {
      const ids = [...farm.openJobs.keys()];
      const target = ['best', 'home', node, 'no-such-node'][choice % 4] as string;
      return { kind: 'migrate', jobId: ids[choice % Math.max(1, ids.length)] ?? 'no-such-job', target };
    }
    case 'hold':
      return { kind: 'hold', node, holdMs: choice % 2 === 0 ? 3_000 : 0 };
    default:
      return unreachable(command, 'commandOf');
  }
}
