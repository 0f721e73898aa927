// How fast this node is, 1.0 being the reference. A worker has no compiler, so the measure is a fixed piece of work inside
// mosix-init (packages/launcher/src/init-benchmark.h). Its processor time counts and not its wall time: what else runs here right now
// is the load, which the coordinator learns from heartbeats. A quota is no load and is taken into account.
import { execa } from 'execa';
import { err, fault, limits, ok } from '@mosix/core';
import type { Result } from '@mosix/core';
import { cpuQuota } from './cpu-quota.js';

/** Speed 1.0: so much processor time for the benchmark. One core of an AMD EPYC with 1 MiB of second-level cache takes 100 ms. */
export const REFERENCE_NS = 140_000_000;
const RUNS = 5;
const RUN_MS_MAX = 60_000;

const runOnce = async (init: string): Promise<Result<number>> => {
  const { failed, stdout, shortMessage } = await execa(init, ['--benchmark'], { timeout: RUN_MS_MAX, extendEnv: false, reject: false });
  const ns = Number(/^\d+/.exec(stdout)?.[0]);
  if (failed || !(ns > 0)) return err(fault('benchmark', `the speed benchmark failed: ${shortMessage ?? stdout}`));
  return ok(ns);
};

/** Of one job alone on this node: the median of the measured times, slowed down by a quota of less than one processor. */
export function speedOf(measuredNs: readonly number[], quotaCores: number): number {
  const sorted = [...measuredNs].sort((a, b) => a - b);
  const median = sorted[Math.floor((sorted.length - 1) / 2)] ?? REFERENCE_NS;
  const speed = (REFERENCE_NS / median) * Math.min(1, quotaCores);
  return Math.round(Math.min(limits.nodeSpeedMax, Math.max(limits.nodeSpeedMin, speed)) * 1000) / 1000;
}

export interface Speed {
  /** The median. */
  readonly speed: number;
  /** The speed of each run. */
  readonly runs: readonly number[];
}

/** Takes about half a second on an idle reference node. Code: `benchmark`. */
export async function measureSpeed(init: string): Promise<Result<Speed>> {
  const measured: number[] = [];
  for (let run = 0; run < RUNS; run += 1) {
    const once = await runOnce(init);
    if (!once.ok) return once;
    measured.push(once.value);
  }
  const { cores } = cpuQuota();
  return ok({ speed: speedOf(measured, cores), runs: measured.map((ns) => speedOf([ns], cores)) });
}
