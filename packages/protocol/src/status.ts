// RpcError to and from what travels: a status number and text, `google.rpc.Status`, the `grpc-status-details-bin` trailer.
import { Metadata } from '@grpc/grpc-js';
import type { ServiceError, StatusObject } from '@grpc/grpc-js';
import { err, ok } from '@mosix/core';
import type { Result } from '@mosix/core';
import type { IncomingHttpHeaders } from 'node:http2';
import { decode, encode, packAny, unpackAny } from './codec.js';
import { rpcCode, rpcCodeNumber, rpcError } from './rpc-error.js';
import type { RpcDetail, RpcError } from './rpc-error.js';
import type * as rpc from './generated/rpc.js';
import type * as wellknown from './generated/wellknown.js';

const DETAILS_TRAILER = 'grpc-status-details-bin';

function detailOf(any: wellknown.AnyInput): RpcDetail {
  const failure = unpackAny('PreconditionFailure', any);
  if (failure !== undefined) return { type: 'precondition-failure', violations: failure.violations };
  const retry = unpackAny('RetryInfo', any);
  if (retry !== undefined) {
    const delay = retry.retryDelay;
    return { type: 'retry-info', delayMs: delay === null ? 0 : delay.seconds * 1000 + Math.round(delay.nanos / 1e6) };
  }
  return { type: 'other', typeUrl: any.type_url ?? '', value: any.value ?? Buffer.alloc(0) };
}

function anyOf(detail: RpcDetail): wellknown.AnyInput {
  switch (detail.type) {
    case 'precondition-failure':
      return packAny('PreconditionFailure', { violations: detail.violations });
    case 'retry-info': {
      const seconds = Math.floor(detail.delayMs / 1000);
      return packAny('RetryInfo', { retryDelay: { seconds, nanos: Math.round((detail.delayMs - seconds * 1000) * 1e6) } });
    }
    case 'other':
      return { type_url: detail.typeUrl, value: detail.value };
  }
}

/** For `ExecuteResponse.status` and the entries of batch replies. */
export const rpcErrorToStatus = (error: RpcError): rpc.StatusInput => ({
  code: rpcCodeNumber(error.code),
  message: error.message,
  details: error.details.map(anyOf),
});

/** The error that a `google.rpc.Status` tells of; undefined when it is absent or OK. */
export function statusToRpcError(status: rpc.StatusInput | null | undefined): RpcError | undefined {
  if (status === null || status === undefined || (status.code ?? 0) === 0) return undefined;
  return rpcError(rpcCode(status.code ?? 2), status.message ?? '', { details: (status.details ?? []).map(detailOf) });
}

/** What a call on the client ended with, when it did not end well. */
export function fromWire(status: Pick<ServiceError, 'code' | 'details' | 'metadata'>): RpcError {
  const trailer: unknown = status.metadata.get(DETAILS_TRAILER)[0];
  const decoded = Buffer.isBuffer(trailer) ? decode('Status', trailer) : undefined;
  const details = decoded?.ok === true ? decoded.value.details.map(detailOf) : [];
  return rpcError(rpcCode(status.code), status.details, { details });
}

/** What a handler's failure looks like to grpc-js. */
export function toWire(error: RpcError): StatusObject {
  const metadata = new Metadata();
  if (error.details.length > 0) metadata.set(DETAILS_TRAILER, encode('Status', rpcErrorToStatus(error)));
  return { code: rpcCodeNumber(error.code), details: error.message, metadata };
}

/** The end of a call as headers or trailers say it; an RpcError unless it is OK. */
export function statusOfHeaders(headers: IncomingHttpHeaders): Result<void, RpcError> {
  const code = Number(headers['grpc-status']);
  if (code === 0) return ok(undefined);
  let details = String(headers['grpc-message'] ?? '');
  try {
    details = decodeURIComponent(details);
  } catch {
    // not encoded as it should be: as it is, then
  }
  return err(fromWire({ code: Number.isInteger(code) ? code : 2, details, metadata: Metadata.fromHttp2Headers(headers) }));
}
