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

/** After the last fault no build of ours takes longer: a job's own timeout, and as much again. */
const AFTER_FAULTS_MS = 45 * 60_000;

const horizonOf = (scenario: Scenario): number =>
  AFTER_FAULTS_MS + Math.max(0, ...scenario.faults.map((fault) => fault.atMs + ('lengthMs' in fault ? (fault.lengthMs ?? 0) : 0)), ...scenario.users.map((user) => user.startMs + user.builds * user.thinkMs));

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
  const traces: Trace[] = scenario.users.map((_, index) => traceOf(scenario, index));
  const bound = lowerBound(scenario, traces);
  const auditor = audit && isOurs(policy) ? createAuditor(policy.state) : undefined;
  const result = runFarm({
    scenario, policy, traceOf, horizonMs: horizonOf(scenario), ...(auditor === undefined ? {} : { watcher: auditor }), ...(log === undefined ? {} : { log }),
  });
  const waste = Object.values(result.accounts.waste()).reduce((sum, each) => sum + each, 0);
  const { useful } = result.accounts;
  const violations = [...(auditor?.violations ?? [])];
  if (!result.ended) violations.push(`did not end within ${AFTER_FAULTS_MS / 60_000} min of the last fault`);
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
