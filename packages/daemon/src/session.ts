// One launcher at the other end of a socket: what it asks, and the few things that can be answered.
import type { Socket } from 'node:net';
import { limits } from '@mosix/core';
import { createFrameReader, FRAME, frame, parseRun, parseVerified, verifyFrame, type RunRequest } from './frames.js';

export interface Ending {
  readonly stdout: Buffer;
  readonly stderr: Buffer;
  readonly kind: 'exit' | 'signal';
  readonly value: number;
}

export interface Session {
  readonly request: RunRequest;
  /** Aborted when the launcher is gone (Ctrl-C, kill) before it was answered. */
  readonly signal: AbortSignal;
  /** Compares entries with the file system, in the launcher. Indexes that differ; `undefined` when the launcher is gone. */
  verify(entries: readonly Buffer[]): Promise<number[] | undefined>;
  /** Tells the launcher to run the real compiler; resolves when the last holder of the socket has exited. */
  runLocally(): Promise<void>;
  finish(ending: Ending): void;
  /** CPU of the launcher in nanoseconds, once it has said good-bye. */
  readonly goodbye: Promise<number | undefined>;
}

export interface SessionHandlers {
  onRun(session: Session): void;
  onControl(request: unknown, reply: (answer: unknown) => void): void;
  onClose(): void;
}

const LEFT_BEHIND_CHECK_MS = 2_000;

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (problem) {
    return (problem as NodeJS.ErrnoException).code !== 'ESRCH';
  }
}

export function serveSocket(socket: Socket, handlers: SessionHandlers): void {
  const aborter = new AbortController();
  let waiting: ((changed: number[] | undefined) => void) | undefined;
  let closed = false;
  let answered = false;
  let sayGoodbye: (cpuNs: number | undefined) => void = () => undefined;
  const goodbye = new Promise<number | undefined>((resolve) => (sayGoodbye = resolve));
  let release: () => void = () => undefined;
  const released = new Promise<void>((resolve) => (release = resolve));
  let pings: NodeJS.Timeout | undefined;

  const quiet = (): void => {
    if (pings !== undefined) clearInterval(pings);
    pings = undefined;
  };

  const makeSession = (request: RunRequest): Session => {
    pings = setInterval(() => socket.write(frame(FRAME.ping)), limits.launcherPingMs);
    return {
      request,
      signal: aborter.signal,
      verify: (entries) =>
        new Promise((resolve) => {
          if (closed) return resolve(undefined);
          waiting = resolve;
          socket.write(verifyFrame(entries));
        }),
      async runLocally() {
        quiet();
        if (closed) return;
        answered = true;
        socket.write(frame(FRAME.local, Buffer.from([0])));
        // The compiler is the launcher's own process. Something that it leaves behind may keep the socket, but not the slot.
        const watch = setInterval(() => {
          if (!isAlive(request.pid)) release();
        }, LEFT_BEHIND_CHECK_MS);
        await released;
        clearInterval(watch);
      },
      finish(ending) {
        quiet();
        if (closed) return;
        answered = true;
        const parts: Buffer[] = [];
        if (ending.stdout.length > 0) parts.push(frame(FRAME.stdout, ending.stdout));
        if (ending.stderr.length > 0) parts.push(frame(FRAME.stderr, ending.stderr));
        parts.push(frame(FRAME.exit, Buffer.from([ending.kind === 'exit' ? 0 : 1, ending.value])));
        socket.write(parts.length === 1 ? (parts[0] as Buffer) : Buffer.concat(parts));
      },
      goodbye,
    };
  };

  const read = createFrameReader(
    (type, payload) => {
      switch (type) {
        case FRAME.run: {
          const request = parseRun(payload);
          if (request === undefined) socket.destroy();
          else handlers.onRun(makeSession(request));
          return;
        }
        case FRAME.verified: {
          const changed = parseVerified(payload);
          if (changed === undefined || waiting === undefined) socket.destroy();
          else {
            const resolve = waiting;
            waiting = undefined;
            resolve(changed);
          }
          return;
        }
        case FRAME.bye:
          if (payload.length >= 8) sayGoodbye(Number(payload.readBigUInt64LE(0)));
          return;
        case FRAME.control: {
          let request: unknown;
          try {
            request = JSON.parse(payload.toString('utf8'));
          } catch {
            socket.destroy();
            return;
          }
          handlers.onControl(request, (answer) => {
            if (!closed) socket.write(frame(FRAME.reply, Buffer.from(JSON.stringify(answer))));
          });
          return;
        }
        default:
          socket.destroy();
      }
    },
    () => socket.destroy(),
  );

  socket.on('data', read);
  socket.on('error', () => undefined); // `close` follows
  socket.on('close', () => {
    closed = true;
    quiet();
    waiting?.(undefined);
    sayGoodbye(undefined);
    release();
    if (!answered) aborter.abort();
    handlers.onClose();
  });
}
