// The one place where servers are made. Handlers are plain functions that return Results; this file turns them into what
// grpc-js wants, and its habits (errors as events, cancellation as a flag) into a signal and values.
import { Server } from '@grpc/grpc-js';
import type { Metadata, MethodDefinition, ServiceDefinition, UntypedServiceImplementation } from '@grpc/grpc-js';
import { err, fault, limits, ok } from '@mosix/core';
import type { Result } from '@mosix/core';
import type { Duplex, Writable } from 'node:stream';
import { collect } from './incoming.js';
import { drained } from './outgoing.js';
import { serverCredentials } from './credentials.js';
import type { TransportSecurity } from './credentials.js';
import { serviceDefinition } from './load.js';
import type { CallContext, HandlersOf, ServerDuplex } from './method.js';
import { rpcError } from './rpc-error.js';
import type { RpcError } from './rpc-error.js';
import { SERVICE_NAMES } from './services.js';
import type { Services } from './services.js';
import { toWire } from './status.js';
import { transportOptions } from './transport.js';

export interface ServerOptions extends TransportSecurity {
  /** `127.0.0.1:0` (any free port), `HOST:PORT`, `[V6]:PORT` or `unix:/PATH`. */
  readonly listen: string;
  readonly services: { readonly [Name in keyof Services]?: HandlersOf<Services[Name]> };
  /** Told of every handler that threw: a bug. The client sees `internal`. */
  readonly onBug?: (problem: unknown, path: string) => void;
}

export interface RunningServer {
  /** What a client connects to; with the real port. */
  readonly address: string;
  /** Takes no new calls, lets those under way end for `graceMs` (default 0), then cuts them. */
  close(options?: { graceMs?: number }): Promise<void>;
}

/** The side of a grpc-js call that all four kinds share. */
interface WireCall {
  readonly cancelled: boolean;
  readonly metadata: Metadata;
  readonly request: object;
  getPeer(): string;
  getDeadline(): Date | number;
  on(event: string, listener: () => void): unknown;
}

function contextOf(call: WireCall): CallContext & { end(): void } {
  let controller: AbortController | undefined;
  let ended = false;
  return {
    get signal() {
      if (controller === undefined) {
        const made = (controller = new AbortController());
        if (call.cancelled) made.abort();
        else call.on('cancelled', () => { if (!ended) made.abort(); });
      }
      return controller.signal;
    },
    get peer() {
      return call.getPeer();
    },
    get deadlineMs() {
      const deadline = Number(call.getDeadline());
      return Number.isFinite(deadline) ? Math.max(0, deadline - Date.now()) : undefined;
    },
    header: (name) => call.metadata.get(name)[0],
    end() {
      ended = true;
    },
  };
}

type Reply = (error: object | null, value?: object) => void;
type AnyHandler = (first: never, context: CallContext) => unknown;

/** Runs a handler; whatever it throws becomes an `internal` error and is reported as a bug. */
async function guarded<T>(path: string, options: ServerOptions, run: () => Promise<Result<T, RpcError>> | Result<T, RpcError>): Promise<Result<T, RpcError>> {
  try {
    return await run();
  } catch (problem) {
    options.onBug?.(problem, path);
    return err(rpcError('internal', `the server failed in ${path}`));
  }
}

async function* incoming(call: WireCall & Duplex): AsyncGenerator<object> {
  const messages = collect<object>(call);
  call.on('end', () => messages.finish());
  call.on('cancelled', () => messages.finish());
  call.on('close', () => messages.finish());
  if (call.cancelled) messages.finish();
  for (let message = await messages.next(); message !== undefined; message = await messages.next()) yield message;
}

const room = (call: WireCall & Writable): Promise<void> => (call.cancelled ? Promise.resolve() : drained(call));

function finish(call: WireCall & Writable, result: Result<unknown, RpcError>): void {
  if (call.cancelled || call.destroyed) return;
  if (result.ok) call.end();
  else call.emit('error', toWire(result.error));
}

async function streamReplies(call: WireCall & Writable, replies: AsyncIterable<Result<object, RpcError>>): Promise<Result<void, RpcError>> {
  for await (const reply of replies) {
    if (call.cancelled) return err(rpcError('cancelled', 'the client is gone'));
    if (!reply.ok) return reply;
    if (!call.write(reply.value)) await room(call);
  }
  return ok(undefined);
}

function adapt(definition: MethodDefinition<object, object>, handler: AnyHandler, options: ServerOptions): (call: never, reply: Reply) => void {
  const run = <T>(first: unknown, context: CallContext): Promise<Result<T, RpcError>> =>
    guarded(definition.path, options, () => handler(first as never, context) as Promise<Result<T, RpcError>>);
  const answer = (result: Result<object, RpcError>, reply: Reply): void => (result.ok ? reply(null, result.value) : reply(toWire(result.error)));

  const unary = async (call: WireCall, reply: Reply): Promise<void> => {
    const context = contextOf(call);
    const result = await run<object>(call.request, context);
    context.end();
    answer(result, reply);
  };
  const clientStream = async (call: WireCall & Duplex, reply: Reply): Promise<void> => {
    const context = contextOf(call);
    const result = await run<object>(incoming(call), context);
    context.end();
    answer(result, reply);
    call.resume(); // a reply before the end of the requests: let the rest run out
  };
  const serverStream = async (call: WireCall & Writable): Promise<void> => {
    const context = contextOf(call);
    const result = await guarded(definition.path, options, () =>
      streamReplies(call, handler(call.request as never, context) as AsyncIterable<Result<object, RpcError>>));
    context.end();
    finish(call, result);
  };
  const duplex = async (call: WireCall & Duplex): Promise<void> => {
    const context = contextOf(call);
    const side: ServerDuplex<object, object> = {
      received: incoming(call),
      send: (message) => !call.cancelled && !call.destroyed && !call.writableEnded && call.write(message),
      drained: () => room(call),
    };
    const result = await run<void>(side, context);
    context.end();
    finish(call, result);
    call.resume();
  };
  if (definition.requestStream) return (definition.responseStream ? duplex : clientStream) as never;
  return (definition.responseStream ? serverStream : unary) as never;
}

function addService(server: Server, name: keyof Services, handlers: Readonly<Record<string, AnyHandler | undefined>>, options: ServerOptions): void {
  const definition = serviceDefinition(SERVICE_NAMES[name]);
  const implementation: UntypedServiceImplementation = {};
  for (const [method, methodDefinition] of Object.entries(definition)) {
    const handler = handlers[method.charAt(0).toLowerCase() + method.slice(1)];
    if (handler !== undefined) implementation[method] = adapt(methodDefinition as MethodDefinition<object, object>, handler, options) as never;
  }
  server.addService(definition as unknown as ServiceDefinition, implementation);
}

/** Starts to serve. Codes: `bad-address`, `plaintext-refused`, `listen-failed` (port in use, no such interface …). */
export async function createServer(options: ServerOptions): Promise<Result<RunningServer>> {
  const credentials = serverCredentials(options.listen, options);
  if (!credentials.ok) return credentials;
  const server = new Server(transportOptions());
  for (const [name, handlers] of Object.entries(options.services)) {
    addService(server, name as keyof Services, handlers as Record<string, AnyHandler>, options);
  }
  const bound = await new Promise<Result<number>>((resolve) => {
    server.bindAsync(options.listen, credentials.value, (problem, port) => {
      resolve(problem === null ? ok(port) : err(fault('listen-failed', `cannot listen on ${options.listen}: ${problem.message}`, {
        hint: 'choose another port, or stop the program that holds this one',
        cause: problem,
      })));
    });
  });
  if (!bound.ok) {
    server.forceShutdown();
    return bound;
  }
  const address = options.listen.startsWith('unix:') ? options.listen : options.listen.replace(/:\d+$/, `:${bound.value}`);
  let closing: Promise<void> | undefined;
  return ok({
    address,
    close: ({ graceMs = 0 } = {}) => (closing ??= shutDown(server, address, graceMs)),
  });
}

function shutDown(server: Server, address: string, graceMs: number): Promise<void> {
  return new Promise((resolve) => {
    // Not forceShutdown: without channelz it does not know the connections, and leaves them open.
    server.drain(address, Math.min(graceMs, limits.serverCloseGraceMsMax));
    server.tryShutdown(() => resolve());
  });
}
