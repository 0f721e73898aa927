// google.bytestream.ByteStream over the store, for blobs that are too large for a batch.
//
// An upload that breaks off is begun again from the start: QueryWriteStatus says 0 for whatever is not complete.
import { err, limits, ok, type Digest, type Result } from '@mosix/core';
import type { BlobStore } from '@mosix/cas';
import { rpcError, type bytestream, type HandlersOf, type RpcError, type Services } from '@mosix/protocol';
import { parseReadName, parseWriteName, type ResourceName } from '../store/resource-name.js';
import { storeError } from './requests.js';

export function byteStreamService(store: BlobStore): HandlersOf<Services['byteStream']> {
  return {
    async *read(request): AsyncGenerator<Result<bytestream.ReadResponseInput, RpcError>> {
      const name = parseReadName(request.resourceName);
      if (name.kind !== 'blob') return yield err(badName(name, request.resourceName));
      const { digest } = name;
      if (request.readLimit < 0) return yield err(rpcError('invalid-argument', 'negative read limit'));
      if (request.readOffset < 0 || request.readOffset > digest.sizeBytes) {
        return yield err(rpcError('out-of-range', `offset ${request.readOffset} in a blob of ${digest.sizeBytes} bytes`));
      }
      const limit = request.readLimit === 0 ? undefined : request.readLimit;
      const chunks = store.readStream(digest, request.readOffset, limit);
      if (chunks === undefined) return yield err(rpcError('not-found', 'no such blob'));
      try {
        for await (const chunk of chunks) {
          for (let start = 0; start < chunk.length; start += CHUNK_MAX) yield ok({ data: chunk.subarray(start, start + CHUNK_MAX) });
        }
      } catch (problem) {
        // Damaged or gone under our hands. Nothing that was sent can be taken for the whole.
        yield err(rpcError('not-found', `blob ${digest.hash} cannot be read`, { cause: problem }));
      }
    },

    write: (requests) => receive(store, requests),

    async queryWriteStatus(request) {
      const name = parseWriteName(request.resourceName);
      if (name.kind === 'invalid') return err(badName(name, request.resourceName));
      const complete = name.kind === 'blob' && (await store.has(name.digest));
      return ok(complete ? { committedSize: name.digest.sizeBytes, complete } : { committedSize: 0, complete: false });
    },
  };
}

/** Clients with default settings take 4 MiB a message. */
const CHUNK_MAX = limits.grpcMessageBytesMax / 2;

const badName = (name: ResourceName, text: string): RpcError =>
  name.kind === 'compressed'
    ? rpcError('invalid-argument', 'compressed blobs are not supported')
    : rpcError('invalid-argument', `"${text.slice(0, 300)}" names no blob`);

async function receive(store: BlobStore, requests: AsyncIterable<bytestream.WriteRequest>): Promise<Result<bytestream.WriteResponseInput, RpcError>> {
  let digest: Digest | undefined;
  let resource = '';
  let writer: Awaited<ReturnType<BlobStore['openWrite']>> | undefined;
  let received = 0;
  try {
    for await (const request of requests) {
      if (digest === undefined) {
        resource = request.resourceName;
        const name = parseWriteName(resource);
        if (name.kind !== 'blob') return err(badName(name, resource));
        digest = name.digest;
        // Someone else was faster: the rest of the stream is not needed.
        if (await store.has(digest)) return ok({ committedSize: digest.sizeBytes });
        writer = await store.openWrite(digest);
      } else if (request.resourceName !== '' && request.resourceName !== resource) {
        return err(rpcError('invalid-argument', 'the resource name changed within the stream'));
      }
      if (request.writeOffset !== received) return err(rpcError('invalid-argument', `write at offset ${request.writeOffset}, expected ${received}`));
      received += request.data.length;
      if (received > digest.sizeBytes) return err(rpcError('invalid-argument', `more than the ${digest.sizeBytes} bytes of the digest`));
      if (writer === undefined) throw new Error('a write without a writer');
      const appended = await writer.append(request.data);
      if (!appended.ok) return err(storeError(appended.error));
      if (!request.finishWrite) continue;
      const committed = await writer.commit();
      return committed.ok ? ok({ committedSize: received }) : err(storeError(committed.error));
    }
    return err(rpcError('invalid-argument', 'the stream ended before finish_write'));
  } finally {
    await writer?.abort();
  }
}
