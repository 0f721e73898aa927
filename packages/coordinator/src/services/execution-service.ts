// REAPI Execution: Execute answers from the action cache, joins an identical action in flight, or has it run on the farm.
import { err, ok, type Digest, type Result } from '@mosix/core';
import { makeOperation, rpcError, rpcErrorToStatus, type CallContext, type HandlersOf, type longrunning, type reapi, type RpcError, type Services } from '@mosix/protocol';
import type { Operations } from '../execution/operations.js';
import type { Prepare } from '../execution/prepare.js';
import type { Counters } from '../farm/counters.js';
import type { Asker, Farm } from '../farm/farm.js';
import { hostOfPeer } from '../farm/node-map.js';
import type { LookUpResult } from './action-cache-service.js';
import { badDigest, isDigest, missingBlobs, wrongFunction } from './requests.js';

type Updates = AsyncGenerator<Result<longrunning.OperationInput, RpcError>>;

export interface ExecutionPorts {
  readonly farm: Farm;
  readonly operations: Operations;
  readonly prepare: Prepare;
  readonly lookUp: LookUpResult;
  readonly counters: Counters;
}

const USER_CHARS_MAX = 128;
const PRIORITY_MAX = 1_000_000;

/** The user says who it is; one that does not is its machine. */
export function askerOf(request: Pick<reapi.ExecuteRequest, 'executionPolicy'>, context: Pick<CallContext, 'header' | 'peer'>): Asker {
  const said = context.header('mosix-user');
  const user = (typeof said === 'string' ? said : '').replaceAll(/[\p{C}]/gu, '').trim().slice(0, USER_CHARS_MAX);
  const priority = request.executionPolicy?.priority ?? 0;
  return { user: user === '' ? hostOfPeer(context.peer) : user, priority: Math.max(-PRIORITY_MAX, Math.min(PRIORITY_MAX, priority)) };
}

export function executionService({ farm, operations, prepare, lookUp, counters }: ExecutionPorts): HandlersOf<Services['execution']> {
  /** An operation that is over before it was known to anyone. */
  const answer = (request: reapi.ExecuteRequest, actionDigest: Digest, response: reapi.ExecuteResponseInput): Result<longrunning.OperationInput, RpcError> => {
    const operation = operations.open(request.instanceName, actionDigest, request);
    operations.remove(operation);
    return ok(makeOperation(operation.name, { stage: 'COMPLETED', actionDigest, digestFunction: 'SHA256' }, response));
  };
  const failure = (error: RpcError): reapi.ExecuteResponseInput => ({ result: {}, status: rpcErrorToStatus(error) });

  return {
    async *execute(request, context): Updates {
      const problem = wrongFunction(request.digestFunction);
      if (problem !== undefined) return yield err(problem);
      const { actionDigest } = request;
      if (!isDigest(actionDigest)) return yield err(badDigest(actionDigest));
      counters.executions++;

      const cached = request.skipCacheLookup ? undefined : await lookUp(actionDigest.hash, request);
      if (cached !== undefined) {
        counters.cacheHits++;
        return yield answer(request, actionDigest, { result: cached, cachedResult: true, status: { code: 0 } });
      }

      const operation = operations.open(request.instanceName, actionDigest, request);
      if (!farm.join(operation)) {
        const preparation = await prepare(actionDigest);
        const refused = preparation.kind === 'ready'
          ? farm.submit(operation, preparation.job, askerOf(request, context))
          : preparation.kind === 'missing' ? missingBlobs(preparation.digests) : rpcError('invalid-argument', preparation.reason);
        if (refused !== undefined) operations.finish(operation, failure(refused));
      }
      yield* operations.watch(operation, context.signal);
    },

    async *waitExecution(request, context): Updates {
      const operation = operations.get(request.name);
      if (operation === undefined) return yield err(rpcError('not-found', 'no such operation'));
      yield* operations.watch(operation, context.signal);
    },
  };
}
