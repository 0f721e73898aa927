// How many processors other people keep busy on this machine: what all of it used since the last look, less what our own processes
// used in the same time. (The kernel's load averages lag by a minute, and count our jobs.)
import type { MachineCpu } from './machine.js';

/** Counters that only grow. */
export interface CpuCounters {
  readonly atMs: number;
  /** Of the whole machine. */
  readonly machine: MachineCpu;
  /** Of the worker, its jobs and helpers. */
  readonly ownUs: number;
  /** Of the control group that has our quota, us included; undefined: no quota, or not told. */
  readonly groupUs: number | undefined;
}

export interface OthersUse {
  /** Processors that others kept busy. */
  readonly processors: number;
  /** Those of them inside our own control group. */
  readonly inGroup: number;
}

/**
 * Undefined: the interval tells nothing, because a counter went back. (A tree whose root died without a wait takes its time with it.)
 */
export function othersUse(before: CpuCounters, after: CpuCounters): OthersUse | undefined {
  const wallUs = (after.atMs - before.atMs) * 1000;
  const busyUs = after.machine.busyUs - before.machine.busyUs;
  const ownUs = after.ownUs - before.ownUs;
  if (wallUs <= 0 || busyUs < 0 || ownUs < 0) return undefined;
  const groupUs = before.groupUs === undefined || after.groupUs === undefined ? ownUs : after.groupUs - before.groupUs;
  const processors = Math.min(after.machine.processors, Math.max(0, busyUs - ownUs) / wallUs);
  return { processors, inGroup: Math.min(processors, Math.max(0, groupUs - ownUs) / wallUs) };
}

/**
 * What others take from the `cores` that are ours to use. Without a quota that is all they use. With one they may keep busy what lies
 * beyond it, and it costs us nothing; but what runs inside our own group lives on the same quota.
 */
export function loadOnUs({ processors, inGroup }: OthersUse, machineProcessors: number, cores: number): number {
  const beyond = Math.max(0, machineProcessors - cores);
  return inGroup + Math.max(0, processors - inGroup - beyond);
}

/** MOSIX's rule for what is shown to others: up at once, down by (7·old + new)/8 a second. */
export const smoothLoad = (shown: number, now: number, elapsedMs: number): number =>
  now >= shown ? now : now + (shown - now) * (7 / 8) ** (elapsedMs / 1000);
