// mosix.admin.v1: what the command-line tools ask.
import { err, ok } from '@mosix/core';
import type { ActionCache, DiskStore } from '@mosix/cas';
import { rpcError, type admin, type HandlersOf, type Services } from '@mosix/protocol';
import type { Counters, Farm } from '../farm/farm.js';
import type { Job, Node } from '../farm/state.js';

export interface AdminPorts {
  readonly farm: Farm;
  readonly store: DiskStore;
  readonly actionCache: ActionCache;
  readonly counters: Counters;
  readonly version: string;
  readonly address: () => string;
  readonly now: () => number;
  readonly startedAtMs: number;
}

export function adminService({ farm, store, actionCache, counters, version, address, now, startedAtMs }: AdminPorts): HandlersOf<Services['admin']> {
  const { state } = farm;
  return {
    getStatus(request) {
      const { blobs, sizeBytes, sizeBytesMax } = store.stats();
      return ok({
        version,
        address: address(),
        uptimeMs: Math.round(now() - startedAtMs),
        nodes: [...state.nodes.values()].sort((a, b) => (a.name < b.name ? -1 : 1)).map(nodeOf),
        jobs: request.includeJobs ? [...state.jobs.values()].map((job) => jobOf(job, now())) : [],
        queued: state.queue.size(),
        store: { blobs, sizeBytes, sizeBytesMax, actionResults: actionCache.stats().blobs },
        counters: { ...counters, retries: state.retries },
      });
    },
    setDrain({ node, enabled }) {
      if (!state.nodes.has(node)) return err(rpcError('not-found', `no node is called ${node}`));
      farm.send({ type: 'drain', node, enabled });
      farm.sessions.get(node)?.send({ drain: { enabled } });
      return ok({});
    },
  };
}

const nodeOf = (node: Node): admin.NodeInput => ({
  name: node.name, slots: node.slots, running: node.running, speed: node.speed, state: node.state, load: node.load,
  instructionSets: [...node.instructionSets], jobs: node.jobs, cpuSeconds: node.cpuSeconds, freeMemoryBytes: node.freeMemoryBytes,
});

/** Operation names stay with those who made them; the job's own number is enough to tell jobs apart. */
const jobOf = (job: Job, now: number): admin.JobInput => ({
  operation: job.id, label: job.label, state: job.state === 'running' ? 'running' : 'queued', node: job.lease?.node.name ?? '',
  ageMs: Math.round(now - job.submittedAtMs), attempts: job.attempts,
});
