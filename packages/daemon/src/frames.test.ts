import { describe, expect, it } from 'vitest';
import { createFrameReader, FRAME, frame, parseRun, parseVerified, verifyFrame } from './frames.js';

const text = (value: string | Buffer): Buffer => {
  const bytes = Buffer.isBuffer(value) ? value : Buffer.from(value);
  const length = Buffer.alloc(4);
  length.writeUInt32LE(bytes.length);
  return Buffer.concat([length, bytes]);
};

const u32 = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
};

const runPayload = (argv: (string | Buffer)[], environment: string[] = []): Buffer =>
  Buffer.concat([
    Buffer.from([1]),
    u32(4711),
    u32(0o22),
    Buffer.from([0b101]),
    Buffer.from([80, 0, 1]),
    Buffer.from(new BigUint64Array([123_456_789n]).buffer),
    text('/work dir'),
    text('/usr/bin/gcc'),
    u32(argv.length),
    ...argv.map(text),
    u32(environment.length),
    ...environment.map(text),
  ]);

describe('RUN', () => {
  it('carries the whole call', () => {
    expect(parseRun(runPayload(['gcc', '-c', 'größe.c'], ['A=1', 'B=x=y', 'A=2', 'odd']))).toEqual({
      pid: 4711,
      umask: 0o22,
      stdinTerminal: true,
      stdoutTerminal: false,
      stderrTerminal: true,
      columns: 80,
      mode: 'prefix',
      startedNs: 123_456_789n,
      cwd: '/work dir',
      compiler: '/usr/bin/gcc',
      argv: ['gcc', '-c', 'größe.c'],
      environment: new Map([
        ['A', '1'],
        ['B', 'x=y'],
      ]),
      utf8: true,
    });
  });

  it('notices arguments that are not UTF-8', () => {
    expect(parseRun(runPayload(['gcc', Buffer.from([0x61, 0xff])]))?.utf8).toBe(false);
  });

  it('is refused when it is cut short, too long, empty or of another version', () => {
    const good = runPayload(['gcc']);
    expect(parseRun(good.subarray(0, good.length - 1))).toBeUndefined();
    expect(parseRun(Buffer.concat([good, Buffer.from([0])]))).toBeUndefined();
    expect(parseRun(runPayload([]))).toBeUndefined();
    expect(parseRun(Buffer.concat([Buffer.from([2]), good.subarray(1)]))).toBeUndefined();
    expect(parseRun(Buffer.alloc(0))).toBeUndefined();
  });
});

describe('the frame reader', () => {
  it('cuts frames wherever the stream was cut', () => {
    const stream = Buffer.concat([frame(FRAME.ping), frame(FRAME.stderr, Buffer.from('warning: x')), verifyFrame([Buffer.from('abc'), Buffer.from('de')])]);
    for (let size = 1; size <= stream.length; size += 1) {
      const seen: [number, string][] = [];
      const read = createFrameReader((type, payload) => seen.push([type, payload.toString('latin1')]), () => expect.unreachable());
      for (let at = 0; at < stream.length; at += size) read(stream.subarray(at, at + size));
      expect(seen).toEqual([
        [FRAME.ping, ''],
        [FRAME.stderr, 'warning: x'],
        [FRAME.verify, '\x02\0\0\0abcde'],
      ]);
    }
  });

  it('stops at a frame of absurd size', () => {
    let broken = 0;
    const read = createFrameReader(() => expect.unreachable(), () => (broken += 1));
    read(Buffer.from([0xff, 0xff, 0xff, 0xff, 1, 2, 3]));
    read(Buffer.from([0, 0, 0, 0, 1]));
    expect(broken).toBe(1);
  });
});

describe('VERIFIED', () => {
  it('lists indexes', () => {
    expect(parseVerified(Buffer.concat([u32(2), u32(7), u32(9)]))).toEqual([7, 9]);
    expect(parseVerified(u32(0))).toEqual([]);
    expect(parseVerified(Buffer.concat([u32(3), u32(7)]))).toBeUndefined();
  });
});
