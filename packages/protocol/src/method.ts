// What the generated service types are made of: one `Method` a remote procedure, and what clients and servers make of it.
import type { Result } from '@mosix/core';
import type { RpcError } from './rpc-error.js';

export type MethodKind = 'unary' | 'server-stream' | 'client-stream' | 'duplex';

/** Types only, no value ever has this shape. `…In` is what one may send, `…Out` (every field present) what arrives. */
export interface Method<Kind extends MethodKind, RequestIn, RequestOut, ReplyIn, ReplyOut> {
  readonly kind: Kind;
  readonly requestIn: RequestIn;
  readonly requestOut: RequestOut;
  readonly replyIn: ReplyIn;
  readonly replyOut: ReplyOut;
}

export interface CallOptions {
  /** From now; the call then ends as `deadline-exceeded`. Default: `limits.rpcDeadlineMs` for calls with one reply, none for streams. */
  readonly deadlineMs?: number | undefined;
  /** Aborting ends the call as `cancelled`, on both sides. */
  readonly signal?: AbortSignal | undefined;
  /** Extra request headers; names that end in `-bin` carry bytes. */
  readonly metadata?: Readonly<Record<string, string | Buffer>> | undefined;
}

/**
 * Messages as they arrive. If the call fails, the last item is the error (messages that a slow reader had not taken by then may be
 * lost); then the iteration ends. Leaving the loop early cancels the call.
 */
export type ReplyStream<T> = AsyncIterable<Result<T, RpcError>>;

export interface ClientDuplex<RequestIn, ReplyOut> {
  /** Queues one message. False: the transport's buffer is full or the call has ended; `drained` tells when to go on. */
  send(message: RequestIn): boolean;
  /** Resolves when buffered messages have been handed to the transport, or the call has ended. */
  drained(): Promise<void>;
  /** No more messages from this side. */
  end(): void;
  cancel(): void;
  readonly received: ReplyStream<ReplyOut>;
}

type ClientMethod<M> =
  M extends Method<'unary', infer RequestIn, infer _RequestOut, infer _ReplyIn, infer ReplyOut> ? (request: RequestIn, options?: CallOptions) => Promise<Result<ReplyOut, RpcError>>
  : M extends Method<'server-stream', infer RequestIn, infer _RequestOut, infer _ReplyIn, infer ReplyOut> ? (request: RequestIn, options?: CallOptions) => ReplyStream<ReplyOut>
  : M extends Method<'client-stream', infer RequestIn, infer _RequestOut, infer _ReplyIn, infer ReplyOut> ? (requests: AsyncIterable<RequestIn> | Iterable<RequestIn>, options?: CallOptions) => Promise<Result<ReplyOut, RpcError>>
  : M extends Method<'duplex', infer RequestIn, infer _RequestOut, infer _ReplyIn, infer ReplyOut> ? (options?: CallOptions) => ClientDuplex<RequestIn, ReplyOut>
  : never;

export type ClientOf<Service> = { readonly [Name in keyof Service]: ClientMethod<Service[Name]> };

/** What a handler knows of its call. */
export interface CallContext {
  /** Aborted when the client cancels, its deadline passes or the connection breaks. */
  readonly signal: AbortSignal;
  /** Address of the other side, for logs. */
  readonly peer: string;
  /** Milliseconds that the client still waits; undefined without a deadline. */
  readonly deadlineMs: number | undefined;
  /** One request header, undefined when absent. */
  header(name: string): string | Buffer | undefined;
}

export interface ServerDuplex<RequestOut, ReplyIn> {
  /** The client's messages; ends when the client ends its side or goes away (then `context.signal` is aborted). */
  readonly received: AsyncIterable<RequestOut>;
  /** Queues one message. False: the transport's buffer is full or the client is gone. */
  send(message: ReplyIn): boolean;
  drained(): Promise<void>;
}

type HandlerMethod<M> =
  M extends Method<'unary', infer _RequestIn, infer RequestOut, infer ReplyIn, infer _ReplyOut> ? (request: RequestOut, context: CallContext) => Promise<Result<ReplyIn, RpcError>> | Result<ReplyIn, RpcError>
  : M extends Method<'server-stream', infer _RequestIn, infer RequestOut, infer ReplyIn, infer _ReplyOut> ? (request: RequestOut, context: CallContext) => AsyncIterable<Result<ReplyIn, RpcError>>
  : M extends Method<'client-stream', infer _RequestIn, infer RequestOut, infer ReplyIn, infer _ReplyOut> ? (requests: AsyncIterable<RequestOut>, context: CallContext) => Promise<Result<ReplyIn, RpcError>>
  : M extends Method<'duplex', infer _RequestIn, infer RequestOut, infer ReplyIn, infer _ReplyOut> ? (call: ServerDuplex<RequestOut, ReplyIn>, context: CallContext) => Promise<Result<void, RpcError>>
  : never;

/**
 * The end of a client's messages is no proof that it said all it wanted: a cancelled stream may look like an ended one. A protocol
 * needs an end mark of its own (ByteStream has `finishWrite`). Methods left out answer `unimplemented`. A handler that throws answers `internal`.
 */
export type HandlersOf<Service> = { readonly [Name in keyof Service]?: HandlerMethod<Service[Name]> };
