// A daemon for the launcher's tests: it speaks the launcher's protocol over a real socket and does what the test tells
// it. The launcher is tested apart from the real daemon, so that every odd answer and every death can be produced.

import { mkdirSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { join } from 'node:path';

export const frameType = {
  run: 1, verified: 2, bye: 4, local: 16, verify: 17, stdout: 18, stderr: 19, exit: 20, ping: 21,
} as const;

/** A RUN frame, decoded. Strings are bytes: a command line need not be UTF-8. */
export interface Run {
  version: number;
  pid: number;
  umask: number;
  ttyBits: number;
  columns: number;
  mode: number;
  startedNs: bigint;
  directory: string;
  compiler: string;
  arguments: Buffer[];
  environment: Buffer[];
}

export interface VerifyEntry {
  path: string;
  device?: bigint;
  inode: bigint;
  size?: bigint;
  modifiedNs?: bigint;
  changedNs?: bigint;
}

/** One connected launcher. */
export interface Peer {
  run: Run;
  socket: Socket;
  send(type: number, payload?: Uint8Array | string): void;
  exit(kind: number, value: number): void;
  /** Sends VERIFY and gives the indices that the launcher found different. */
  verify(entries: readonly VerifyEntry[]): Promise<number[]>;
  /** CPU nanoseconds of BYE; undefined when the launcher left without it. */
  bye: Promise<bigint | undefined>;
  /** Settles when nobody has the other end open any more. */
  closed: Promise<void>;
}

export interface FakeDaemon {
  runs: Run[];
  close(): Promise<void>;
}

const anySize = 0xffff_ffff_ffff_ffffn;
const anyTime = -(2n ** 63n);

export function encodeFrame(type: number, payload: Uint8Array | string = ''): Buffer {
  const bytes = Buffer.from(payload);
  const header = Buffer.alloc(5);
  header.writeUInt32LE(bytes.length, 0);
  header.writeUInt8(type, 4);
  return Buffer.concat([header, bytes]);
}

export function encodeVerify(entries: readonly VerifyEntry[]): Buffer {
  const count = Buffer.alloc(4);
  count.writeUInt32LE(entries.length);
  return Buffer.concat([count, ...entries.map(encodeEntry)]);
}

function encodeEntry(entry: VerifyEntry): Buffer {
  const path = Buffer.from(entry.path);
  const length = Buffer.alloc(2);
  length.writeUInt16LE(path.length);
  const facts = Buffer.alloc(40);
  facts.writeBigUInt64LE(entry.device ?? 0n, 0);
  facts.writeBigUInt64LE(entry.inode, 8);
  facts.writeBigUInt64LE(entry.size ?? anySize, 16);
  facts.writeBigInt64LE(entry.modifiedNs ?? anyTime, 24);
  facts.writeBigInt64LE(entry.changedNs ?? anyTime, 32);
  return Buffer.concat([length, path, facts]);
}

function decodeRun(payload: Buffer): Run {
  let at = 21;
  const number = () => {
    at += 4;
    return payload.readUInt32LE(at - 4);
  };
  const text = () => {
    const length = number();
    at += length;
    return payload.subarray(at - length, at);
  };
  const list = () => Array.from({ length: number() }, text);
  return {
    version: payload.readUInt8(0),
    pid: payload.readUInt32LE(1),
    umask: payload.readUInt32LE(5),
    ttyBits: payload.readUInt8(9),
    columns: payload.readUInt16LE(10),
    mode: payload.readUInt8(12),
    startedNs: payload.readBigUInt64LE(13),
    directory: text().toString(),
    compiler: text().toString(),
    arguments: list(),
    environment: list(),
  };
}

function decodeVerified(payload: Buffer): number[] {
  return Array.from({ length: payload.readUInt32LE(0) }, (_, i) => payload.readUInt32LE(4 + 4 * i));
}

function deferred<T>(): { promise: Promise<T>; resolve: (value: T) => void } {
  let resolve: (value: T) => void = () => {};
  const promise = new Promise<T>((settle) => (resolve = settle));
  return { promise, resolve };
}

/** Calls `onFrame` for every complete frame that arrives. */
function readFrames(socket: Socket, onFrame: (type: number, payload: Buffer) => void): void {
  let chunks: Buffer[] = [];
  let received = 0;
  socket.on('data', (chunk: Buffer) => {
    chunks.push(chunk);
    received += chunk.length;
    const length = chunks[0] !== undefined && chunks[0].length >= 5 ? chunks[0].readUInt32LE(0) : 0;
    if (received < 5 + length) return;
    let bytes = Buffer.concat(chunks);
    while (bytes.length >= 5 && bytes.length >= 5 + bytes.readUInt32LE(0)) {
      const end = 5 + bytes.readUInt32LE(0);
      onFrame(bytes.readUInt8(4), bytes.subarray(5, end));
      bytes = bytes.subarray(end);
    }
    chunks = [bytes];
    received = bytes.length;
  });
}

function acceptLauncher(socket: Socket, runs: Run[], script: (peer: Peer) => unknown): void {
  const answers: ((different: number[]) => void)[] = [];
  const bye = deferred<bigint | undefined>();
  const closed = deferred<void>();
  const send = (type: number, payload: Uint8Array | string = '') => void socket.write(encodeFrame(type, payload));
  socket.on('error', () => {}); // a launcher that was killed
  socket.on('close', () => {
    bye.resolve(undefined);
    closed.resolve();
  });
  readFrames(socket, (type, payload) => {
    if (type === frameType.bye) bye.resolve(payload.readBigUInt64LE(0));
    if (type === frameType.verified) answers.shift()?.(decodeVerified(payload));
    if (type !== frameType.run) return;
    const run = decodeRun(payload);
    runs.push(run);
    script({
      run, socket, send, bye: bye.promise, closed: closed.promise,
      exit: (kind, value) => send(frameType.exit, Uint8Array.of(kind, value)),
      verify: (entries) => new Promise((resolve) => {
        answers.push(resolve);
        send(frameType.verify, encodeVerify(entries));
      }),
    });
  });
}

/** Listens at `<mosixDirectory>/run/daemon.sock` and runs `script` for every RUN that arrives. */
export async function startFakeDaemon(mosixDirectory: string, script: (peer: Peer) => unknown): Promise<FakeDaemon> {
  const runDirectory = join(mosixDirectory, 'run');
  mkdirSync(runDirectory, { recursive: true, mode: 0o700 });
  const runs: Run[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    acceptLauncher(socket, runs, script);
  });
  await new Promise<void>((resolve) => server.listen({ path: join(runDirectory, 'daemon.sock'), backlog: 511 }, resolve));
  return {
    runs,
    close: () => new Promise<void>((resolve) => {
      server.close(() => resolve());
      for (const socket of sockets) socket.destroy();
    }),
  };
}
