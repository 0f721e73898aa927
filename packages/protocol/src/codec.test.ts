import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { decode, encode, packAny, statusToRpcError, rpcError, rpcErrorToStatus, unpackAny } from './index.js';
import { generate } from './generate.js';

const hash = 'ab'.repeat(32);

test('defaults that are set explicitly do not change the bytes', () => {
  const plain = encode('Directory', { files: [{ name: 'a', digest: { hash, sizeBytes: 1 } }] });
  const explicit = encode('Directory', {
    files: [{ name: 'a', digest: { hash, sizeBytes: 1 }, isExecutable: false, nodeProperties: null }],
    directories: [],
    symlinks: [],
    nodeProperties: undefined,
  });
  expect(explicit).toEqual(plain);
  expect(encode('Command', { outputDirectoryFormat: 'TREE_ONLY', workingDirectory: '' }).length).toBe(0);
  expect(encode('Command', { outputDirectoryFormat: 'DIRECTORY_ONLY' })).toEqual(Buffer.from([0x48, 1]));
});

test('what has presence is kept though it is empty: messages, list entries, map entries', () => {
  expect(encode('Command', { arguments: ['', 'x'] })).toEqual(Buffer.from([0x0a, 0, 0x0a, 1, 0x78]));
  expect(encode('Action', { timeout: { seconds: 0, nanos: 0 } })).toEqual(Buffer.from([0x32, 0]));
  const response = encode('ExecuteResponse', { serverLogs: { log: { humanReadable: false } } });
  const decoded = decode('ExecuteResponse', response);
  expect(decoded.ok && Object.keys(decoded.value.serverLogs)).toEqual(['log']);
});

test('decode gives every field, and a value for damage', () => {
  const decoded = decode('ActionResult', encode('ActionResult', { exitCode: -1, stdoutRaw: Buffer.from('x'), outputFiles: [{ path: 'a.o', digest: { hash, sizeBytes: 2 ** 40 } }] }));
  expect(decoded).toMatchObject({ ok: true, value: { exitCode: -1, outputSymlinks: [], executionMetadata: null, outputFiles: [{ isExecutable: false, digest: { sizeBytes: 2 ** 40 } }] } });
  expect(decode('Directory', Buffer.from([0x0a, 0xff, 0xff]))).toMatchObject({ ok: false, error: { code: 'bad-message' } });
});

test('Any holds one message, and only of the type that it names', () => {
  const any = packAny('Status', { code: 5, message: 'gone' });
  expect(any.type_url).toBe('type.googleapis.com/google.rpc.Status');
  expect(unpackAny('Status', any)).toMatchObject({ code: 5, message: 'gone' });
  expect(unpackAny('ExecuteResponse', any)).toBeUndefined();
  expect(unpackAny('Status', null)).toBeUndefined();
});

test('errors survive the way through google.rpc.Status', () => {
  const error = rpcError('not-found', 'no such blob', { details: [{ type: 'precondition-failure', violations: [{ type: 'MISSING', subject: 's', description: 'd' }] }] });
  expect(statusToRpcError(rpcErrorToStatus(error))).toEqual(error);
  expect(statusToRpcError({ code: 0 })).toBeUndefined();
});

test('the generated files are those of proto/', () => {
  const directory = fileURLToPath(new URL('generated/', import.meta.url));
  const made = generate(fileURLToPath(new URL('../../../proto', import.meta.url)));
  expect(readdirSync(directory).sort()).toEqual([...made.keys()].sort());
  for (const [name, content] of made) expect(readFileSync(directory + name, 'utf8'), name).toBe(content);
});
