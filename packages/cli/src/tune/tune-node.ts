// Measuring one node: hold it, wait until it is idle, compile some times, set its speed, let it go.

import { err, fault, limits, ok, type Result } from '@mosix/core';
import type { admin } from '@mosix/protocol';
import type { Admin } from '../farm/admin.js';
import { quantile, speedFrom } from './calibration.js';
import type { Measured } from './compile-on.js';

export interface Tuned {
  readonly node: string;
  readonly speed: number;
  readonly before: number;
  /** Wall time of each run on the node; the first one, which warms its caches up, is not among them. */
  readonly runs: readonly number[];
  readonly medianMs: number;
  readonly p10Ms: number;
  readonly p90Ms: number;
  /** (p90 - p10) / median. */
  readonly spread: number;
  /** Processor time over wall time, median: below the node's share of a core, others were at work. */
  readonly cpuShare: number;
  readonly cores: number;
  readonly slots: number;
  readonly load: number;
  readonly compiler: string;
  readonly referenceMs: number;
}

export interface TunePorts {
  readonly admin: Admin;
  /** The number of the run; 0 is the first, which does not count. */
  readonly compile: (node: string, run: number) => Promise<Result<Measured>>;
  readonly nowMs: () => number;
  /** Resolves early when the signal aborts. */
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>;
  readonly say: (text: string) => void;
  readonly signal: AbortSignal;
}

const tenths = (value: number): number => Math.round(value * 10) / 10;

/** A node tells its count of running jobs only when asked. */
const idlePollMs = 500;

/** Codes: `unknown-node`, `node-away`, `node-busy`, `interrupted`, and those of `compile` and of the coordinator. */
export const tuneNode = async (node: string, plan: { readonly runs: number; readonly compiler: string; readonly referenceMs: number }, ports: TunePorts): Promise<Result<Tuned>> => {
  const { admin, signal, say } = ports;
  const before = await admin.node(node);
  if (!before.ok) return before;
  const refusal = unfit(before.value);
  if (refusal !== undefined) return err(refusal);

  const hold = (holdMs: number): Promise<Result<admin.HoldNodeResponse>> => admin.ask({ node }, (client, deadline) => client.holdNode({ node, holdMs }, deadline));
  // A slow node's compile may outlast one hold.
  const renewal = setInterval(() => void hold(limits.tuneHoldMs), limits.tuneHoldMs / 3);
  try {
    const measured: Measured[] = [];
    for (let run = 0; run <= plan.runs; run += 1) {
      const idle = await waitIdle(node, () => hold(limits.tuneHoldMs), ports);
      if (!idle.ok) return idle;
      say(run === 0 ? `${node}: warming up` : `${node}: run ${run} of ${plan.runs}`);
      const once = await ports.compile(node, run);
      if (signal.aborted) return err(fault('interrupted', 'interrupted'));
      if (!once.ok) return once;
      if (run > 0) measured.push(once.value);
    }
    const runs = measured.map((one) => tenths(one.wallMs));
    const medianMs = quantile(runs, 0.5);
    const speed = speedFrom(medianMs, plan.referenceMs);
    const set = await admin.ask({ node }, (client, deadline) => client.setSpeed({ node, speed, source: 'tune', runs: runs.map((ms) => speedFrom(ms, plan.referenceMs)) }, deadline));
    if (!set.ok) return set;
    const [p10Ms, p90Ms] = [tenths(quantile(runs, 0.1)), tenths(quantile(runs, 0.9))];
    const { cores, slots, load, speed: old } = before.value;
    return ok({
      node, speed: set.value.speed, before: old, runs, medianMs, p10Ms, p90Ms, spread: Math.round(((p90Ms - p10Ms) / medianMs) * 1000) / 1000,
      cpuShare: Math.round(quantile(measured.map((one) => one.cpuMs / one.wallMs), 0.5) * 1000) / 1000,
      cores, slots, load: tenths(load), compiler: plan.compiler, referenceMs: plan.referenceMs,
    });
  } finally {
    clearInterval(renewal);
    await hold(0);
  }
};

/** A node that would not take the compile, and why. */
const unfit = (node: admin.Node) => {
  if (node.state === 'ready' || node.state === 'held') return undefined;
  return fault('node-away', `${node.name} takes no jobs: it is ${node.state}${node.reason === '' ? '' : ` (${node.reason})`}`, {
    hint: node.state === 'blocked' ? `mosix unblock ${node.name}` : node.state === 'draining' ? `mosix undrain ${node.name}` : 'mosix nodes',
  });
};

const waitIdle = async (node: string, hold: () => Promise<Result<admin.HoldNodeResponse>>, { nowMs, sleep, say, signal }: TunePorts): Promise<Result<void>> => {
  const deadline = nowMs() + limits.tuneIdleWaitMsMax;
  for (;;) {
    if (signal.aborted) return err(fault('interrupted', 'interrupted'));
    const held = await hold();
    if (!held.ok) return held;
    if (held.value.running === 0) return ok(undefined);
    if (nowMs() >= deadline) return err(fault('node-busy', `${node} still runs ${held.value.running} jobs after ${limits.tuneIdleWaitMsMax / 60_000} minutes`, { hint: `mosix ps; mosix expel ${node} moves them away` }));
    say(`${node}: waiting for ${held.value.running} running jobs`);
    await sleep(idlePollMs, signal);
  }
};
