// A small but real blob server for tests: the CAS and ByteStream services over a store, with knobs for misbehaviour.
import { ok, err } from '@mosix/core';
import type { Digest, Result } from '@mosix/core';
import { createServer, rpcError, rpcErrorToStatus } from '@mosix/protocol';
import type { RpcError, RunningServer, bytestream } from '@mosix/protocol';
import type { BlobStore } from '../blob-store.js';
import { later, must } from './scratch.js';

export interface Behaviour {
  /** Changes bytes on their way out. */
  spoil?: (bytes: Buffer) => Buffer;
  /** Every call waits for this first. */
  wait?: (signal: AbortSignal) => Promise<void>;
}

export interface BlobServer {
  readonly address: string;
  readonly calls: string[];
  readonly server: RunningServer;
}

const digestIn = (resourceName: string): Digest => {
  const parts = resourceName.split('/');
  const at = parts.lastIndexOf('blobs');
  return { hash: parts[at + 1] ?? '', sizeBytes: Number(parts[at + 2]) };
};

export async function serveBlobs(store: BlobStore, { spoil = (bytes) => bytes, wait = async () => undefined }: Behaviour = {}): Promise<BlobServer> {
  const calls: string[] = [];
  const server = must(await createServer({
    listen: '127.0.0.1:0',
    services: {
      cas: {
        findMissingBlobs: async (request, context) => {
          calls.push('find');
          await wait(context.signal);
          return ok({ missingBlobDigests: await store.findMissing(request.blobDigests) });
        },
        batchReadBlobs: async (request, context) => {
          calls.push(`read ${request.digests.length}`);
          await wait(context.signal);
          return ok({ responses: await Promise.all(request.digests.map(async (digest) => {
            const data = await store.read(digest);
            return data === undefined ? { digest, status: rpcErrorToStatus(rpcError('not-found', 'no such blob')) } : { digest, data: spoil(data) };
          })) });
        },
        batchUpdateBlobs: async (request) => {
          calls.push(`update ${request.requests.length}`);
          return ok({ responses: await Promise.all(request.requests.map(async ({ digest, data }) => {
            const written = await store.write(digest ?? digestIn(''), data);
            return { digest, status: written.ok ? {} : rpcErrorToStatus(rpcError('invalid-argument', written.error.message)) };
          })) });
        },
      },
      byteStream: {
        async *read(request): AsyncIterable<Result<bytestream.ReadResponseInput, RpcError>> {
          calls.push('stream out');
          const chunks = store.readStream(digestIn(request.resourceName), request.readOffset, request.readLimit || undefined);
          if (chunks === undefined) return void (yield err(rpcError('not-found', 'no such blob')));
          for await (const data of chunks) yield ok({ data: spoil(data) });
        },
        write: async (requests) => {
          calls.push('stream in');
          let writer;
          let digest: Digest | undefined;
          for await (const request of requests) {
            digest ??= digestIn(request.resourceName);
            if (await store.has(digest)) return ok({ committedSize: digest.sizeBytes });
            writer ??= await store.openWrite(digest);
            const appended = await writer.append(request.data);
            if (!appended.ok) return err(rpcError('invalid-argument', appended.error.message));
            if (!request.finishWrite) continue;
            const committed = await writer.commit();
            return committed.ok ? ok({ committedSize: digest.sizeBytes }) : err(rpcError('invalid-argument', committed.error.message));
          }
          await writer?.abort();
          return err(rpcError('cancelled', 'the stream ended early'));
        },
      },
    },
  }));
  later(() => server.close());
  return { address: server.address, calls, server };
}
