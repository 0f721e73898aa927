// SHA-256 of bytes in memory; the port that `core` asks for.
import { hash } from 'node:crypto';
import { fault } from '@mosix/core';
import type { Digest, Fault } from '@mosix/core';

/** 64 lower-case hex digits. */
export const sha256 = (bytes: Uint8Array): string => hash('sha256', bytes, 'hex');

export const digestOf = (bytes: Uint8Array): Digest => ({ hash: sha256(bytes), sizeBytes: bytes.length });

export const matches = (digest: Digest, bytes: Uint8Array): boolean => bytes.length === digest.sizeBytes && sha256(bytes) === digest.hash;

export const mismatch = (digest: Digest, got: string): Fault =>
  fault('digest-mismatch', `the bytes given for blob ${digest.hash}/${digest.sizeBytes} are ${got}`);
