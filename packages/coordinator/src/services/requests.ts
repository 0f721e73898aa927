// Checks that every REAPI request needs, and the errors that several services answer with.
import { isHash, limits, type Digest, type Fault } from '@mosix/core';
import { rpcError, type reapi, type RpcError } from '@mosix/protocol';

/** Only SHA-256 is spoken; a request that names no function means it. */
export const wrongFunction = (digestFunction: reapi.DigestFunction_Value): RpcError | undefined =>
  digestFunction === 'UNKNOWN' || digestFunction === 'SHA256'
    ? undefined
    : rpcError('invalid-argument', `digest function ${digestFunction} is not supported, use SHA256`);

export const isDigest = (digest: Digest | null): digest is Digest =>
  digest !== null && isHash(digest.hash) && Number.isSafeInteger(digest.sizeBytes) && digest.sizeBytes >= 0;

export const badDigest = (digest: Digest | null): RpcError =>
  rpcError('invalid-argument', digest === null ? 'a digest is missing in the request' : `"${digest.hash}/${digest.sizeBytes}" is no SHA-256 digest`);

/** What a failed write to the store means to a client. */
export function storeError(problem: Fault): RpcError {
  switch (problem.code) {
    case 'digest-mismatch':
      return rpcError('invalid-argument', problem.message);
    case 'disk-full':
      return rpcError('resource-exhausted', problem.message);
    default:
      return rpcError('internal', problem.message);
  }
}

/** The client has to upload these blobs and ask again. REAPI wants this detail and no other. */
export const missingBlobs = (digests: readonly Digest[]): RpcError =>
  rpcError('failed-precondition', `${digests.length} input blob${digests.length === 1 ? ' is' : 's are'} not in the store`, {
    details: [{ type: 'precondition-failure', violations: digests.slice(0, limits.missingViolationsMax).map(({ hash, sizeBytes }) => ({ type: 'MISSING', subject: `blobs/${hash}/${sizeBytes}`, description: '' })) }],
  });
