// What a worker may say of itself while it is here. A figure that cannot be is not used: the one before stays, and the first of its kind
// is written to the log with a code. The rest of the message counts: the worker lives.
import { limits, type FarmEvent, type FarmState, type LeaseProgress, type Node } from '@mosix/core';
import type { farm } from '@mosix/protocol';

export interface Checked<T> {
  readonly value: T;
  /** `bad-load`, `bad-memory`, `bad-pressure`, `foreign-lease`, `bad-heartbeat`. */
  readonly codes: readonly string[];
}

type HeartbeatEvent = Extract<FarmEvent, { type: 'node-heartbeat' }>;

const within = (value: number, max: number): boolean => value >= 0 && value <= max;

/** `node` is what is known of it so far. */
export function checkHeartbeat(state: FarmState, node: Node, heartbeat: farm.Heartbeat): Checked<HeartbeatEvent> {
  const codes: string[] = [];
  const complain = (code: string): void => {
    if (!codes.includes(code)) codes.push(code);
  };
  const use = (value: number, max: number, before: number, code: string): number => {
    if (within(value, max)) return value;
    complain(code);
    return before;
  };
  const load = use(heartbeat.load, limits.nodeLoadMax, node.load, 'bad-load');
  const memoryPressure = use(heartbeat.memoryPressure, 1, node.memoryPressure, 'bad-pressure');
  const freeDiskBytes = use(heartbeat.freeDiskBytes, Number.MAX_SAFE_INTEGER, node.freeDiskBytes, 'bad-heartbeat');
  // More free than there is: it is all free, as far as can be known.
  const memoryMax = node.memoryBytes > 0 ? node.memoryBytes : limits.nodeMemoryBytesMax;
  if (!within(heartbeat.freeMemoryBytes, memoryMax)) complain('bad-memory');
  const freeMemoryBytes = Number.isFinite(heartbeat.freeMemoryBytes) ? Math.max(0, Math.min(memoryMax, heartbeat.freeMemoryBytes)) : node.freeMemoryBytes;
  const leases = heartbeat.leases.length > 2 * limits.nodeSlotsMax ? [] : heartbeat.leases.flatMap((each) => progressOf(state, node, each, memoryMax, complain));
  if (leases.length === 0 && heartbeat.leases.length > 2 * limits.nodeSlotsMax) complain('bad-heartbeat');
  const sequence = Number.isSafeInteger(heartbeat.sequence) && heartbeat.sequence >= 0 ? heartbeat.sequence : 0;
  return { value: { type: 'node-heartbeat', node: node.name, sequence, load, freeMemoryBytes, freeDiskBytes, memoryPressure, leases }, codes };
}

/** None when the lease is not this node's. One that nobody knows has ended here a moment ago: that is no lie. */
function progressOf(state: FarmState, node: Node, { leaseId, cpuUs, memoryBytes, wallUs, paused }: farm.LeaseProgress, memoryMax: number, complain: (code: string) => void): LeaseProgress[] {
  const lease = state.leases.get(leaseId);
  if (lease?.node !== node) {
    if (lease !== undefined) complain('foreign-lease');
    return [];
  }
  const wallSeconds = wallUs / 1e6;
  const cpuSeconds = cpuUs / 1e6;
  const cores = Math.max(1, Math.ceil(node.cores));
  // Clocks of the two are read one after the other: some slack.
  if (!within(wallSeconds, (limits.actionTimeoutMsMax / 1000) * 2) || !within(cpuSeconds, (wallSeconds + 5) * cores)) {
    complain('bad-heartbeat');
    return [];
  }
  return [{ leaseId, cpuSeconds, wallSeconds, memoryBytes: Math.min(memoryMax, Math.max(0, memoryBytes)), paused }];
}

/** One line for people: no control characters, not long. */
export const shortText = (text: string): string => text.replaceAll(/[\p{C}\s]+/gu, ' ').trim().slice(0, limits.nodeReasonCharsMax);

/** The median speed of a benchmark; undefined: it cannot be. */
export function checkBenchmark({ speed, runs }: farm.BenchmarkResult): number | undefined {
  const sound = (value: number): boolean => value >= limits.nodeSpeedMin && value <= limits.nodeSpeedMax;
  return sound(speed) && runs.length <= BENCHMARK_RUNS_MAX && runs.every(sound) ? speed : undefined;
}

const BENCHMARK_RUNS_MAX = 100;
