// Calls with one request over an HTTP/2 session, without a gRPC library in between. The bytes on the wire are those of any gRPC client; what is
// spared is work: grpc-js has some ten layers, for balancing, retries, filters and credentials that a client of one coordinator does not use,
// and they were a quarter of what a client daemon spends on a compile.
import { constants, type ClientHttp2Session, type ClientHttp2Stream, type IncomingHttpHeaders, type OutgoingHttpHeaders } from 'node:http2';
import type { MethodDefinition } from '@grpc/grpc-js';
import { err, limits, ok } from '@mosix/core';
import type { Result } from '@mosix/core';
import type { CallOptions, ReplyStream } from './method.js';
import { rpcError } from './rpc-error.js';
import type { RpcError } from './rpc-error.js';
import { statusOfHeaders } from './status.js';

type Definition = MethodDefinition<object, object>;

export interface LeanConnection {
  unary(definition: Definition, request: object, options: CallOptions): Promise<Result<object, RpcError>>;
  /** Collects from the start of the call, so that nothing is lost before the first `next`. */
  serverStream(definition: Definition, request: object, options: CallOptions): ReplyStream<object>;
  /** Ends calls under way as `cancelled`. */
  close(): void;
}

const PREFIX_BYTES = 5;
/** A longer message goes out as it is, behind its prefix, instead of in one piece with it. */
const COPIED_BYTES_MAX = 16 * 1024;
/** grpc-timeout has eight digits. */
const TIMEOUT_MS_MAX = 99_999_999;
/** Messages held for a slow reader before the server is told to wait. */
const BUFFERED_MAX = 16;

const CANCELLED = rpcError('cancelled', 'cancelled');

/** A message in its frame. */
function send(stream: ClientHttp2Stream, body: Buffer): void {
  const head = body.length > COPIED_BYTES_MAX ? PREFIX_BYTES : PREFIX_BYTES + body.length;
  const bytes = Buffer.allocUnsafe(head);
  bytes.writeUInt8(0, 0);
  bytes.writeUInt32BE(body.length, 1);
  if (head > PREFIX_BYTES) {
    bytes.set(body, PREFIX_BYTES);
    stream.end(bytes);
  } else {
    stream.write(bytes);
    stream.end(body);
  }
}

/** Cuts what arrives into messages. Throws on what is none. */
function createUnframer(onMessage: (message: Buffer) => void): (piece: Buffer) => void {
  let held: Buffer[] = [];
  let heldBytes = 0;
  return (piece) => {
    held.push(piece);
    heldBytes += piece.length;
    while (heldBytes >= PREFIX_BYTES) {
      let first = held[0] as Buffer;
      if (first.length < PREFIX_BYTES) held = [(first = Buffer.concat(held, heldBytes))];
      if (first[0] !== 0) throw new RangeError('a compressed message, which nobody asked for');
      const length = first.readUInt32BE(1);
      if (length > limits.grpcReceiveBytesMax) throw new RangeError(`a message of ${length} bytes`);
      if (heldBytes < PREFIX_BYTES + length) return;
      const all = held.length === 1 ? first : Buffer.concat(held, heldBytes);
      const rest = all.subarray(PREFIX_BYTES + length);
      held = rest.length === 0 ? [] : [rest];
      heldBytes = rest.length;
      onMessage(all.subarray(PREFIX_BYTES, PREFIX_BYTES + length));
    }
  };
}

/** What stands for a status that never came; by the gRPC specification's table, in which a cut from the server's side means «try again». */
const lostCall = (message: string, cause?: unknown): RpcError => rpcError('unavailable', message, cause === undefined ? {} : { cause });

function httpProblem(headers: IncomingHttpHeaders): RpcError | undefined {
  const status = Number(headers[':status']);
  if (status === 200) return undefined;
  const message = `HTTP status ${status}`;
  return status === 401 ? rpcError('unauthenticated', message) : status === 403 ? rpcError('permission-denied', message) : status === 404 ? rpcError('unimplemented', message) : lostCall(message);
}

interface Listener {
  message(message: object): void;
  /** Once, and last. */
  end(result: Result<void, RpcError>): void;
}

interface Call {
  readonly stream: ClientHttp2Stream;
  finish(result: Result<void, RpcError>): void;
}

function headersOf(definition: Definition, options: CallOptions): OutgoingHttpHeaders {
  const headers: OutgoingHttpHeaders = { ':method': 'POST', ':path': definition.path, 'content-type': 'application/grpc', te: 'trailers' };
  if (options.deadlineMs !== undefined) headers['grpc-timeout'] = `${Math.min(TIMEOUT_MS_MAX, Math.max(1, Math.ceil(options.deadlineMs)))}m`;
  for (const [name, value] of Object.entries(options.metadata ?? {})) headers[name.toLowerCase()] = typeof value === 'string' ? value : value.toString('base64');
  return headers;
}

function begin(session: ClientHttp2Session, definition: Definition, request: object, options: CallOptions, listener: Listener): Call {
  const { signal, deadlineMs } = options;
  const body = definition.requestSerialize(request);
  const stream = session.request(headersOf(definition, options), { endStream: false });
  let over = false;
  let status: Result<void, RpcError> | undefined;
  let timer: NodeJS.Timeout | undefined;
  const finish = (result: Result<void, RpcError>): void => {
    if (over) return;
    over = true;
    if (timer !== undefined) clearTimeout(timer);
    signal?.removeEventListener('abort', cancel);
    if (!stream.closed) stream.close(status === undefined ? constants.NGHTTP2_CANCEL : constants.NGHTTP2_NO_ERROR);
    listener.end(result);
  };
  const cancel = (): void => finish(err(CANCELLED));
  signal?.addEventListener('abort', cancel, { once: true });
  if (deadlineMs !== undefined) timer = setTimeout(() => finish(err(rpcError('deadline-exceeded', `no answer within ${deadlineMs} ms`))), deadlineMs);

  const unframe = createUnframer((message) => listener.message(definition.responseDeserialize(message)));
  stream.on('response', (headers) => {
    if (headers['grpc-status'] !== undefined) status = statusOfHeaders(headers);
    else {
      const problem = httpProblem(headers);
      if (problem !== undefined) finish(err(problem));
    }
  });
  stream.on('trailers', (headers) => (status = statusOfHeaders(headers)));
  stream.on('data', (piece: Buffer) => {
    if (over) return;
    try {
      unframe(piece);
    } catch (cause) {
      finish(err(rpcError('internal', `an answer that cannot be read: ${cause instanceof Error ? cause.message : String(cause)}`, { cause })));
    }
  });
  // Not at once when the trailers are here: messages before them may still wait in the stream.
  stream.on('end', () => {
    if (status !== undefined) finish(status);
  });
  stream.on('error', (problem) => finish(status ?? err(lostCall(problem.message, problem))));
  stream.on('close', () => finish(status ?? err(lostCall('the server ended the call'))));
  send(stream, body);
  return { stream, finish };
}

/** `open` is called at the first call, and again when the session has ended. */
export function createLeanConnection(open: () => ClientHttp2Session): LeanConnection {
  let session: ClientHttp2Session | undefined;
  let pings: NodeJS.Timeout | undefined;
  const calls = new Set<Call>();

  const forget = (ended: ClientHttp2Session): void => {
    if (session !== ended) return;
    session = undefined;
    clearInterval(pings);
  };

  /** A peer that does not answer a ping is gone, and with it its calls. Without calls nobody asks. */
  const watch = (watched: ClientHttp2Session): NodeJS.Timeout =>
    setInterval(() => {
      if (calls.size === 0 || watched.connecting || watched.destroyed) return;
      const silence = setTimeout(() => watched.destroy(new Error('the server does not answer')), limits.keepaliveTimeoutMs).unref();
      watched.ping(() => clearTimeout(silence));
    }, limits.keepaliveIntervalMs).unref();

  const current = (): ClientHttp2Session => {
    if (session !== undefined && !session.closed && !session.destroyed) return session;
    const fresh = open();
    fresh.setMaxListeners(0); // each call that waits for the connection is one
    fresh.on('error', () => forget(fresh)); // its streams say the same
    fresh.on('goaway', () => forget(fresh)); // calls under way go on, new ones find another session
    fresh.on('close', () => forget(fresh));
    fresh.on('connect', () => fresh.setLocalWindowSize(limits.flowControlWindowBytes));
    clearInterval(pings);
    pings = watch(fresh);
    session = fresh;
    return fresh;
  };

  const call = (definition: Definition, request: object, options: CallOptions, listener: Listener): Call => {
    const used = current();
    const made = begin(used, definition, request, options, {
      message: (message) => listener.message(message),
      end: (result) => {
        calls.delete(made);
        // The next call tries anew at once, not when the kernel sends its next request to connect.
        if (used.connecting && !result.ok && result.error.code === 'deadline-exceeded') used.destroy();
        listener.end(result);
      },
    });
    calls.add(made);
    return made;
  };

  return {
    unary: (definition, request, options) =>
      new Promise((resolve) => {
        if (options.signal?.aborted === true) return resolve(err(CANCELLED));
        let reply: object | undefined;
        call(definition, request, { ...options, deadlineMs: options.deadlineMs ?? limits.rpcDeadlineMs }, {
          message: (message) => (reply = message),
          end: (result) => resolve(!result.ok ? result : reply === undefined ? err(rpcError('internal', 'an answer without a message')) : ok(reply)),
        });
      }),
    serverStream(definition, request, options) {
      const queue: object[] = [];
      let ending: Result<void, RpcError> | undefined = options.signal?.aborted === true ? err(CANCELLED) : undefined;
      let wake: () => void = () => undefined;
      const made = ending !== undefined ? undefined : call(definition, request, options, {
        message(message) {
          queue.push(message);
          if (queue.length >= BUFFERED_MAX) made?.stream.pause();
          wake();
        },
        end(result) {
          ending = result;
          wake();
        },
      });
      async function* replies(): AsyncGenerator<Result<object, RpcError>> {
        try {
          for (;;) {
            const message = queue.shift();
            if (message !== undefined) {
              if (queue.length === 0 && made?.stream.isPaused() === true) made.stream.resume();
              yield ok(message);
            } else if (ending === undefined) await new Promise<void>((resolve) => (wake = resolve));
            else break;
          }
          if (!ending.ok) yield ending;
        } finally {
          made?.finish(err(CANCELLED));
        }
      }
      return replies();
    },
    close() {
      for (const one of [...calls]) one.finish(err(CANCELLED));
      clearInterval(pings);
      session?.destroy();
      session = undefined;
    },
  };
}
