// One remembered cost as the disk keeps it, 32 bytes: when it was last used (a counter), jobs seen, and four figures whose seventh digit
// does not matter.
import type { CostRecord } from '@mosix/core';

export interface StoredRecord {
  /** Grows with every use of any record. */
  readonly sequence: number;
  readonly record: CostRecord;
}

const BYTES = 32;
const COUNT_MAX = 0xffffffff;

export function encodeRecord({ sequence, record }: StoredRecord): Buffer {
  const bytes = Buffer.allocUnsafe(BYTES);
  bytes.writeDoubleLE(sequence, 0);
  bytes.writeUInt32LE(Math.min(record.count, COUNT_MAX), 8);
  bytes.writeFloatLE(record.meanLog, 12);
  bytes.writeFloatLE(record.varianceLog, 16);
  bytes.writeFloatLE(record.memoryBytes, 20);
  bytes.writeDoubleLE(record.outputBytes, 24);
  return bytes;
}

/** Undefined: these bytes are none of ours. */
export function decodeRecord(bytes: Uint8Array): StoredRecord | undefined {
  if (bytes.length !== BYTES) return undefined;
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const sequence = view.readDoubleLE(0);
  const record = { count: view.readUInt32LE(8), meanLog: view.readFloatLE(12), varianceLog: view.readFloatLE(16), memoryBytes: view.readFloatLE(20), outputBytes: view.readDoubleLE(24) };
  const sound = Number.isSafeInteger(sequence) && sequence >= 0 && Number.isFinite(record.meanLog) && record.varianceLog >= 0 && record.memoryBytes >= 0 && record.outputBytes >= 0;
  return sound && Number.isFinite(record.varianceLog) && Number.isFinite(record.memoryBytes) && Number.isFinite(record.outputBytes) ? { sequence, record } : undefined;
}
