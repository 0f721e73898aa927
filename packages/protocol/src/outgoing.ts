// Writing to a grpc-js stream without growing its buffer: a promise for the moment when it has room again.
import type { Writable } from 'node:stream';

/** Resolves on `drain`, or when the stream can take no more at all. */
export function drained(stream: Writable): Promise<void> {
  if (!stream.writableNeedDrain || stream.destroyed || stream.writableEnded) return Promise.resolve();
  return new Promise((resolve) => {
    const events = ['drain', 'close', 'error', 'finish', 'cancelled', 'status'];
    const done = (): void => {
      for (const event of events) stream.off(event, done);
      resolve();
    };
    for (const event of events) stream.on(event, done);
  });
}
