// Memory ushering: a job goes only where its predicted peak fits beside those of the others, and leaves a node that runs short.
import { canRun, isAccepting } from './node-index.js';
import type { Job, Node } from './state.js';

/** Of a node's memory; the rest is the system's. */
const USABLE_SHARE = 0.95;
/** A job whose peak is not known may need a bit more than predicted after a kill. */
const AFTER_KILL = 1.5;
const PRESSURE_HIGH = 0.2;

export const memoryNeed = (job: Job): number => Math.max(job.estimate.memoryBytes, job.memoryBytesMin);

/** What all jobs together may take. Infinity: the node does not say. */
const usableBytes = (node: Node): number => (node.memoryBytes === 0 ? Infinity : node.memoryBytes * USABLE_SHARE);

/**
 * The job's predicted peak fits beside the predicted peaks of those that run, and what others use. A node without jobs takes one that
 * is too big for its free memory, but not one that was killed for lack of more memory than it has at all.
 */
export function fitsMemory(node: Node, job: Job): boolean {
  const usable = usableBytes(node);
  const need = memoryNeed(job);
  if (node.leases.size === 0) return !isTooSmall(node, job);
  if (node.memoryPressure > PRESSURE_HIGH) return false;
  return node.committedBytes + need <= usable - node.othersMemoryBytes;
}

/** It cannot hold the job beside what others use there, even without another job. */
export const isTooSmall = (node: Node, job: Job): boolean => job.memoryBytesMin > 0 && job.memoryBytesMin > usableBytes(node) - node.othersMemoryBytes;

/**
 * What a killed job needs, by what is known of its peak. Where that is more than the roomiest of `nodes` has, and that has more than the
 * peak, it gets that node for itself.
 */
export function needAfterKill(job: Job, peakBytes: number, nodes: Iterable<Node>): number {
  const peak = Math.max(memoryNeed(job), peakBytes);
  let room = 0;
  for (const node of nodes) if (isAccepting(node) && canRun(node, job.spec.requirements)) room = Math.max(room, usableBytes(node) - node.othersMemoryBytes);
  const wanted = Math.ceil(AFTER_KILL * peak);
  return room > peak ? Math.min(wanted, Math.floor(room)) : wanted;
}

/** The node should give up a job: it is close to swapping. */
export const isShort = (node: Node): boolean =>
  node.leases.size > 1 && (node.memoryPressure > PRESSURE_HIGH || (node.memoryBytes > 0 && node.freeMemoryBytes < 0.04 * node.memoryBytes));
