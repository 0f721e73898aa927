// Operations of the Execution service with their payloads unpacked: what a client of Execute and WaitExecution wants to see.
import type { Channel } from './channel.js';
import { packAny, unpackAny } from './codec.js';
import type { CallOptions, ReplyStream } from './method.js';
import { statusToRpcError } from './status.js';
import type { RpcError } from './rpc-error.js';
import type * as longrunning from './generated/longrunning.js';
import type * as reapi from './generated/reapi.js';

export interface ExecutionUpdate {
  /** Operation name, for WaitExecution and CancelOperation. */
  readonly name: string;
  readonly done: boolean;
  readonly stage: reapi.ExecutionStage_Value;
  readonly metadata: reapi.ExecuteOperationMetadata | undefined;
  /** On the last update, unless `error` is set. */
  readonly response: reapi.ExecuteResponse | undefined;
  /** `response.status` or `Operation.error` when not OK. */
  readonly error: RpcError | undefined;
}

export function readOperation(operation: longrunning.Operation): ExecutionUpdate {
  const metadata = unpackAny('ExecuteOperationMetadata', operation.metadata);
  const response = operation.result === 'response' ? unpackAny('ExecuteResponse', operation.response) : undefined;
  return {
    name: operation.name,
    done: operation.done,
    stage: metadata?.stage ?? 'UNKNOWN',
    metadata,
    response,
    error: statusToRpcError(operation.result === 'error' ? operation.error : response?.status),
  };
}

/** An operation as a server sends it: not done while there is no response. */
export const makeOperation = (
  name: string,
  metadata: reapi.ExecuteOperationMetadataInput,
  response?: reapi.ExecuteResponseInput,
): longrunning.OperationInput => ({
  name,
  metadata: packAny('ExecuteOperationMetadata', metadata),
  done: response !== undefined,
  ...(response === undefined ? {} : { response: packAny('ExecuteResponse', response) }),
});

async function* unpacked(operations: ReplyStream<longrunning.Operation>): ReplyStream<ExecutionUpdate> {
  for await (const item of operations) yield item.ok ? { ok: true, value: readOperation(item.value) } : item;
}

/** Execute, with every operation unpacked. */
export const execute = (channel: Channel, request: reapi.ExecuteRequestInput, options?: CallOptions): ReplyStream<ExecutionUpdate> =>
  unpacked(channel.execution.execute(request, options));

/** WaitExecution, with every operation unpacked. */
export const waitExecution = (channel: Channel, request: reapi.WaitExecutionRequestInput, options?: CallOptions): ReplyStream<ExecutionUpdate> =>
  unpacked(channel.execution.waitExecution(request, options));
