// Capabilities, store and action cache as a client sees them, over a real connection.
import { EMPTY_DIGEST, limits } from '@mosix/core';
import { nullLogger } from '@mosix/observe';
import { encode, type bytestream } from '@mosix/protocol';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startCoordinator } from './index.js';
import { blobOf, makeAction, upload } from './testing/actions.js';
import { launcherDirectory, startTestFarm, type TestFarm } from './testing/farm.js';

let farm: TestFarm;
beforeAll(async () => void (farm = await startTestFarm()));
afterAll(() => farm.close());

const read = async (resourceName: string, more: bytestream.ReadRequestInput = {}): Promise<Buffer | string> => {
  const chunks: Buffer[] = [];
  for await (const each of farm.channel.byteStream.read({ resourceName, ...more })) {
    if (!each.ok) return each.error.code;
    chunks.push(each.value.data);
  }
  return Buffer.concat(chunks);
};

describe('startCoordinator', () => {
  it('does not listen beyond this machine without being told that this is meant', async () => {
    const refused = await startCoordinator({ listen: '0.0.0.0:0', dataDirectory: '/nonexistent/x', launcherDirectory, storeBytesMax: 1e6, logger: nullLogger });
    expect(refused).toMatchObject({ ok: false, error: { code: 'insecure-listen', hint: expect.stringContaining('--insecure') } });
  });

  it('says so when the port is taken or the folder cannot be used', async () => {
    const taken = await startCoordinator({ listen: farm.coordinator.address, dataDirectory: `${farm.dataDirectory}/second`, launcherDirectory, storeBytesMax: 1e6, logger: nullLogger });
    expect(taken).toMatchObject({ ok: false, error: { code: 'listen-failed' } });
    const bad = await startCoordinator({ listen: '127.0.0.1:0', dataDirectory: '/dev/null/x', launcherDirectory, storeBytesMax: 1e6, logger: nullLogger });
    expect(bad).toMatchObject({ ok: false, error: { code: 'data-directory' } });
  });

  it('shares its folder with no other, and gives it back at the end', async () => {
    const dataDirectory = `${farm.dataDirectory}/shared`;
    const start = () => startCoordinator({ listen: '127.0.0.1:0', dataDirectory, launcherDirectory, storeBytesMax: 1e6, logger: nullLogger });
    const first = await start();
    if (!first.ok) throw new Error(first.error.message);
    expect(await start()).toMatchObject({ ok: false, error: { code: 'data-in-use', message: expect.stringContaining(dataDirectory), hint: expect.stringContaining('--data') } });
    await first.value.close();
    const next = await start();
    if (!next.ok) throw new Error(next.error.message);
    await next.value.close();
  });

  it('ends with its signal', async () => {
    const controller = new AbortController();
    const started = await startCoordinator({ listen: '127.0.0.1:0', dataDirectory: `${farm.dataDirectory}/third`, launcherDirectory, storeBytesMax: 1e6, logger: nullLogger }, controller.signal);
    if (!started.ok) throw new Error(started.error.message);
    controller.abort();
    await started.value.done;
  });
});

describe('a full store', () => {
  it('says resource-exhausted, in batches and in streams', async () => {
    const small = await startTestFarm({ storeBytesMax: 10_000 });
    const big = blobOf('x'.repeat(20_000));
    const resourceName = `uploads/u/blobs/${big.digest.hash}/${big.digest.sizeBytes}`;
    expect(await small.channel.cas.batchUpdateBlobs({ requests: [big] })).toMatchObject({ value: { responses: [{ status: { code: 8 } }] } });
    expect(await small.channel.byteStream.write([{ resourceName, data: big.data, finishWrite: true }])).toMatchObject({ ok: false, error: { code: 'resource-exhausted' } });
    await small.close();
  });
});

describe('capabilities', () => {
  it('name the function in both places, the versions, and that clients do not write the action cache', async () => {
    const reply = await farm.channel.capabilities.getCapabilities({ instanceName: 'any/thing' });
    expect(reply).toMatchObject({
      ok: true,
      value: {
        cacheCapabilities: { digestFunctions: ['SHA256'], actionCacheUpdateCapabilities: { updateEnabled: false }, symlinkAbsolutePathStrategy: 'ALLOWED' },
        executionCapabilities: { digestFunction: 'SHA256', digestFunctions: ['SHA256'], execEnabled: true },
        lowApiVersion: { major: 2, minor: 0 }, highApiVersion: { major: 2, minor: 3 },
      },
    });
    if (reply.ok) expect(reply.value.cacheCapabilities?.maxBatchTotalSizeBytes).toBeLessThanOrEqual(4 * 1024 * 1024);
  });
});

describe('the store', () => {
  it('knows what is missing, takes batches, gives them back, in any instance', async () => {
    const [one, two] = [blobOf('one'), blobOf('two')];
    const ask = () => farm.channel.cas.findMissingBlobs({ instanceName: 'a/b', blobDigests: [one.digest, two.digest, EMPTY_DIGEST, one.digest] });
    expect(await ask()).toMatchObject({ ok: true, value: { missingBlobDigests: [one.digest, two.digest] } });
    const wrong = { digest: two.digest, data: Buffer.from('tow') };
    expect(await farm.channel.cas.batchUpdateBlobs({ instanceName: 'c', requests: [one, wrong] })).toMatchObject({
      ok: true, value: { responses: [{ digest: one.digest, status: { code: 0 } }, { digest: two.digest, status: { code: 3 } }] },
    });
    expect(await ask()).toMatchObject({ ok: true, value: { missingBlobDigests: [two.digest] } });
    expect(await farm.channel.cas.batchReadBlobs({ digests: [one.digest, two.digest, EMPTY_DIGEST] })).toMatchObject({
      ok: true, value: { responses: [{ data: one.data }, { status: { code: 5 } }, { data: Buffer.alloc(0) }] },
    });
  });

  it('refuses other digest functions, digests that are none, and compressed data', async () => {
    const blob = blobOf('x');
    const code = async (call: Promise<{ ok: boolean; error?: { code: string } }>): Promise<string | undefined> => (await call).error?.code;
    expect(await code(farm.channel.cas.findMissingBlobs({ digestFunction: 'BLAKE3', blobDigests: [blob.digest] }))).toBe('invalid-argument');
    expect(await code(farm.channel.cas.findMissingBlobs({ blobDigests: [{ hash: 'abc', sizeBytes: 1 }] }))).toBe('invalid-argument');
    expect(await code(farm.channel.cas.batchReadBlobs({ digests: [{ hash: '../../etc/passwd', sizeBytes: 1 }] }))).toBe('invalid-argument');
    expect(await farm.channel.cas.batchUpdateBlobs({ requests: [{ ...blob, compressor: 'ZSTD' }] })).toMatchObject({ value: { responses: [{ status: { code: 3 } }] } });
  });

  it('streams large blobs in and out, whole and in parts', async () => {
    const big = blobOf(Buffer.alloc(5_000_000, 'abcdefg'));
    const name = `inst/ance/uploads/${crypto.randomUUID()}/blobs/${big.digest.hash}/${big.digest.sizeBytes}`;
    const status = () => farm.channel.byteStream.queryWriteStatus({ resourceName: name });
    expect(await status()).toMatchObject({ ok: true, value: { committedSize: 0, complete: false } });
    function* pieces(): Generator<bytestream.WriteRequestInput> {
      for (let at = 0; at < big.data.length; at += 1_000_000) {
        const data = big.data.subarray(at, at + 1_000_000);
        yield { ...(at === 0 ? { resourceName: name } : {}), writeOffset: at, data, finishWrite: at + data.length === big.data.length };
      }
    }
    expect(await farm.channel.byteStream.write(pieces())).toMatchObject({ ok: true, value: { committedSize: big.digest.sizeBytes } });
    expect(await status()).toMatchObject({ ok: true, value: { committedSize: big.digest.sizeBytes, complete: true } });
    // Again: answered early, with the full size.
    expect(await farm.channel.byteStream.write([{ resourceName: name, data: big.data.subarray(0, 10) }])).toMatchObject({ ok: true, value: { committedSize: big.digest.sizeBytes } });
    const resource = `inst/ance/blobs/${big.digest.hash}/${big.digest.sizeBytes}`;
    expect(big.data.equals((await read(resource)) as Buffer)).toBe(true);
    expect((await read(resource, { readOffset: 4_999_990, readLimit: 5 })).toString()).toBe(big.data.subarray(4_999_990, 4_999_995).toString());
    expect(await read(resource, { readOffset: big.digest.sizeBytes })).toEqual(Buffer.alloc(0));
    expect(await read(resource, { readOffset: big.digest.sizeBytes + 1 })).toBe('out-of-range');
  });

  it('refuses uploads that are wrong and keeps nothing of them', async () => {
    const blob = blobOf('some content');
    const name = `uploads/u/blobs/${blob.digest.hash}/${blob.digest.sizeBytes}`;
    const write = async (...requests: bytestream.WriteRequestInput[]): Promise<string> => {
      const reply = await farm.channel.byteStream.write(requests);
      return reply.ok ? 'ok' : reply.error.code;
    };
    expect(await write({ resourceName: name, data: Buffer.from('other bytes!'), finishWrite: true })).toBe('invalid-argument');
    expect(await write({ resourceName: name, data: Buffer.from('some') })).toBe('invalid-argument');
    expect(await write({ resourceName: name, data: blob.data, writeOffset: 3, finishWrite: true })).toBe('invalid-argument');
    expect(await write({ resourceName: name, data: Buffer.concat([blob.data, blob.data]), finishWrite: true })).toBe('invalid-argument');
    expect(await write({ resourceName: 'nonsense', data: blob.data, finishWrite: true })).toBe('invalid-argument');
    expect(await read(`blobs/${blob.digest.hash}/${blob.digest.sizeBytes}`)).toBe('not-found');
    expect(await read('blobs/nonsense/3')).toBe('invalid-argument');
  });

  it('gives the directories of a tree, page by page', async () => {
    const files = Object.fromEntries(Array.from({ length: 30 }, (_, index) => [`d${index}/e/f${index}.h`, `${index}`]));
    const action = makeAction({ files });
    await upload(farm.channel, action.blobs);
    const collect = async (request: object): Promise<{ pages: number; directories: number }> => {
      let pages = 0;
      let directories = 0;
      for await (const page of farm.channel.cas.getTree({ rootDigest: action.inputRoot, ...request })) {
        if (!page.ok) throw new Error(page.error.code);
        pages++;
        directories += page.value.directories.length;
      }
      return { pages, directories };
    };
    expect(await collect({})).toEqual({ pages: 1, directories: 61 });
    expect(await collect({ pageSize: 10 })).toEqual({ pages: 7, directories: 61 });
    expect(await collect({ pageToken: '50' })).toEqual({ pages: 1, directories: 11 });
    for await (const page of farm.channel.cas.getTree({ rootDigest: blobOf('never').digest })) expect(page).toMatchObject({ ok: false, error: { code: 'not-found' } });
  });
});

describe('the action cache', () => {
  it('does not know what was never run, and takes no result from a client', async () => {
    const { digest } = blobOf('action');
    expect(await farm.channel.actionCache.getActionResult({ actionDigest: digest })).toMatchObject({ ok: false, error: { code: 'not-found' } });
    expect(await farm.channel.actionCache.updateActionResult({ actionDigest: digest, actionResult: { exitCode: 0 } })).toMatchObject({ ok: false, error: { code: 'permission-denied' } });
  });

  it('gives out complete results only, those of output directories included, and inlines what is asked', async () => {
    const [file, inTree, text] = [blobOf('object'), blobOf('in the tree'), blobOf('diagnostics')];
    const tree = blobOf(encode('Tree', { root: { files: [{ name: 'x', digest: inTree.digest }] } }));
    const action = makeAction({ files: { 'tree.c': 'tree' } });
    await upload(farm.channel, [...action.blobs, file, tree, text]);
    const worker = await farm.worker('ac', {
      runJob: async ({ leaseId }) => ({
        leaseId,
        finished: { result: { outputFiles: [{ path: 'a.o', digest: file.digest }, { path: 'b.o', digest: file.digest }], outputDirectories: [{ path: 'd', treeDigest: tree.digest }], stdoutDigest: text.digest } },
      }),
    });
    // The worker forgot a blob of the output directory: that is no result.
    for await (const update of farm.channel.execution.execute({ actionDigest: action.digest })) expect(update.ok).toBe(true);
    const get = (more = {}) => farm.channel.actionCache.getActionResult({ instanceName: 'x/y', actionDigest: action.digest, ...more });
    expect(await get()).toMatchObject({ ok: false, error: { code: 'not-found' } });

    await upload(farm.channel, [inTree]);
    for await (const update of farm.channel.execution.execute({ actionDigest: action.digest })) expect(update.ok).toBe(true);
    const plain = await get();
    expect(plain).toMatchObject({ ok: true, value: { stdoutRaw: Buffer.alloc(0), outputFiles: [{ contents: Buffer.alloc(0) }, { contents: Buffer.alloc(0) }], executionMetadata: { worker: 'ac' } } });
    expect(await get({ inlineStdout: true, inlineOutputFiles: ['b.o'] })).toMatchObject({
      value: { stdoutRaw: text.data, outputFiles: [{ path: 'a.o', contents: Buffer.alloc(0) }, { path: 'b.o', contents: file.data }] },
    });
    expect(limits.inlineBytesMax).toBeLessThan(limits.grpcMessageBytesMax);
    worker.kill();
  });
});
