// What workers report of their leases: begun, finished with a result, or failed. A result is checked against the store and written to
// the action cache before the scheduler hears of it.
import { isCompilerCrash, limits, unreachable, type Digest, type FarmEvent, type FarmState } from '@mosix/core';
import type { ActionCache, DiskStore } from '@mosix/cas';
import type { Logger } from '@mosix/observe';
import { decode, encode, type farm, type reapi } from '@mosix/protocol';
import { actionOfLease } from '../execution/lease-id.js';
import type { Prepared } from '../execution/prepare.js';
import type { ActionResults } from '../store/action-results.js';
import { stamp } from './responses.js';

export interface LeaseReportPorts {
  readonly state: FarmState;
  readonly store: DiskStore;
  readonly actionCache: ActionCache;
  readonly results: ActionResults;
  readonly logger: Logger;
  readonly preparedOf: (jobId: string) => Prepared | undefined;
  readonly send: (event: FarmEvent) => void;
  /** Runs `send` with the result at hand for those who wait for it. */
  readonly withResult: (result: reapi.ActionResult, send: () => void) => void;
  readonly noteMissing: (jobId: string, digests: readonly Digest[]) => void;
}

export type ReceiveReport = (node: string, update: farm.LeaseUpdate) => Promise<void>;

const NOTHING = Buffer.alloc(0);
const CODE_CHARS_MAX = 64;
const MESSAGE_CHARS_MAX = 2_000;

export function createLeaseReports(ports: LeaseReportPorts): ReceiveReport {
  const { state, store, actionCache, results, logger, preparedOf, send, withResult, noteMissing } = ports;
  const preparedFor = (leaseId: string): Prepared | undefined => preparedOf(state.leases.get(leaseId)?.job.id ?? '');

  /** Output bytes that came inside the report go to the store, if they are not there yet; the result then holds digests alone. */
  const storeContents = async (result: reapi.ActionResult): Promise<reapi.ActionResult> => {
    if (result.outputFiles.every((file) => file.contents.length === 0)) return result;
    const outputFiles = await Promise.all(result.outputFiles.map(async (file) => {
      if (file.contents.length > 0 && file.digest !== null && !store.has(file.digest)) await store.write(file.digest, file.contents);
      return { ...file, contents: NOTHING };
    }));
    return { ...result, outputFiles };
  };

  const mustNotCache = async (leaseId: string, digest: Digest): Promise<boolean> => {
    const known = preparedFor(leaseId);
    if (known !== undefined) return known.action.doNotCache;
    const bytes = await store.read(digest);
    const action = bytes === undefined ? undefined : decode('Action', bytes);
    return action?.ok !== true || action.value.doNotCache;
  };

  const finished = async (node: string, leaseId: string, { result: sent, usage }: farm.Finished): Promise<void> => {
    const failed = (code: string, message: string): void => send({ type: 'lease-failed', leaseId, code, message, peakMemoryBytes: 0 });
    const digest = actionOfLease(leaseId);
    if (sent === null || digest === undefined) return failed('bad-result', 'the worker sent no result');
    const result = await storeContents(sent);
    if (!(await results.complete(result))) return failed('missing-output', 'outputs are not in the store');
    const stamped = stamp(result, usage, node, preparedFor(leaseId)?.queuedAtMs);
    if (result.exitCode === 0 && !(await mustNotCache(leaseId, digest))) {
      const put = await actionCache.put(digest.hash, encode('ActionResult', stamped));
      if (!put.ok) logger.warn({ code: put.error.code, reason: put.error.message }, 'cannot write the action cache');
    }
    const known = state.nodes.get(node);
    withResult(stamped, () =>
      send({
        type: 'lease-finished', leaseId, actionKey: `${digest.hash}/${digest.sizeBytes}`, node, exitStatus: result.exitCode,
        crashed: isCompilerCrash(result.exitCode, result.stderrRaw),
        outputBytes: result.outputFiles.reduce((sum, file) => sum + (file.digest?.sizeBytes ?? 0), 0), ...costOf(usage, known?.cores ?? 1, known?.memoryBytes ?? 0),
      }));
  };

  return async (node, update) => {
    const { leaseId } = update;
    const lease = state.leases.get(leaseId);
    if (lease !== undefined && lease.node.name !== node) {
      logger.warn({ node, holder: lease.node.name, code: 'foreign-lease' }, 'a worker reports on a lease that is not its own');
      return;
    }
    switch (update.state) {
      case 'started':
        return send({ type: 'lease-started', leaseId });
      case 'finished':
        return finished(node, leaseId, update.finished);
      case 'failed': {
        const { code, message, missing, peakMemoryBytes } = update.failed;
        if (lease !== undefined) noteMissing(lease.job.id, missing);
        return send({
          type: 'lease-failed', leaseId, code: code.slice(0, CODE_CHARS_MAX), message: message.slice(0, MESSAGE_CHARS_MAX),
          peakMemoryBytes: clampMemory(peakMemoryBytes, lease?.node.memoryBytes ?? 0),
        });
      }
      case undefined:
        return;
      default:
        return unreachable(update, 'lease report');
    }
  };
}

/** No job uses more than its node has. */
const clampMemory = (bytes: number, nodeBytes: number): number => Math.min(bytes, nodeBytes > 0 ? nodeBytes : limits.nodeMemoryBytesMax);

/** What it cost, within what is possible: a wrong figure must not spoil the predictions for good. */
function costOf(usage: farm.Usage | null, cores: number, nodeMemoryBytes: number): { cpuSeconds: number; wallSeconds: number; peakMemoryBytes: number } {
  const wallSeconds = Math.min((usage?.wallUs ?? 0) / 1e6, limits.actionTimeoutMsMax / 1000);
  const cpuSecondsMax = (limits.actionTimeoutMsMax / 1000) * Math.max(1, cores);
  return {
    cpuSeconds: Math.min(((usage?.userUs ?? 0) + (usage?.systemUs ?? 0)) / 1e6, cpuSecondsMax), wallSeconds, peakMemoryBytes: clampMemory(usage?.peakMemoryBytes ?? 0, nodeMemoryBytes),
  };
}
