// REAPI ContentAddressableStorage over the store. Instance names are accepted and ignored: content is the same everywhere.
import { err, limits, ok, type Digest, type Result } from '@mosix/core';
import type { BlobStore } from '@mosix/cas';
import { decode, rpcError, rpcErrorToStatus, type HandlersOf, type reapi, type RpcError, type Services } from '@mosix/protocol';
import { badDigest, isDigest, storeError, wrongFunction } from './requests.js';

export function casService(store: BlobStore): HandlersOf<Services['cas']> {
  return {
    async findMissingBlobs(request) {
      const problem = wrongFunction(request.digestFunction) ?? firstBad(request.blobDigests);
      if (problem !== undefined) return err(problem);
      return ok({ missingBlobDigests: await store.findMissing(request.blobDigests) });
    },

    async batchUpdateBlobs(request) {
      const problem = wrongFunction(request.digestFunction) ?? firstBad(request.requests.map((each) => each.digest));
      if (problem !== undefined) return err(problem);
      return ok({ responses: await Promise.all(request.requests.map((each) => update(store, each))) });
    },

    async batchReadBlobs(request) {
      const problem = wrongFunction(request.digestFunction) ?? firstBad(request.digests);
      if (problem !== undefined) return err(problem);
      const total = request.digests.reduce((sum, digest) => sum + digest.sizeBytes, 0);
      if (total > limits.grpcMessageBytesMax) {
        return err(rpcError('invalid-argument', `${total} bytes in one batch; ${limits.batchBlobBytesMax} are allowed, read larger blobs through ByteStream`));
      }
      const responses = await Promise.all(request.digests.map(async (digest): Promise<reapi.BatchReadBlobsResponse_ResponseInput> => {
        const data = await store.read(digest);
        return data === undefined ? { digest, status: rpcErrorToStatus(rpcError('not-found', 'no such blob')) } : { digest, data };
      }));
      return ok({ responses });
    },

    async *getTree(request): AsyncGenerator<Result<reapi.GetTreeResponseInput, RpcError>> {
      const problem = wrongFunction(request.digestFunction);
      if (problem !== undefined) return yield err(problem);
      if (!isDigest(request.rootDigest)) return yield err(badDigest(request.rootDigest));
      const skip = /^\d{0,9}$/.test(request.pageToken) ? Number(request.pageToken) : undefined;
      if (skip === undefined) return yield err(rpcError('invalid-argument', 'unknown page token'));
      const pageMax = Math.min(request.pageSize > 0 ? request.pageSize : limits.getTreePageEntriesMax, limits.getTreePageEntriesMax);
      yield* pages(store, request.rootDigest, skip, pageMax);
    },
  };
}

const firstBad = (digests: readonly (Digest | null)[]): RpcError | undefined => {
  for (const digest of digests) if (!isDigest(digest)) return badDigest(digest);
  return undefined;
};

async function update(store: BlobStore, { digest, data, compressor }: reapi.BatchUpdateBlobsRequest_Request): Promise<reapi.BatchUpdateBlobsResponse_ResponseInput> {
  if (digest === null) throw new Error('a digest was checked and is gone');
  if (compressor !== 'IDENTITY') return { digest, status: rpcErrorToStatus(rpcError('invalid-argument', `compressor ${compressor} is not supported`)) };
  const written = await store.write(digest, data);
  return { digest, status: written.ok ? { code: 0 } : rpcErrorToStatus(storeError(written.error)) };
}

/** Directories of the tree, parents first, each once. Those that are not in the store are left out, as REAPI allows. */
async function* pages(store: BlobStore, root: Digest, skip: number, pageMax: number): AsyncGenerator<Result<reapi.GetTreeResponseInput, RpcError>> {
  const seen = new Set([root.hash]);
  const queue = [root];
  let page: reapi.Directory[] = [];
  let bytes = 0;
  for (let index = 0; index < queue.length; index++) {
    const digest = queue[index];
    const blob = digest === undefined ? undefined : await store.read(digest);
    if (blob === undefined) {
      if (index === 0) return yield err(rpcError('not-found', 'no such root directory'));
      continue;
    }
    const directory = decode('Directory', blob);
    if (!directory.ok) return yield err(rpcError('invalid-argument', directory.error.message));
    for (const child of directory.value.directories) {
      if (!isDigest(child.digest) || seen.has(child.digest.hash)) continue;
      if (seen.size >= limits.inputFilesMax) return yield err(rpcError('resource-exhausted', `more than ${limits.inputFilesMax} directories`));
      seen.add(child.digest.hash);
      queue.push(child.digest);
    }
    if (index < skip) continue;
    if (page.length > 0 && (page.length >= pageMax || bytes + blob.length > limits.batchBlobBytesMax)) {
      yield ok({ directories: page, nextPageToken: String(index) });
      page = [];
      bytes = 0;
    }
    page.push(directory.value);
    bytes += blob.length;
  }
  yield ok({ directories: page });
}
