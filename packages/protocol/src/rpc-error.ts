// How a remote call can fail, as a value: the gRPC status by name, and what the details of the status say.
import type { Fault } from '@mosix/core';
import { status } from '@grpc/grpc-js';

/** gRPC status names in kebab-case; the position is the number on the wire. */
export const RPC_CODES = [
  'ok', 'cancelled', 'unknown', 'invalid-argument', 'deadline-exceeded', 'not-found', 'already-exists', 'permission-denied',
  'resource-exhausted', 'failed-precondition', 'aborted', 'out-of-range', 'unimplemented', 'internal', 'unavailable', 'data-loss',
  'unauthenticated',
] as const;

export type RpcCode = (typeof RPC_CODES)[number];

export interface PreconditionViolation {
  /** `MISSING` for an absent blob. */
  readonly type: string;
  /** `blobs/HASH/SIZE` for an absent blob. */
  readonly subject: string;
  readonly description: string;
}

export type RpcDetail =
  | { readonly type: 'precondition-failure'; readonly violations: readonly PreconditionViolation[] }
  | { readonly type: 'retry-info'; readonly delayMs: number }
  | { readonly type: 'other'; readonly typeUrl: string; readonly value: Uint8Array };

export interface RpcError extends Fault {
  readonly code: RpcCode;
  readonly details: readonly RpcDetail[];
}

export const rpcCode = (wire: number): RpcCode => RPC_CODES[wire] ?? 'unknown';

/** Number on the wire, for `google.rpc.Status.code`. */
export const rpcCodeNumber = (code: RpcCode): status => RPC_CODES.indexOf(code);

export const rpcError = (code: RpcCode, message: string, more: { details?: readonly RpcDetail[]; cause?: unknown } = {}): RpcError => ({
  code,
  message,
  details: more.details ?? [],
  ...(more.cause === undefined ? {} : { cause: more.cause }),
});

/** All violations of all PreconditionFailure details. */
export const preconditionViolations = (error: RpcError): PreconditionViolation[] =>
  error.details.flatMap((detail) => (detail.type === 'precondition-failure' ? detail.violations : []));
