// How fast this node is, 1.0 being the reference. A worker has no compiler, so the measure is a fixed piece of work inside
// mosix-init (packages/launcher/src/init-benchmark.h). Wall time counts, not processor time: a quota or a busy owner slows jobs
// down just as it slows this.
import { execFile } from 'node:child_process';
import { err, fault, ok } from '@mosix/core';
import type { Result } from '@mosix/core';

/** Speed 1.0: the benchmark's time on one core of an Intel Xeon (Ice Lake generation) at 2.5 GHz. */
export const REFERENCE_NS = 190_000_000;
const RUNS = 3;
const RUN_MS_MAX = 60_000;

const runOnce = (init: string): Promise<Result<number>> =>
  new Promise((resolve) => {
    execFile(init, ['--benchmark'], { timeout: RUN_MS_MAX, env: {} }, (problem, stdout) => {
      const ns = Number(/^\d+/.exec(stdout)?.[0]);
      if (problem !== null || !(ns > 0)) resolve(err(fault('benchmark', `the speed benchmark failed: ${problem?.message ?? stdout}`, { cause: problem })));
      else resolve(ok(ns));
    });
  });

export const speedOf = (measuredNs: readonly number[]): number => {
  const sorted = [...measuredNs].sort((a, b) => a - b);
  const median = sorted[Math.floor((sorted.length - 1) / 2)] ?? REFERENCE_NS;
  return Math.round((REFERENCE_NS / median) * 1000) / 1000;
};

/** Takes about half a second on a reference node. Code: `benchmark`. */
export async function measureSpeed(init: string): Promise<Result<number>> {
  const measured: number[] = [];
  for (let run = 0; run < RUNS; run += 1) {
    const once = await runOnce(init);
    if (!once.ok) return once;
    measured.push(once.value);
  }
  return ok(speedOf(measured));
}
