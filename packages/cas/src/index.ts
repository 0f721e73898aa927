export * from './action-cache.js';
export type * from './blob-store.js';
export { openDiskStore } from './disk-store.js';
export { nodeWritePort } from './files.js';
export type { WritePort } from './files.js';
export { digestOf, sha256 } from './hash.js';
export { createMemoryStore } from './memory-store.js';
export type { MemoryStore } from './memory-store.js';
export { withVerifiedReads } from './verified-reads.js';
