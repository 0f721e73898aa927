// What clients are told at the end of a job: the result with its metadata, or the status that stands for a failure of the farm.
import { unreachable, type Digest, type Outcome } from '@mosix/core';
import { packAny, rpcError, rpcErrorToStatus, type farm, type reapi, type RpcError } from '@mosix/protocol';
import { missingBlobs } from '../services/requests.js';

/** Fills in what workers need not know of: who it was, since when it was wanted, and what it cost. */
export function stamp(result: reapi.ActionResult, usage: farm.Usage | null, worker: string, queuedAtMs: number | undefined): reapi.ActionResult {
  const metadata = result.executionMetadata;
  const queuedTimestamp = queuedAtMs === undefined
    ? metadata?.queuedTimestamp ?? null
    : { seconds: Math.floor(queuedAtMs / 1000), nanos: Math.round((queuedAtMs % 1000) * 1e6) };
  const auxiliaryMetadata = usage === null ? metadata?.auxiliaryMetadata ?? [] : [...(metadata?.auxiliaryMetadata ?? []), packAny('Usage', usage)];
  return { ...result, executionMetadata: { ...metadata, worker, queuedTimestamp, auxiliaryMetadata } as reapi.ExecutedActionMetadata };
}

/** The job is given back, by a person or for an owner: no failure of the farm. */
export const isGivenBack = (code: string): boolean => code === 'brought-home' || code === 'owner-returned';

/**
 * `result` is always set; a failure is a status inside the response, never one of the operation. Its message ends in the code of the
 * last failure in brackets. `message` is the story of the job, one sentence a line.
 */
export function responseOf(outcome: Outcome, result: reapi.ActionResult | undefined, missing: readonly Digest[], story: readonly string[]): reapi.ExecuteResponseInput {
  const message = story.join('\n');
  const failure = (error: RpcError): reapi.ExecuteResponseInput => ({ result: {}, status: rpcErrorToStatus(error), message });
  switch (outcome.kind) {
    case 'finished':
      if (result === undefined) throw new Error('finished without a result');
      return { result, status: { code: 0 }, message };
    case 'missing':
      return failure(missingBlobs(missing));
    case 'no-worker':
      return failure(rpcError('resource-exhausted', 'no worker is there that can run this'));
    case 'cancelled':
      return failure(rpcError('cancelled', 'cancelled'));
    case 'gave-up':
      // Nothing else here is `resource-exhausted`: to clients that one means that no node can run the job at all.
      return failure(rpcError(outcome.code === 'timeout' ? 'deadline-exceeded' : 'unavailable', `${outcome.message} [${outcome.code}]`));
    default:
      return unreachable(outcome, 'responseOf');
  }
}
