// Content digests as the Remote Execution API names them: SHA-256 in lower-case hex, and the size.

/** `hash`: 64 lower-case hex digits of SHA-256. `sizeBytes`: length of the blob in bytes. */
export interface Digest {
  readonly hash: string;
  readonly sizeBytes: number;
}

/** Port: SHA-256 of some bytes as 64 lower-case hex digits. `core` computes no hashes of its own. */
export type Sha256 = (bytes: Uint8Array) => string;

export const EMPTY_DIGEST: Digest = {
  hash: 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
  sizeBytes: 0,
};

export const isHash = (text: string): boolean => /^[0-9a-f]{64}$/.test(text);

/** Map key, and the form REAPI uses in resource names: `hash/size`. */
export const digestKey = (digest: Digest): string => `${digest.hash}/${digest.sizeBytes}`;

export const sameDigest = (a: Digest, b: Digest): boolean => a.hash === b.hash && a.sizeBytes === b.sizeBytes;
