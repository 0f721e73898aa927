// Memory ushering: a job goes only where its predicted peak fits beside those of the others, and leaves a node that runs short.
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
  if (node.leases.size === 0) return job.memoryBytesMin === 0 || need <= usable - node.othersMemoryBytes;
  if (node.memoryPressure > PRESSURE_HIGH) return false;
  return node.committedBytes + need <= usable - node.othersMemoryBytes;
}

/** It cannot hold the job even when it is empty. */
export const isTooSmall = (node: Node, job: Job): boolean => job.memoryBytesMin > usableBytes(node);

/** What a killed job needs, by what is known of its peak. */
export const needAfterKill = (job: Job, peakBytes: number): number => Math.ceil(AFTER_KILL * Math.max(memoryNeed(job), peakBytes));

/** The node should give up a job: it is close to swapping. */
export const isShort = (node: Node): boolean =>
  node.leases.size > 1 && (node.memoryPressure > PRESSURE_HIGH || (node.memoryBytes > 0 && node.freeMemoryBytes < 0.04 * node.memoryBytes));
