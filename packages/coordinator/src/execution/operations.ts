// Long-running operations: what a client of Execute holds on to. One Execute call is one operation; several may wait for one job.
import { randomUUID } from 'node:crypto';
import { limits, ok, type Digest, type Result } from '@mosix/core';
import { makeOperation, type longrunning, type reapi, type RpcError } from '@mosix/protocol';
import type { Inlining } from '../store/action-results.js';

export type Stage = 'QUEUED' | 'EXECUTING';

export interface Operation {
  /** Unguessable: whoever knows it may watch and cancel. */
  readonly name: string;
  readonly actionDigest: Digest;
  readonly wanted: Inlining;
  jobId: string | undefined;
  stage: Stage;
  /** Set when done; without inlined blobs. */
  response: reapi.ExecuteResponseInput | undefined;
  endedAtMs: number;
  watchers: number;
  abandonedAtMs: number;
  readonly wake: Set<() => void>;
}

export interface Operations {
  open(instanceName: string, actionDigest: Digest, wanted: Inlining): Operation;
  get(name: string): Operation | undefined;
  setStage(operation: Operation, stage: Stage): void;
  /** The first end counts. */
  finish(operation: Operation, response: reapi.ExecuteResponseInput): void;
  /** Forgets a finished operation. */
  remove(operation: Operation): void;
  /** As it is now, without inlined blobs. */
  snapshot(operation: Operation): longrunning.OperationInput;
  /** Updates until the end, at least one every `limits.operationUpdateMs`. Ends early when `signal` is aborted. */
  watch(operation: Operation, signal: AbortSignal): AsyncGenerator<Result<longrunning.OperationInput, RpcError>>;
  /** Forgets what is over for long; returns the operations that nobody came back for. */
  sweep(): Operation[];
}

export type InlineResult = (result: reapi.ActionResult, wanted: Inlining) => Promise<reapi.ActionResult | undefined>;

export function createOperations(now: () => number, inline: InlineResult): Operations {
  const operations = new Map<string, Operation>();
  const finished = new Set<Operation>();
  const abandoned = new Set<Operation>();

  const metadata = (operation: Operation): reapi.ExecuteOperationMetadataInput => ({
    stage: operation.response === undefined ? operation.stage : 'COMPLETED', actionDigest: operation.actionDigest, digestFunction: 'SHA256',
  });

  const wakeAll = (operation: Operation): void => {
    for (const wake of operation.wake) wake();
  };

  /** Until something changes, the signal is aborted, or `ms` have passed. */
  const change = (operation: Operation, signal: AbortSignal, ms: number): Promise<void> =>
    new Promise((resolve) => {
      const done = (): void => {
        clearTimeout(timer);
        operation.wake.delete(done);
        signal.removeEventListener('abort', done);
        resolve();
      };
      const timer = setTimeout(done, Math.max(0, ms));
      timer.unref(); // the connection keeps the process alive, not the wait
      operation.wake.add(done);
      signal.addEventListener('abort', done, { once: true });
    });

  const final = async (operation: Operation, response: reapi.ExecuteResponseInput): Promise<longrunning.OperationInput> => {
    const { result } = response;
    const inlined = result === null || result === undefined || response.status?.code !== 0 ? undefined : await inline(result as reapi.ActionResult, operation.wanted);
    return makeOperation(operation.name, metadata(operation), inlined === undefined ? response : { ...response, result: inlined });
  };

  return {
    open(instanceName, actionDigest, { inlineStdout, inlineStderr, inlineOutputFiles }) {
      const operation: Operation = {
        name: `${instanceName === '' ? '' : `${instanceName}/`}operations/${randomUUID()}`,
        actionDigest, wanted: { inlineStdout, inlineStderr, inlineOutputFiles },
        jobId: undefined, stage: 'QUEUED', response: undefined, endedAtMs: 0, watchers: 0, abandonedAtMs: 0, wake: new Set(),
      };
      operations.set(operation.name, operation);
      return operation;
    },
    get: (name) => operations.get(name),
    setStage(operation, stage) {
      operation.stage = stage;
      wakeAll(operation);
    },
    finish(operation, response) {
      if (operation.response !== undefined) return;
      operation.response = response;
      operation.endedAtMs = now();
      abandoned.delete(operation);
      finished.add(operation);
      for (const oldest of finished) {
        if (finished.size <= limits.finishedOperationsMax) break;
        finished.delete(oldest);
        operations.delete(oldest.name);
      }
      wakeAll(operation);
    },
    remove(operation) {
      operations.delete(operation.name);
      finished.delete(operation);
    },
    snapshot: (operation) => makeOperation(operation.name, metadata(operation), operation.response),
    async *watch(operation, signal) {
      operation.watchers++;
      abandoned.delete(operation);
      try {
        let told: Stage | undefined;
        let dueMs = now();
        while (!signal.aborted) {
          if (operation.response !== undefined) return yield ok(await final(operation, operation.response));
          const waitMs = dueMs - now();
          if (waitMs > 0) {
            await change(operation, signal, waitMs);
            // A short job costs no message for its stage: it is likely to be over before this is due.
            if (operation.stage !== told) dueMs = Math.min(dueMs, now() + limits.operationStageDelayMs);
          } else {
            told = operation.stage;
            dueMs = now() + limits.operationUpdateMs;
            yield ok(makeOperation(operation.name, metadata(operation)));
          }
        }
      } finally {
        operation.watchers--;
        if (operation.watchers === 0 && operation.response === undefined) {
          operation.abandonedAtMs = now();
          abandoned.add(operation);
        }
      }
    },
    sweep() {
      const time = now();
      for (const operation of finished) {
        if (time - operation.endedAtMs < limits.finishedOperationMs) break;
        finished.delete(operation);
        operations.delete(operation.name);
      }
      const gone: Operation[] = [];
      for (const operation of abandoned) {
        if (time - operation.abandonedAtMs < limits.abandonedOperationMs) break;
        abandoned.delete(operation);
        gone.push(operation);
      }
      return gone;
    },
  };
}
