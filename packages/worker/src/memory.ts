// How much memory this node has for jobs, and how much of it is free: the machine's, or less when a control group says so.
import { totalmem } from 'node:os';
import { ownGroups, readText } from './cpu-quota.js';
import type { ReadText } from './cpu-quota.js';

export interface Memory {
  readonly totalBytes: number;
  /** Could be used without swapping. */
  readonly availableBytes: number;
}

/** MemAvailable of /proc/meminfo. */
export function parseAvailableMemory(meminfo: string): number {
  const match = /^MemAvailable:\s+(\d+) kB$/m.exec(meminfo) ?? /^MemFree:\s+(\d+) kB$/m.exec(meminfo);
  return match === null ? 0 : Number(match[1]) * 1024;
}

/** A group's limit and what it has left; undefined without a limit. File pages that nobody has used of late count as free. */
function groupMemory(directory: string, machineBytes: number, read: ReadText): Memory | undefined {
  const limit = Number(read(`${directory}/memory.max`) ?? read(`${directory}/memory.limit_in_bytes`));
  if (!(limit < machineBytes)) return undefined; // "max" is no number, and version 1 writes a huge one
  const used = Number(read(`${directory}/memory.current`) ?? read(`${directory}/memory.usage_in_bytes`) ?? 0);
  const stat = read(`${directory}/memory.stat`) ?? '';
  const idle = Number((/^total_inactive_file (\d+)$/m.exec(stat) ?? /^inactive_file (\d+)$/m.exec(stat))?.[1] ?? 0);
  return { totalBytes: limit, availableBytes: Math.max(0, limit - Math.max(0, used - idle)) };
}

/** The groups of a process do not change while it lives; their limits are asked anew each time. */
export function createMemoryGauge(machineBytes: number = totalmem(), read: ReadText = readText, root = '/sys/fs/cgroup'): () => Memory {
  const groups = ownGroups('memory', read, root).filter((group) => (read(`${group}/memory.max`) ?? read(`${group}/memory.limit_in_bytes`)) !== undefined);
  return () => {
    let memory: Memory = { totalBytes: machineBytes, availableBytes: parseAvailableMemory(read('/proc/meminfo') ?? '') };
    for (const directory of groups) {
      const group = groupMemory(directory, machineBytes, read);
      if (group === undefined) continue;
      memory = { totalBytes: Math.min(memory.totalBytes, group.totalBytes), availableBytes: Math.min(memory.availableBytes, group.availableBytes) };
    }
    return memory;
  };
}
