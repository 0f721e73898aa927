// Names of leases: unguessable, and they carry the digest of their action, so that a coordinator that was restarted knows what a
// worker is still running without having kept a journal.
import { randomUUID } from 'node:crypto';
import { isHash, type Digest } from '@mosix/core';

export const newLeaseId = (actionKey: string): string => `${actionKey}/${randomUUID()}`;

/** The action of a lease; undefined when the name was not made here. */
export function actionOfLease(leaseId: string): Digest | undefined {
  const [hash = '', size = '', secret = '', ...more] = leaseId.split('/');
  return isHash(hash) && /^\d{1,15}$/.test(size) && secret !== '' && more.length === 0 ? { hash, sizeBytes: Number(size) } : undefined;
}
