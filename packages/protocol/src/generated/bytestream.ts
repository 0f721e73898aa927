// Made from proto/ by src/generate.ts. Do not edit.
import type { Method } from '../method.js';

/** Methods of `google.bytestream.ByteStream`. */
export interface ByteStreamService {
  readonly read: Method<'server-stream', ReadRequestInput, ReadRequest, ReadResponseInput, ReadResponse>;
  readonly write: Method<'client-stream', WriteRequestInput, WriteRequest, WriteResponseInput, WriteResponse>;
  readonly queryWriteStatus: Method<'unary', QueryWriteStatusRequestInput, QueryWriteStatusRequest, QueryWriteStatusResponseInput, QueryWriteStatusResponse>;
}

export interface ReadRequestInput {
  readonly resourceName?: string | undefined;
  readonly readOffset?: number | undefined;
  readonly readLimit?: number | undefined;
}

export interface ReadRequest {
  readonly resourceName: string;
  readonly readOffset: number;
  readonly readLimit: number;
}

export interface ReadResponseInput {
  readonly data?: Uint8Array | undefined;
}

export interface ReadResponse {
  readonly data: Buffer;
}

export interface WriteRequestInput {
  readonly resourceName?: string | undefined;
  readonly writeOffset?: number | undefined;
  readonly finishWrite?: boolean | undefined;
  readonly data?: Uint8Array | undefined;
}

export interface WriteRequest {
  readonly resourceName: string;
  readonly writeOffset: number;
  readonly finishWrite: boolean;
  readonly data: Buffer;
}

export interface WriteResponseInput {
  readonly committedSize?: number | undefined;
}

export interface WriteResponse {
  readonly committedSize: number;
}

export interface QueryWriteStatusRequestInput {
  readonly resourceName?: string | undefined;
}

export interface QueryWriteStatusRequest {
  readonly resourceName: string;
}

export interface QueryWriteStatusResponseInput {
  readonly committedSize?: number | undefined;
  readonly complete?: boolean | undefined;
}

export interface QueryWriteStatusResponse {
  readonly committedSize: number;
  readonly complete: boolean;
}
