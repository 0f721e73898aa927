// Made from proto/ by src/generate.ts. Do not edit.
import type { Method } from '../method.js';
import type * as rpc from './rpc.js';
import type * as wellknown from './wellknown.js';

/** Methods of `google.longrunning.Operations`. */
export interface OperationsService {
  readonly listOperations: Method<'unary', ListOperationsRequestInput, ListOperationsRequest, ListOperationsResponseInput, ListOperationsResponse>;
  readonly getOperation: Method<'unary', GetOperationRequestInput, GetOperationRequest, OperationInput, Operation>;
  readonly deleteOperation: Method<'unary', DeleteOperationRequestInput, DeleteOperationRequest, wellknown.EmptyInput, wellknown.Empty>;
  readonly cancelOperation: Method<'unary', CancelOperationRequestInput, CancelOperationRequest, wellknown.EmptyInput, wellknown.Empty>;
  readonly waitOperation: Method<'unary', WaitOperationRequestInput, WaitOperationRequest, OperationInput, Operation>;
}

export interface OperationInput {
  readonly name?: string | undefined;
  readonly metadata?: wellknown.AnyInput | null | undefined;
  readonly done?: boolean | undefined;
  readonly error?: rpc.StatusInput | null | undefined;
  readonly response?: wellknown.AnyInput | null | undefined;
}

export type Operation = {
  readonly name: string;
  readonly metadata: wellknown.Any | null;
  readonly done: boolean;
} & (
  | { readonly result: 'error'; readonly error: rpc.Status }
  | { readonly result: 'response'; readonly response: wellknown.Any }
  | { readonly result?: undefined }
);

export interface GetOperationRequestInput {
  readonly name?: string | undefined;
}

export interface GetOperationRequest {
  readonly name: string;
}

export interface ListOperationsRequestInput {
  readonly filter?: string | undefined;
  readonly pageSize?: number | undefined;
  readonly pageToken?: string | undefined;
  readonly name?: string | undefined;
}

export interface ListOperationsRequest {
  readonly filter: string;
  readonly pageSize: number;
  readonly pageToken: string;
  readonly name: string;
}

export interface ListOperationsResponseInput {
  readonly operations?: readonly OperationInput[] | undefined;
  readonly nextPageToken?: string | undefined;
}

export interface ListOperationsResponse {
  readonly operations: readonly Operation[];
  readonly nextPageToken: string;
}

export interface CancelOperationRequestInput {
  readonly name?: string | undefined;
}

export interface CancelOperationRequest {
  readonly name: string;
}

export interface DeleteOperationRequestInput {
  readonly name?: string | undefined;
}

export interface DeleteOperationRequest {
  readonly name: string;
}

export interface WaitOperationRequestInput {
  readonly name?: string | undefined;
  readonly timeout?: wellknown.DurationInput | null | undefined;
}

export interface WaitOperationRequest {
  readonly name: string;
  readonly timeout: wellknown.Duration | null;
}
