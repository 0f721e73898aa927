// Messages of a grpc-js stream as an async iterable that starts to collect at once. Node's own stream iterator loses an error
// that grpc-js emits before the iteration begins, and it throws; here the end and its reason are kept.
import type { Readable } from 'node:stream';

/** Messages held for a slow reader before the transport is told to wait. */
const BUFFERED_MAX = 16;

export interface Incoming<T> {
  /** No more messages after those already here. The first call counts. */
  finish(): void;
  /** The next message; undefined at the end. One reader only. */
  next(): Promise<T | undefined>;
  readonly finished: boolean;
}

export function collect<T>(stream: Readable): Incoming<T> {
  const queue: T[] = [];
  let head = 0;
  let finished = false;
  let wake: (() => void) | undefined;
  const rouse = (): void => {
    wake?.();
    wake = undefined;
  };
  stream.on('data', (message: T) => {
    queue.push(message);
    if (queue.length - head >= BUFFERED_MAX) stream.pause();
    rouse();
  });
  return {
    finish() {
      finished = true;
      rouse();
    },
    async next() {
      while (head === queue.length && !finished) await new Promise<void>((resolve) => (wake = resolve));
      if (head === queue.length) return undefined;
      const message = queue[head] as T;
      head += 1;
      if (head === queue.length) {
        queue.length = 0;
        head = 0;
        if (stream.isPaused()) stream.resume();
      }
      return message;
    },
    get finished() {
      return finished;
    },
  };
}
