// Questions to the client daemon over its unix socket: one CONTROL frame out, one REPLY frame back (docs/protocols.md). Light on purpose:
// `mosix-make` uses it, so nothing here may load gRPC.

import { closeSync, constants, openSync } from 'node:fs';
import { connect } from 'node:net';
import { basename, dirname } from 'node:path';
import { err, fault, limits, ok, type Result } from '@mosix/core';

const controlFrame = 3;
const pingFrame = 21;
const replyFrame = 22;
const headerBytes = 5;

/** Longest path that fits sockaddr_un with room to spare; longer ones go through the folder's descriptor, as the launcher does. */
const socketPathBytesMax = 100;

export interface ControlRequest {
  readonly op: 'ping' | 'stats' | 'zero' | 'build' | 'why' | 'stop' | 'progress';
  readonly [argument: string]: unknown;
}

/** Codes: daemon-absent (nothing listens), daemon-silent (no answer in time), daemon-garbled (an answer that is none). */
export const askDaemon = (socketPath: string, request: ControlRequest, timeoutMs: number = limits.daemonReplyMsMax): Promise<Result<Record<string, unknown>>> =>
  new Promise((resolve) => {
    const path = reachablePath(socketPath);
    if (path === undefined) return resolve(err(absent(socketPath)));
    const socket = connect(path.path);
    let received = Buffer.alloc(0);
    let finished = false;
    const finish = (result: Result<Record<string, unknown>>): void => {
      // Every end of a socket is followed by `close`; releasing twice would close somebody else's descriptor.
      if (finished) return;
      finished = true;
      clearTimeout(timer);
      socket.destroy();
      path.release();
      resolve(result);
    };
    const timer = setTimeout(() => finish(err(fault('daemon-silent', `the daemon at ${socketPath} did not answer within ${timeoutMs} ms`, { hint: 'mosix daemon stop' }))), timeoutMs);
    socket.on('connect', () => socket.write(encodeFrame(controlFrame, Buffer.from(JSON.stringify(request)))));
    socket.on('data', (chunk) => {
      received = Buffer.concat([received, chunk]);
      const reply = takeReply(received);
      if (reply !== undefined) finish(reply);
    });
    socket.on('error', (cause: NodeJS.ErrnoException) => {
      const gone = ['ENOENT', 'ECONNREFUSED', 'ENOTDIR', 'ECONNRESET', 'EPIPE'].includes(cause.code ?? '');
      finish(err(gone ? absent(socketPath, cause) : fault('daemon-unreachable', `${socketPath}: ${cause.code ?? cause.message}`, { hint: 'mosix doctor', cause })));
    });
    socket.on('close', () => finish(err(absent(socketPath))));
  });

const absent = (socketPath: string, cause?: unknown) =>
  fault('daemon-absent', `no daemon answers at ${socketPath}`, { hint: 'mosix daemon start', ...(cause === undefined ? {} : { cause }) });

export const encodeFrame = (type: number, payload: Buffer): Buffer => {
  const header = Buffer.alloc(headerBytes);
  header.writeUInt32LE(payload.length, 0);
  header.writeUInt8(type, 4);
  return Buffer.concat([header, payload]);
};

/** The first REPLY in `bytes`, undefined when it is not complete yet. */
const takeReply = (bytes: Buffer): Result<Record<string, unknown>> | undefined => {
  let rest = bytes;
  while (rest.length >= headerBytes) {
    const payloadBytes = rest.readUInt32LE(0);
    const type = rest.readUInt8(4);
    if (payloadBytes > limits.launcherFrameBytesMax || (type !== replyFrame && type !== pingFrame)) return err(garbled(`frame type ${type}`));
    if (rest.length < headerBytes + payloadBytes) return undefined;
    const payload = rest.subarray(headerBytes, headerBytes + payloadBytes);
    if (type === replyFrame) return parseReply(payload.toString('utf8'));
    rest = rest.subarray(headerBytes + payloadBytes);
  }
  return undefined;
};

const parseReply = (text: string): Result<Record<string, unknown>> => {
  try {
    const reply: unknown = JSON.parse(text);
    return typeof reply === 'object' && reply !== null ? ok(reply as Record<string, unknown>) : err(garbled('not an object'));
  } catch (cause) {
    return err(garbled(String(cause)));
  }
};

const garbled = (reason: string) => fault('daemon-garbled', `the daemon's answer cannot be read (${reason})`, { hint: 'mosix daemon stop, then try again' });

const reachablePath = (socketPath: string): { path: string; release: () => void } | undefined => {
  if (Buffer.byteLength(socketPath) <= socketPathBytesMax) return { path: socketPath, release: () => undefined };
  try {
    const folder = openSync(dirname(socketPath), constants.O_RDONLY | constants.O_DIRECTORY);
    return { path: `/proc/self/fd/${folder}/${basename(socketPath)}`, release: () => closeSync(folder) };
  } catch {
    return undefined;
  }
};
