// Did the compiler fail, or the node it ran on? A compile error must reach the user from the first node that finds it; a node without
// memory or disk must never be mistaken for one.
import { fault } from '@mosix/core';
import type { Fault } from '@mosix/core';
import type { JobRecord } from './sandbox/record.js';

export interface Evidence {
  readonly record: JobRecord;
  /** Bytes that tell; the end of a long stderr is enough. */
  readonly stderr: string;
  /** The kernel killed some process on this machine for lack of memory while the job ran. */
  readonly memoryKilled: boolean;
}

/**
 * gcc's driver, clang's driver and both when an allocation fails; in English. What another language says instead ends at home, where
 * every failure in it is repeated that does not point at a place in a source. Lack of disk shows without words, too (room.ts).
 */
const OUT_OF_MEMORY =
  /Killed signal terminated program|unable to execute command: Killed|virtual memory exhausted|out of memory allocating \d+ bytes|Cannot allocate memory|std::bad_alloc|LLVM ERROR: out of memory/;
const DISK_FULL = /No space left on device|Disk quota exceeded/;
const TOO_BIG = /File size limit exceeded|File too large/;
const CANNOT_FORK = /fork: Resource temporarily unavailable|cannot fork|vfork: Resource temporarily|posix_spawn: Resource temporarily/;

const SIGKILL = 9;
const SIGXFSZ = 25;

/** A Fault when the node is to blame: codes `out-of-memory`, `disk-full`, `output-too-big`, `sandbox`. Undefined: the result stands. */
export function nodeFailure({ record, stderr, memoryKilled }: Evidence): Fault | undefined {
  const { kind, value } = record.exit;
  if (kind === 'exit' && value === 0) return undefined;
  if (kind === 'signal' && value === SIGKILL) return fault('out-of-memory', 'the compiler was killed, and not by the worker');
  if (OUT_OF_MEMORY.test(stderr)) return fault('out-of-memory', 'the compiler ran out of memory');
  if (memoryKilled) return fault('out-of-memory', 'the kernel ended processes for lack of memory while the compiler ran');
  if (DISK_FULL.test(stderr)) return fault('disk-full', 'the compiler found no space for its files');
  if ((kind === 'signal' && value === SIGXFSZ) || TOO_BIG.test(stderr)) return fault('output-too-big', 'the compiler wrote a file that is too big for a node');
  if (CANNOT_FORK.test(stderr)) return fault('sandbox', 'the compiler could not start its passes');
  return undefined;
}
