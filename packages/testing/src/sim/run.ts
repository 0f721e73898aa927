// One run of one policy over one scenario, with what it is measured by.
import type { Trace } from '../trace.js';
import { createAuditor } from './auditor.js';
import { runFarm } from './farm.js';
import type { FarmResult } from './farm.js';
import { lowerBound } from './lower-bound.js';
import type { LowerBound } from './lower-bound.js';
import type { OurPolicy } from './our-policy.js';
import type { Policy } from './policy.js';
import type { Scenario } from './scenario.js';
import { traceOf } from './traces.js';

/** Three tries of a job, each to its timeout, and some more: whoever gives no answer for so long never will. */
const STALL_MS = 75 * 60_000;

export interface RunResult extends FarmResult {
  readonly bound: LowerBound;
  /** Makespan over lower bound. */
  readonly ratio: number;
  /** Processor time without a result, of all. */
  readonly wasteShare: number;
  /** Broken promises; empty for rivals, who made none. */
  readonly violations: readonly string[];
}

const isOurs = (policy: Policy): policy is OurPolicy => 'state' in policy;

/** `audit`: every promise is checked after every event. An exception of the policy is a violation, too. */
export function run(scenario: Scenario, policy: Policy, { audit = isOurs(policy), log }: { audit?: boolean; log?: (line: string) => void } = {}): RunResult {
  const traces: readonly Trace[] = scenario.users.map((_, index) => traceOf(scenario, index));
  const bound = lowerBound(scenario, traces);
  const auditor = audit && isOurs(policy) ? createAuditor(policy.state) : undefined;
  const result = runFarm({
    scenario, policy, traceOf, stallMs: STALL_MS, ...(auditor === undefined ? {} : { watcher: auditor }), ...(log === undefined ? {} : { log }),
  });
  const waste = Object.values(result.accounts.waste()).reduce((sum, each) => sum + each, 0);
  const { useful } = result.accounts;
  const violations = [...(auditor?.violations ?? [])];
  if (!result.ended) violations.push(`ends: nothing ended for ${STALL_MS / 60_000} min`);
  if (auditor !== undefined) violations.push(...wasteViolation(result));
  return { ...result, bound, ratio: result.makespanMs / bound.ms, wasteShare: useful + waste === 0 ? 0 : waste / (useful + waste), violations };
}

/** Copies and new beginnings of the scheduler's own choice: a twentieth of all processor time, and some seconds that a short run may spend. */
const WASTE_SHARE_MAX = 0.05;
const WASTE_SECONDS_FREE = 30;

function wasteViolation({ accounts }: FarmResult): string[] {
  const { copies } = accounts.waste();
  const allowed = WASTE_SECONDS_FREE + WASTE_SHARE_MAX * accounts.useful;
  return copies > allowed ? [`waste: copies took ${copies.toFixed(1)} s of processor time, ${allowed.toFixed(1)} s are allowed`] : [];
}
