// Speaks the launcher protocol's CONTROL frame to a daemon: the same question that `mosix stats` asks, without a
// process for each of a thousand questions. The path may be longer than a socket address: go through /proc/self/fd.

import { closeSync, openSync } from 'node:fs';
import { connect } from 'node:net';
import { dirname } from 'node:path';

const control = 3;
const reply = 22;

export interface Counters {
  readonly compiles: { readonly total: number; readonly remote: number; readonly cacheHits: number; readonly local: number; readonly failed: number };
  readonly nodes: readonly { readonly name: string; readonly jobs: number; readonly cpuSeconds: number }[];
  readonly localReasons: Readonly<Record<string, number>>;
  readonly clientCpuMsPerCompile: number;
}

/** Asks the daemon at `socketPath`; undefined when there is none. */
export function ask(socketPath: string, request: Readonly<Record<string, unknown>>, timeoutMs = 10_000): Promise<unknown> {
  return new Promise((resolve) => {
    let folder: number;
    try {
      folder = openSync(dirname(socketPath), 'r');
    } catch {
      resolve(undefined);
      return;
    }
    const socket = connect(`/proc/self/fd/${folder}/daemon.sock`);
    let received = Buffer.alloc(0);
    let answered = false;
    const finish = (value: unknown): void => {
      if (answered) return;
      answered = true;
      socket.destroy();
      closeSync(folder);
      resolve(value);
    };
    socket.setTimeout(timeoutMs, () => finish(undefined));
    socket.on('error', () => finish(undefined));
    socket.on('close', () => finish(undefined));
    socket.on('connect', () => {
      const body = Buffer.from(JSON.stringify(request));
      const head = Buffer.alloc(5);
      head.writeUInt32LE(body.length, 0);
      head.writeUInt8(control, 4);
      socket.write(Buffer.concat([head, body]));
    });
    socket.on('data', (chunk) => {
      received = Buffer.concat([received, chunk]);
      while (received.length >= 5 && received.length >= 5 + received.readUInt32LE(0)) {
        const length = received.readUInt32LE(0);
        if (received.readUInt8(4) === reply) return finish(JSON.parse(received.subarray(5, 5 + length).toString()));
        received = received.subarray(5 + length);
      }
    });
  });
}
