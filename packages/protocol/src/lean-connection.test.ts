// What is special to the connection without grpc-js; what both kinds do alike is in protocol.test.ts.
import { createServer as createHttp2Server, type Http2Server } from 'node:http2';
import { createServer as createTcpServer, type AddressInfo } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { ok } from '@mosix/core';
import { connect, createServer, type Channel, type ServerOptions } from './index.js';

const cleanUps: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
});

function client(address: string): Channel {
  const channel = connect(address, { lean: true });
  if (!channel.ok) throw new Error(channel.error.message);
  cleanUps.push(() => channel.value.close());
  return channel.value;
}

async function serve(listen: string, services: ServerOptions['services']): Promise<{ address: string; close(): Promise<void> }> {
  const server = await createServer({ listen, services });
  if (!server.ok) throw new Error(server.error.message);
  cleanUps.push(() => server.value.close());
  return server.value;
}

/** A server of HTTP/2 that answers as the test wants. */
async function raw(onStream: (server: Http2Server) => void): Promise<string> {
  const server = createHttp2Server();
  onStream(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  cleanUps.push(() => server.close());
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const services: ServerOptions['services'] = { cas: { findMissingBlobs: () => ok({}) } };

test('a server that has come back is found by the next call; a call under way when it went is unavailable', async () => {
  const first = await serve('127.0.0.1:0', { cas: { findMissingBlobs: () => new Promise(() => undefined) } });
  const channel = client(first.address);
  const waiting = channel.cas.findMissingBlobs({});
  await new Promise((resolve) => setTimeout(resolve, 50));
  await first.close();
  expect(await waiting).toMatchObject({ ok: false, error: { code: 'unavailable' } });
  expect(await channel.cas.findMissingBlobs({})).toMatchObject({ ok: false, error: { code: 'unavailable' } });
  await serve(first.address, services);
  expect((await channel.cas.findMissingBlobs({})).ok).toBe(true);
});

test('many calls at once, before there is a connection', async () => {
  const { address } = await serve('127.0.0.1:0', services);
  const channel = client(address);
  const answers = await Promise.all(Array.from({ length: 300 }, () => channel.cas.findMissingBlobs({})));
  expect(answers.every((answer) => answer.ok)).toBe(true);
});

test('closing ends calls under way as cancelled', async () => {
  const { address } = await serve('127.0.0.1:0', { cas: { findMissingBlobs: () => new Promise(() => undefined) } });
  const channel = client(address);
  const waiting = channel.cas.findMissingBlobs({});
  await new Promise((resolve) => setTimeout(resolve, 50));
  channel.close();
  expect(await waiting).toMatchObject({ ok: false, error: { code: 'cancelled' } });
});

test('a host that accepts and says nothing: the deadline holds, and the next call connects anew', async () => {
  let connections = 0;
  const silent = createTcpServer((socket) => {
    connections += 1;
    cleanUps.push(() => socket.destroy());
  });
  await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
  cleanUps.push(() => silent.close());
  const channel = client(`127.0.0.1:${(silent.address() as AddressInfo).port}`);
  for (let times = 0; times < 2; times += 1) expect(await channel.cas.findMissingBlobs({}, { deadlineMs: 50 })).toMatchObject({ ok: false, error: { code: 'deadline-exceeded' } });
  expect(connections).toBeGreaterThan(0);
});

test.each([
  ['no status at all', {}, Buffer.alloc(0), 'unavailable'],
  ['a compressed message', {}, Buffer.from([1, 0, 0, 0, 0]), 'internal'],
  ['bytes that are no message', {}, Buffer.from([0, 0, 0, 0, 2, 0x0a, 0xff]), 'internal'],
  ['a message beyond every bound', {}, Buffer.from([0, 0xff, 0xff, 0xff, 0xff]), 'internal'],
  ['a page of some web server', { ':status': 503 }, Buffer.from('<html>'), 'unavailable'],
  ['no such page', { ':status': 404 }, Buffer.from('<html>'), 'unimplemented'],
])('an answer that is none: %s', async (_name, headers, body, code) => {
  const address = await raw((server) =>
    server.on('stream', (stream) => {
      stream.on('error', () => undefined);
      stream.respond({ ':status': 200, ...headers });
      stream.end(body);
    }));
  expect(await client(address).cas.findMissingBlobs({})).toMatchObject({ ok: false, error: { code } });
});

test('a message in pieces of one byte is read whole', async () => {
  const address = await raw((server) =>
    server.on('stream', (stream) => {
      stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true });
      stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }));
      const message = Buffer.from([0, 0, 0, 0, 6, 0x12, 4, 0x0a, 2, 0x61, 0x62]);
      const next = (at: number): void => {
        if (at === message.length) stream.end();
        else stream.write(message.subarray(at, at + 1), () => setImmediate(() => next(at + 1)));
      };
      next(0);
    }));
  expect(await client(address).cas.findMissingBlobs({})).toMatchObject({ ok: true, value: { missingBlobDigests: [{ hash: 'ab' }] } });
});
