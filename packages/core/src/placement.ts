// Which node gets the next job: the first placement rule, least load weighted by benchmarked speed.
//
// The coordinator asks through `PlaceJob` alone, so that a scheduler with costs, transfers and fairness can take this rule's place.

/** `ready` takes jobs. `draining` ends what it has. `quarantined` failed too often lately. `lost` is silent or disconnected. */
export type NodeState = 'ready' | 'draining' | 'quarantined' | 'lost';

export interface PlacementNode {
  /** Unique in the farm; decides between equal scores. */
  readonly name: string;
  /** Leases at the same time, at least 1. */
  readonly slots: number;
  /** Leases now. */
  readonly running: number;
  /** Benchmarked; 1.0 is the reference node, above 0. */
  readonly speed: number;
  /** Runnable tasks of other people on the machine. */
  readonly load: number;
  readonly state: NodeState;
  /** ELF machine names: `x86_64`, `aarch64`, ... */
  readonly instructionSets: ReadonlySet<string>;
  /** Properties of the node beyond its instruction sets, name to value. */
  readonly labels: ReadonlyMap<string, string>;
}

/** What a node must have. Two jobs with the same `key` can run on the same nodes. */
export interface Requirements {
  readonly key: string;
  readonly instructionSets: readonly string[];
  readonly labels: readonly (readonly [name: string, value: string])[];
}

export interface PlacementJob {
  readonly requirements: Requirements;
  /** Names of nodes where this job failed through the farm's fault. */
  readonly failedOn: ReadonlySet<string>;
}

/** The one question the coordinator asks of a scheduler: a node for this job now, or undefined when it has to wait. */
export type PlaceJob = <N extends PlacementNode>(nodes: Iterable<N>, job: PlacementJob) => N | undefined;

/** Instruction sets and labels are all present on the node. Says nothing of its state. */
export function canRun(node: PlacementNode, requirements: Requirements): boolean {
  for (const name of requirements.instructionSets) if (!node.instructionSets.has(name)) return false;
  for (const [name, value] of requirements.labels) if (node.labels.get(name) !== value) return false;
  return true;
}

/**
 * Expected completion of one more job, in units of a job on an idle reference slot: tasks that compete (the farm's with this
 * one, and other people's) per slot, divided by speed.
 */
export const placementScore = (node: PlacementNode): number =>
  (node.running + 1 + Math.max(0, node.load)) / (node.slots * node.speed);

/**
 * The ready, able node with a free slot and the smallest score; equal scores go to the name that sorts first. A node that failed
 * this job before is taken only when every other able node is gone: a busy one is worth waiting for.
 */
export function placeJob<N extends PlacementNode>(nodes: Iterable<N>, job: PlacementJob): N | undefined {
  let fresh: N | undefined;
  let failed: N | undefined;
  let anyFresh = false;
  for (const node of nodes) {
    if (node.state !== 'ready' || !canRun(node, job.requirements)) continue;
    const failedHere = job.failedOn.has(node.name);
    if (!failedHere) anyFresh = true;
    if (node.running >= node.slots) continue;
    if (failedHere) failed = better(failed, node);
    else fresh = better(fresh, node);
  }
  return anyFresh ? fresh : failed;
}

function better<N extends PlacementNode>(best: N | undefined, node: N): N {
  if (best === undefined) return node;
  const difference = placementScore(node) - placementScore(best);
  return difference < 0 || (difference === 0 && node.name < best.name) ? node : best;
}
