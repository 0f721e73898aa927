// The one place where connections to a server are made, and the typed clients over them.
import { Client, Metadata, connectivityState } from '@grpc/grpc-js';
import type { CallOptions as WireCallOptions, ChannelOptions, ClientDuplexStream, ClientReadableStream, MethodDefinition, ServiceError, StatusObject } from '@grpc/grpc-js';
import { err, limits, ok } from '@mosix/core';
import type { Result } from '@mosix/core';
import { createBulkWriter, type BulkWriter } from './bulk-write.js';
import { channelCredentials, http2Session } from './credentials.js';
import type { TransportSecurity } from './credentials.js';
import { collect } from './incoming.js';
import { createLeanConnection, type LeanConnection } from './lean-connection.js';
import { drained } from './outgoing.js';
import { leanServiceDefinition, serviceDefinition } from './load.js';
import type { CallOptions, ClientDuplex, ClientOf, ReplyStream } from './method.js';
import { rpcError } from './rpc-error.js';
import type { RpcError } from './rpc-error.js';
import { SERVICE_NAMES } from './services.js';
import type { Services } from './services.js';
import { fromWire } from './status.js';
import { transportOptions } from './transport.js';

export interface ConnectOptions extends TransportSecurity {
  /** TCP connections to open; calls take turns. Default 1. More help when big blobs and short calls share a channel. */
  readonly connections?: number;
  /** Calls with one request go over an HTTP/2 session of their own instead of through grpc-js. For clients whose CPU counts. */
  readonly lean?: boolean;
}

/** Typed clients of one server. Connects when first used and again whenever the connection breaks. */
export type Channel = { readonly [Name in keyof Services]: ClientOf<Services[Name]> } & {
  readonly address: string;
  /** True as soon as the server can be reached, false if that takes longer. */
  ready(deadlineMs: number): Promise<boolean>;
  /** Is a connection up at this moment? */
  readonly connected: boolean;
  /** For blobs of a megabyte and more; connects for itself, and is to be closed. */
  bulkWriter(): BulkWriter;
  /** Ends calls under way as `cancelled`. */
  close(): void;
};

const emptyMetadata = new Metadata();

function metadataOf(options: CallOptions): Metadata {
  if (options.metadata === undefined) return emptyMetadata;
  const metadata = new Metadata();
  for (const [name, value] of Object.entries(options.metadata)) metadata.set(name, value);
  return metadata;
}

const wireOptions = (deadlineMs: number | undefined): WireCallOptions => (deadlineMs === undefined ? {} : { deadline: Date.now() + deadlineMs });

/** A call that the server's end cut short comes as "cancelled" too; that word is kept for calls which this side cancelled. */
function failure(status: Pick<StatusObject, 'code' | 'details' | 'metadata'>, cancelledHere: boolean): RpcError {
  const error = fromWire(status);
  return error.code === 'cancelled' && !cancelledHere ? { ...error, code: 'unavailable', message: 'the server ended the call' } : error;
}

const CANCELLED: RpcError = rpcError('cancelled', 'cancelled before it began');

/** Ties a call to a signal; returns what unties them. */
function tie(signal: AbortSignal | undefined, call: { cancel(): void }): () => void {
  if (signal === undefined) return () => undefined;
  const cancel = (): void => call.cancel();
  if (signal.aborted) cancel();
  else signal.addEventListener('abort', cancel, { once: true });
  return () => signal.removeEventListener('abort', cancel);
}

type Definition = MethodDefinition<object, object>;

/** grpc-js takes a stack trace of every call for a message that nobody reads here; that was a fifth of a call's CPU. */
function withoutStackTrace<T>(begin: () => T): T {
  const limit = Error.stackTraceLimit;
  Error.stackTraceLimit = 0;
  try {
    return begin();
  } finally {
    Error.stackTraceLimit = limit;
  }
}

function callUnary(client: Client, definition: Definition, request: object, options: CallOptions): Promise<Result<object, RpcError>> {
  if (options.signal?.aborted === true) return Promise.resolve(err(CANCELLED));
  return new Promise((resolve) => {
    const call = withoutStackTrace(() => client.makeUnaryRequest(
      definition.path, definition.requestSerialize, definition.responseDeserialize, request, metadataOf(options),
      wireOptions(options.deadlineMs ?? limits.rpcDeadlineMs),
      (problem: ServiceError | null, reply?: object) => {
        untie();
        resolve(problem === null ? ok(reply as object) : err(failure(problem, options.signal?.aborted === true)));
      }));
    const untie = tie(options.signal, call);
  });
}

/** Collects from the start of the call, so that nothing is lost before the first `next`. */
function receive(call: ClientReadableStream<object> | ClientDuplexStream<object, object>, signal: AbortSignal | undefined, cancelledHere = (): boolean => signal?.aborted === true): ReplyStream<object> {
  let ending: StatusObject | undefined;
  let streamEnded = false;
  const messages = collect<object>(call);
  const untie = tie(signal, call);
  const settle = (): void => {
    if (ending === undefined || !streamEnded) return;
    untie();
    messages.finish();
  };
  call.on('error', () => undefined); // `status` says the same
  call.on('status', (status: StatusObject) => {
    ending = status;
    // A cancelled call keeps nothing for a reader who is gone; others are read to their end.
    if (status.code === 1) streamEnded = true;
    settle();
  });
  call.on('end', () => {
    streamEnded = true;
    settle();
  });
  async function* iterate(): AsyncGenerator<Result<object, RpcError>> {
    try {
      for (let message = await messages.next(); message !== undefined; message = await messages.next()) yield ok(message);
      if (ending !== undefined && ending.code !== 0) yield err(failure(ending, cancelledHere()));
    } finally {
      if (ending === undefined) call.cancel();
    }
  }
  return iterate();
}

async function* failed(error: RpcError): AsyncGenerator<Result<object, RpcError>> {
  yield err(error);
}

function callServerStream(client: Client, definition: Definition, request: object, options: CallOptions): ReplyStream<object> {
  if (options.signal?.aborted === true) return failed(CANCELLED);
  const call = withoutStackTrace(() => client.makeServerStreamRequest(
    definition.path, definition.requestSerialize, definition.responseDeserialize, request, metadataOf(options), wireOptions(options.deadlineMs)));
  return receive(call, options.signal);
}

async function callClientStream(client: Client, definition: Definition, requests: AsyncIterable<object> | Iterable<object>, options: CallOptions): Promise<Result<object, RpcError>> {
  if (options.signal?.aborted === true) return err(CANCELLED);
  let answered = false;
  let settle: (answer: Result<object, RpcError>) => void;
  const answer = new Promise<Result<object, RpcError>>((resolve) => (settle = resolve));
  const call = client.makeClientStreamRequest(
    definition.path, definition.requestSerialize, definition.responseDeserialize, metadataOf(options),
    wireOptions(options.deadlineMs ?? limits.rpcDeadlineMs),
    (problem: ServiceError | null, reply?: object) => {
      answered = true;
      settle(problem === null ? ok(reply as object) : err(failure(problem, options.signal?.aborted === true)));
    });
  call.on('error', () => undefined); // the answer says the same
  const untie = tie(options.signal, call);
  try {
    for await (const request of requests) {
      if (answered) break; // the server has seen enough
      if (!call.write(request)) await drained(call);
    }
    call.end();
    return await answer;
  } catch (problem) {
    call.cancel(); // the caller's own source failed: half a stream must not look like a whole one
    throw problem;
  } finally {
    untie();
  }
}

function callDuplex(client: Client, definition: Definition, options: CallOptions): ClientDuplex<object, object> {
  const call = client.makeBidiStreamRequest(
    definition.path, definition.requestSerialize, definition.responseDeserialize, metadataOf(options), wireOptions(options.deadlineMs));
  let over = false;
  let cancelled = false;
  call.on('status', () => (over = true));
  return {
    send: (message) => !over && !call.writableEnded && call.write(message),
    drained: () => (over ? Promise.resolve() : drained(call)),
    end: () => void call.end(),
    cancel: () => {
      cancelled = true;
      call.cancel();
    },
    received: receive(call, options.signal, () => cancelled || options.signal?.aborted === true),
  };
}

type AnyCall = (first: never, second?: never) => unknown;

function clientOf(name: keyof Services, nextClient: () => Client, lean: LeanConnection | undefined): Record<string, AnyCall> {
  const methods: Record<string, AnyCall> = {};
  const definitions = (lean === undefined ? serviceDefinition : leanServiceDefinition)(SERVICE_NAMES[name]);
  for (const [method, definition] of Object.entries(definitions)) {
    const key = method.charAt(0).toLowerCase() + method.slice(1);
    const { requestStream, responseStream } = definition;
    if (requestStream && responseStream) methods[key] = (options: CallOptions = {}) => callDuplex(nextClient(), definition, options);
    else if (requestStream) methods[key] = (requests: Iterable<object>, options: CallOptions = {}) => callClientStream(nextClient(), definition, requests, options);
    else if (lean !== undefined) methods[key] = (request: object, options: CallOptions = {}) => (responseStream ? lean.serverStream(definition, request, options) : lean.unary(definition, request, options));
    else if (responseStream) methods[key] = (request: object, options: CallOptions = {}) => callServerStream(nextClient(), definition, request, options);
    else methods[key] = (request: object, options: CallOptions = {}) => callUnary(nextClient(), definition, request, options);
  }
  return methods;
}

const clientOptions = (): ChannelOptions => ({
  ...transportOptions(),
  'grpc.initial_reconnect_backoff_ms': limits.reconnectMsFirst,
  'grpc.max_reconnect_backoff_ms': limits.reconnectMsMax,
  'grpc.use_local_subchannel_pool': 1,
  'grpc.service_config_disable_resolution': 1,
  // A farm is reached directly; a proxy for web pages that the environment names is not meant for it.
  'grpc.enable_http_proxy': 0,
  'grpc-node.flow_control_window': limits.flowControlWindowBytes,
});

/** `address` as in `createServer`. Does not wait for the server. Codes: `bad-address`, `plaintext-refused`. */
export function connect(address: string, options: ConnectOptions = {}): Result<Channel> {
  const credentials = channelCredentials(address, options);
  if (!credentials.ok) return credentials;
  const lean = options.lean === true ? createLeanConnection(() => http2Session(address, { enablePush: false, initialWindowSize: limits.flowControlWindowBytes })) : undefined;
  // Made when first needed, which with `lean` is perhaps never.
  const clients: Client[] = [];
  let turn = 0;
  const nextClient = (): Client => {
    const mine = turn;
    turn = (turn + 1) % Math.max(1, options.connections ?? 1);
    return (clients[mine] ??= new Client(address, credentials.value, clientOptions()));
  };
  const services = Object.fromEntries((Object.keys(SERVICE_NAMES) as (keyof Services)[]).map((name) => [name, clientOf(name, nextClient, lean)]));
  const channel = {
    ...services,
    address,
    ready: (deadlineMs: number) => new Promise<boolean>((resolve) => nextClient().waitForReady(Date.now() + deadlineMs, (problem) => resolve(problem === undefined || problem === null))),
    get connected() {
      return clients.some((client) => client.getChannel().getConnectivityState(false) === connectivityState.READY);
    },
    bulkWriter: () => createBulkWriter(() => http2Session(address)),
    close: () => {
      lean?.close();
      for (const client of clients) client.close();
    },
  };
  return ok(channel as unknown as Channel);
}
