// Many random scenarios, every promise checked after every event; a scenario that breaks one is made smaller until nothing can go.
import { createOurPolicy } from './our-policy.js';
import { randomScenario, withHostileNumbers } from './random-scenario.js';
import { run } from './run.js';
import type { Scenario, UserPlan, WorkPlan } from './scenario.js';

export interface SoakFailure {
  readonly seed: number;
  readonly violations: readonly string[];
  readonly small: Scenario;
}

/** What is broken, without the numbers: the same defect in another run has the same kind. */
export const kindOf = (violation: string): string => violation.replace(/[:(].*$/, '').trim();

/** Broken promises of one run. An exception is one, too. */
export function violationsOf(scenario: Scenario): readonly string[] {
  try {
    return run(scenario, createOurPolicy()).violations;
  } catch (problem) {
    const { message, stack = '' } = problem as Error;
    return [`exception: ${message} ${/at (?:Object\.)?(\w+) \(.*\/(core\/[^)]*)\)/.exec(stack)?.slice(1).join(' in ') ?? ''}`];
  }
}

export interface SoakOptions {
  readonly from: number;
  readonly seeds: number;
  readonly hostile: boolean;
  /** After so many failures it stops. */
  readonly failuresMax: number;
  readonly onProgress?: (done: number) => void;
}

export function soak({ from, seeds, hostile, failuresMax, onProgress }: SoakOptions): SoakFailure[] {
  const failures: SoakFailure[] = [];
  for (let seed = from; seed < from + seeds && failures.length < failuresMax; seed++) {
    const plain = randomScenario(seed);
    const scenario = hostile ? withHostileNumbers(plain) : plain;
    const violations = violationsOf(scenario);
    if (violations.length > 0) failures.push({ seed, violations, small: shrink(scenario, kindOf(violations[0] as string)) });
    onProgress?.(seed - from + 1);
  }
  return failures;
}

const SHRINK_RUNS_MAX = 400;

/** The smallest scenario found that still breaks the same promise. */
export function shrink(scenario: Scenario, kind: string, broken: (scenario: Scenario) => readonly string[] = violationsOf): Scenario {
  let best = scenario;
  let runs = 0;
  const holds = (candidate: Scenario): boolean => {
    runs += 1;
    return broken(candidate).some((violation) => kindOf(violation) === kind);
  };
  for (let progress = true; progress && runs < SHRINK_RUNS_MAX; ) {
    progress = false;
    for (const candidate of smaller(best)) {
      if (runs >= SHRINK_RUNS_MAX) break;
      if (!holds(candidate)) continue;
      best = candidate;
      progress = true;
      break;
    }
  }
  return best;
}

const without = <T>(items: readonly T[], from: number, count: number): T[] => [...items.slice(0, from), ...items.slice(from + count)];

/** All that is one step smaller, the largest steps first. */
function* smaller(scenario: Scenario): Generator<Scenario> {
  const { faults, users, nodes } = scenario;
  for (let size = faults.length; size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    for (let at = 0; at < faults.length; at += size) yield { ...scenario, faults: without(faults, at, size) };
  }
  if (users.length > 1) for (let at = 0; at < users.length; at++) yield { ...scenario, users: without(users, at, 1) };
  if (nodes.length > 1) for (let at = nodes.length - 1; at >= 0; at--) yield { ...scenario, nodes: without(nodes, at, 1) };
  for (const [at, user] of users.entries()) {
    for (const less of smallerUser(user)) yield { ...scenario, users: users.map((each, index) => (index === at ? less : each)) };
  }
}

function* smallerUser(user: UserPlan): Generator<UserPlan> {
  if (user.builds > 1) yield { ...user, builds: 1 };
  for (const work of smallerWork(user.work)) yield { ...user, work };
  if (user.jobs > 1) yield { ...user, jobs: Math.ceil(user.jobs / 4) };
}

function* smallerWork(work: WorkPlan): Generator<WorkPlan> {
  if (work.kind === 'trace') return;
  for (const count of [1, Math.ceil(work.count / 4), Math.ceil(work.count / 2), work.count - 1]) if (count >= 1 && count < work.count) yield { ...work, count };
}
