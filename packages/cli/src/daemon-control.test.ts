import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { askDaemon, encodeFrame } from './daemon-control.js';

let folder: string;
let server: Server | undefined;
const sockets: Socket[] = [];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'mosix-control-'));
});
afterEach(() => {
  for (const socket of sockets.splice(0)) socket.destroy();
  server?.close();
  server = undefined;
  rmSync(folder, { recursive: true });
});

/** Something that listens where a daemon would. */
const listen = (onData: (socket: Socket, data: Buffer) => void, path = join(folder, 'daemon.sock')): Promise<string> =>
  new Promise((resolve) => {
    server = createServer((socket) => {
      sockets.push(socket);
      socket.on('error', () => undefined);
      socket.on('data', (data) => onData(socket, data));
    });
    server.listen(path, () => resolve(path));
  });

const reply = (value: unknown): Buffer => encodeFrame(22, Buffer.from(JSON.stringify(value)));

test('one CONTROL frame out, one REPLY back', async () => {
  let seen: Buffer = Buffer.alloc(0);
  const path = await listen((socket, data) => {
    seen = data;
    socket.write(reply({ ok: true, pid: 7 }));
  });
  expect(await askDaemon(path, { op: 'build', id: 'b1' })).toEqual({ ok: true, value: { ok: true, pid: 7 } });
  expect([seen.readUInt32LE(0), seen.readUInt8(4), seen.subarray(5).toString()]).toEqual([seen.length - 5, 3, '{"op":"build","id":"b1"}']);
});

test('a reply in crumbs, after pings', async () => {
  const path = await listen((socket) => {
    const bytes = Buffer.concat([encodeFrame(21, Buffer.alloc(0)), reply({ text: 'ü'.repeat(9) })]);
    for (const byte of bytes) socket.write(Buffer.from([byte]));
  });
  expect(await askDaemon(path, { op: 'stats' })).toEqual({ ok: true, value: { text: 'ü'.repeat(9) } });
});

test('nobody there', async () => {
  expect(await askDaemon(join(folder, 'daemon.sock'), { op: 'ping' })).toMatchObject({ ok: false, error: { code: 'daemon-absent', hint: 'mosix daemon start' } });
});

test('a daemon that closes without an answer counts as absent', async () => {
  const path = await listen((socket) => socket.end());
  expect(await askDaemon(path, { op: 'ping' })).toMatchObject({ ok: false, error: { code: 'daemon-absent' } });
});

test('a daemon that says nothing', async () => {
  const path = await listen(() => undefined);
  expect(await askDaemon(path, { op: 'ping' }, 50)).toMatchObject({ ok: false, error: { code: 'daemon-silent' } });
});

test.each([
  ['text', Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n')],
  ['a frame that holds no JSON', encodeFrame(22, Buffer.from('{'))],
  ['JSON that is no object', encodeFrame(22, Buffer.from('7'))],
])('%s is no answer', async (_what, bytes) => {
  const path = await listen((socket) => void socket.write(bytes));
  expect(await askDaemon(path, { op: 'ping' })).toMatchObject({ ok: false, error: { code: 'daemon-garbled' } });
});

test('a path too long for a socket address is reached through its folder', async () => {
  const deep = join(folder, 'd'.repeat(90), 'e'.repeat(90));
  mkdirSync(deep, { recursive: true });
  const short = await listen((socket) => void socket.write(reply({ ok: true })), join(folder, 's'));
  const { linkSync } = await import('node:fs');
  linkSync(short, join(deep, 'daemon.sock'));
  expect(await askDaemon(join(deep, 'daemon.sock'), { op: 'ping' })).toEqual({ ok: true, value: { ok: true } });
  expect(await askDaemon(join(deep, 'nothing.sock'), { op: 'ping' })).toMatchObject({ ok: false, error: { code: 'daemon-absent' } });
});
