// The launcher's wire format, version 1: u32 LE payload length, u8 type, payload. Described in docs/protocols.md.
import { limits } from '@mosix/core';

export const FRAME = {
  run: 1,
  verified: 2,
  control: 3,
  bye: 4,
  local: 16,
  verify: 17,
  stdout: 18,
  stderr: 19,
  exit: 20,
  ping: 21,
  reply: 22,
} as const;

export const WIRE_VERSION = 1;

export interface RunRequest {
  readonly pid: number;
  readonly umask: number;
  readonly stdinTerminal: boolean;
  readonly stdoutTerminal: boolean;
  readonly stderrTerminal: boolean;
  /** Width of the terminal, 0 when unknown. */
  readonly columns: number;
  readonly mode: 'masquerade' | 'prefix' | 'intercept';
  /** Launcher's start, nanoseconds since 1970. */
  readonly startedNs: bigint;
  readonly cwd: string;
  /** Absolute path of the real compiler. */
  readonly compiler: string;
  readonly argv: readonly string[];
  readonly environment: ReadonlyMap<string, string>;
  /** False when the directory, the compiler or an argument is not UTF-8: REAPI cannot carry it. */
  readonly utf8: boolean;
}

const MODES = ['masquerade', 'prefix', 'intercept'] as const;

/** `undefined` for a payload that is not a RUN of this version. */
export function parseRun(payload: Buffer): RunRequest | undefined {
  try {
    if (payload[0] !== WIRE_VERSION) return undefined;
    const terminals = payload.readUInt8(9);
    let at = 21;
    let utf8 = true;
    const text = (): string => {
      const length = payload.readUInt32LE(at);
      if (at + 4 + length > payload.length) throw new RangeError('short string');
      const value = payload.toString('utf8', at + 4, at + 4 + length);
      at += 4 + length;
      return value;
    };
    const count = (): number => {
      const value = payload.readUInt32LE(at);
      at += 4;
      return value;
    };
    const strict = (): string => {
      const value = text();
      // U+FFFD is what a byte that is not UTF-8 decodes to; an argument that really holds it goes home with them.
      if (value.includes('\ufffd')) utf8 = false;
      return value;
    };
    const cwd = strict();
    const compiler = strict();
    const argv: string[] = [];
    for (let left = count(); left > 0; left -= 1) argv.push(strict());
    const environment = new Map<string, string>();
    for (let left = count(); left > 0; left -= 1) {
      const entry = text();
      const equals = entry.indexOf('=');
      // getenv finds the first of two entries with one name.
      if (equals > 0 && !environment.has(entry.slice(0, equals))) environment.set(entry.slice(0, equals), entry.slice(equals + 1));
    }
    if (at !== payload.length || argv.length === 0) return undefined;
    return {
      pid: payload.readUInt32LE(1),
      umask: payload.readUInt32LE(5),
      stdinTerminal: (terminals & 1) !== 0,
      stdoutTerminal: (terminals & 2) !== 0,
      stderrTerminal: (terminals & 4) !== 0,
      columns: payload.readUInt16LE(10),
      mode: MODES[payload.readUInt8(12)] ?? 'masquerade',
      startedNs: payload.readBigUInt64LE(13),
      cwd,
      compiler,
      argv,
      environment,
      utf8,
    };
  } catch {
    return undefined;
  }
}

export function frame(type: number, payload: Uint8Array = new Uint8Array(0)): Buffer {
  const bytes = Buffer.allocUnsafe(5 + payload.length);
  bytes.writeUInt32LE(payload.length, 0);
  bytes.writeUInt8(type, 4);
  bytes.set(payload, 5);
  return bytes;
}

/** VERIFY: the count, then the entries as the nodes hold them. */
export function verifyFrame(entries: readonly Buffer[]): Buffer {
  let length = 4;
  for (const entry of entries) length += entry.length;
  const bytes = Buffer.allocUnsafe(5 + length);
  bytes.writeUInt32LE(length, 0);
  bytes.writeUInt8(FRAME.verify, 4);
  bytes.writeUInt32LE(entries.length, 5);
  let at = 9;
  for (const entry of entries) {
    bytes.set(entry, at);
    at += entry.length;
  }
  return bytes;
}

/** Indexes of the entries that do not match. */
export function parseVerified(payload: Buffer): number[] | undefined {
  if (payload.length < 4) return undefined;
  const count = payload.readUInt32LE(0);
  if (payload.length !== 4 + 4 * count) return undefined;
  return Array.from({ length: count }, (_, index) => payload.readUInt32LE(4 + 4 * index));
}

/** Cuts a byte stream into frames. `onFrame` gets views into the received chunks; `onBroken` is called once, for an oversized frame. */
export function createFrameReader(onFrame: (type: number, payload: Buffer) => void, onBroken: () => void): (chunk: Buffer) => void {
  let pending: Buffer[] = [];
  let pendingBytes = 0;
  let broken = false;
  return (chunk) => {
    if (broken) return;
    pending.push(chunk);
    pendingBytes += chunk.length;
    for (;;) {
      if (pendingBytes < 5) return;
      let first = pending[0] as Buffer;
      if (first.length < 5) {
        first = Buffer.concat(pending, pendingBytes);
        pending = [first];
      }
      const length = first.readUInt32LE(0);
      if (length > limits.launcherFrameBytesMax) {
        broken = true;
        onBroken();
        return;
      }
      if (pendingBytes < 5 + length) return;
      const all = pending.length === 1 ? first : Buffer.concat(pending, pendingBytes);
      const type = all.readUInt8(4);
      const payload = all.subarray(5, 5 + length);
      const rest = all.subarray(5 + length);
      pending = rest.length === 0 ? [] : [rest];
      pendingBytes = rest.length;
      onFrame(type, payload);
    }
  };
}
