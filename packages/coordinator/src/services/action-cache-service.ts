// REAPI ActionCache: results of actions, given out only while every blob they name is in the store.
import { err, ok } from '@mosix/core';
import type { ActionCache } from '@mosix/cas';
import { decode, rpcError, type HandlersOf, type reapi, type Services } from '@mosix/protocol';
import type { Counters } from '../farm/counters.js';
import type { ActionResults, Inlining } from '../store/action-results.js';
import { badDigest, isDigest, wrongFunction } from './requests.js';

/** The complete result of an action with blobs inlined as asked, or undefined. */
export type LookUpResult = (actionHash: string, wanted: Inlining) => Promise<reapi.ActionResult | undefined>;

export function createLookUp(cache: ActionCache, results: ActionResults): LookUpResult {
  return async (actionHash, wanted) => {
    const bytes = await cache.get(actionHash);
    if (bytes === undefined) return undefined;
    const result = decode('ActionResult', bytes);
    if (!result.ok) {
      await cache.delete(actionHash);
      return undefined;
    }
    if (!(await results.complete(result.value))) return undefined;
    return results.inline(result.value, wanted);
  };
}

export function actionCacheService(lookUp: LookUpResult, counters: Counters): HandlersOf<Services['actionCache']> {
  return {
    async getActionResult(request) {
      const problem = wrongFunction(request.digestFunction);
      if (problem !== undefined) return err(problem);
      if (!isDigest(request.actionDigest)) return err(badDigest(request.actionDigest));
      const result = await lookUp(request.actionDigest.hash, request);
      if (result === undefined) return err(rpcError('not-found', 'no result for this action'));
      counters.cacheHits++;
      return ok(result);
    },
    updateActionResult: () => err(rpcError('permission-denied', 'only workers write the action cache')),
  };
}
