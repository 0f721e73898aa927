// Numbers that others say, brought within what is possible. The shell refuses most of them with a code; here they only must not spoil the
// sums that all placement rests on, where one NaN stays for ever.
import { limits } from '../limits.js';
import type { NodeSpec } from './state.js';
import type { FarmEvent, LeaseProgress } from './words.js';

/** As in the shell: less is not a processor. */
const CORES_MIN = 0.01;

/** `value`, or the bound that it is beyond; `otherwise` when it is no number at all. */
const within = (value: number, min: number, max: number, otherwise: number): number => (Number.isNaN(value) ? otherwise : Math.min(max, Math.max(min, value)));

const bytes = (value: number): number => within(value, 0, limits.nodeMemoryBytesMax, 0);

/** Of a node that says no number it is believed that it is the slowest there is. */
export const plausibleSpeed = (speed: number): number => within(speed, limits.nodeSpeedMin, limits.nodeSpeedMax, limits.nodeSpeedMin);

export const plausibleSpec = (spec: NodeSpec): NodeSpec => ({
  ...spec,
  slots: Math.floor(within(spec.slots, 1, limits.nodeSlotsMax, 1)),
  cores: within(spec.cores, CORES_MIN, limits.nodeCoresMax, CORES_MIN),
  speed: plausibleSpeed(spec.speed),
  memoryBytes: bytes(spec.memoryBytes),
});

type Heartbeat = Extract<FarmEvent, { type: 'node-heartbeat' }>;

/** A figure that is no number is as at the last heartbeat. */
export function plausibleHeartbeat(beat: Heartbeat, before: Pick<Heartbeat, 'load' | 'freeMemoryBytes' | 'freeDiskBytes' | 'memoryPressure'>): Heartbeat {
  return {
    ...beat,
    load: within(beat.load, 0, limits.nodeLoadMax, before.load),
    freeMemoryBytes: within(beat.freeMemoryBytes, 0, limits.nodeMemoryBytesMax, before.freeMemoryBytes),
    freeDiskBytes: within(beat.freeDiskBytes, 0, Number.MAX_SAFE_INTEGER, before.freeDiskBytes),
    memoryPressure: within(beat.memoryPressure, 0, 1, before.memoryPressure),
    leases: beat.leases.filter(isPossible),
  };
}

const isPossible = ({ cpuSeconds, wallSeconds, memoryBytes }: LeaseProgress): boolean =>
  [cpuSeconds, wallSeconds, memoryBytes].every((value) => value >= 0 && value < Infinity);

type Finished = Extract<FarmEvent, { type: 'lease-finished' }>;

export function plausibleCost(event: Finished): Finished {
  const secondsMax = (limits.actionTimeoutMsMax / 1_000) * limits.nodeCoresMax;
  return {
    ...event, cpuSeconds: within(event.cpuSeconds, 0, secondsMax, 0), wallSeconds: within(event.wallSeconds, 0, secondsMax, 0),
    peakMemoryBytes: bytes(event.peakMemoryBytes), outputBytes: bytes(event.outputBytes),
  };
}

export const plausiblePeak = bytes;
