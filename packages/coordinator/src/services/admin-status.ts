// The status of a farm as the tools see it: nodes, jobs, decisions, counters.
import { driftOf, immovable, predictionError, progressOf, type Decision, type Job, type Node } from '@mosix/core';
import type { ActionCache, DiskStore } from '@mosix/cas';
import type { admin } from '@mosix/protocol';
import type { Counters } from '../farm/counters.js';
import type { Farm } from '../farm/farm.js';

export interface StatusPorts {
  readonly farm: Farm;
  readonly store: DiskStore;
  readonly actionCache: ActionCache;
  readonly counters: Counters;
  readonly version: string;
  readonly address: () => string;
  readonly now: () => number;
  readonly startedAtMs: number;
}

export function statusOf({ farm, store, actionCache, counters, version, address, now, startedAtMs }: StatusPorts, request: admin.GetStatusRequest): admin.StatusInput {
  const { state, members } = farm;
  const time = now();
  const { blobs, sizeBytes, sizeBytesMax } = store.stats();
  const { map } = members;
  return {
    version,
    address: address(),
    uptimeMs: Math.round(time - startedAtMs),
    nodes: [...state.nodes.values()].sort((a, b) => (a.name < b.name ? -1 : 1)).map((node) => nodeOf(node, time)),
    jobs: request.includeJobs ? [...state.jobs.values()].map((job) => jobOf(job, time)) : [],
    queued: state.index.queued,
    store: { blobs, sizeBytes, sizeBytesMax, actionResults: actionCache.stats().blobs },
    counters: { ...counters, retries: state.retries, usefulCpuSeconds: state.usefulCpuSeconds, wastedCpuSeconds: state.wastedCpuSeconds },
    prediction: predictionError(state.predictions),
    decisions: request.includeDecisions ? state.decisions.map((decision) => decisionOf(decision, time)) : [],
    ...(map === undefined ? {} : { map: { path: map.path, nodes: map.map?.nodes.size ?? 0, problems: map.problems } }),
  };
}

const nodeOf = (node: Node, now: number): admin.NodeInput => {
  // What it was sent ahead of a free slot has not begun; what is being cancelled still takes its slot.
  const running = Math.min(node.slots, node.leases.size);
  return {
    name: node.name, slots: node.slots, running, waiting: node.leases.size - running, speed: node.speed, state: node.state, reason: node.stateReason,
    load: node.load, instructionSets: [...node.instructionSets], jobs: node.jobs, cpuSeconds: node.cpuSeconds, freeMemoryBytes: node.freeMemoryBytes,
    memoryBytes: node.memoryBytes, predictedMemoryBytes: Math.round(node.committedBytes), cores: node.cores, measuredSpeed: node.givenSpeed ?? node.benchmarkSpeed,
    speedSource: node.speedSource, drift: driftOf(node), labels: Object.fromEntries(node.labels), silentMs: Math.max(0, Math.round(now - node.lastHeardMs)),
    movesIn: node.movesIn, movesOut: node.movesOut,
  };
};

/** Operation names stay with those who made them; the job's own number is enough to tell jobs apart. */
const jobOf = (job: Job, now: number): admin.JobInput => {
  // The copy that has come furthest speaks for the job.
  const first = job.leases.reduce<Job['leases'][number] | undefined>((best, lease) => (best === undefined || progressOf(lease) > progressOf(best) ? lease : best), undefined);
  return {
    operation: job.id, label: job.spec.label, state: job.state === 'running' ? 'running' : 'queued', node: job.leases[0]?.node.name ?? '',
    nodes: job.leases.map((lease) => lease.node.name), ageMs: Math.round(now - job.submittedAtMs), attempts: job.attempts, user: job.spec.user,
    progress: first === undefined ? 0 : progressOf(first), cpuSeconds: first?.cpuSeconds ?? 0, expectedSeconds: job.estimate.cpuSeconds,
    memoryBytes: first?.memoryBytes ?? 0, moves: job.moves, immovable: immovable(job)?.message ?? '', priority: job.spec.priority,
    paused: job.leases.length > 0 && job.leases.every((lease) => lease.paused),
  };
};

const decisionOf = ({ atMs, jobId, label, method, cause, from, to, text, afterMs, share, stayMs, moveMs }: Decision, now: number): admin.DecisionInput => ({
  ageMs: wholeMs(now - atMs), job: jobId, label, method, cause, from, to, text, afterMs: wholeMs(afterMs), share, stayMs: wholeMs(stayMs), moveMs: wholeMs(moveMs),
});

/** Without an end, none is told. */
const wholeMs = (ms: number): number => (Number.isFinite(ms) ? Math.max(0, Math.round(ms)) : 0);
