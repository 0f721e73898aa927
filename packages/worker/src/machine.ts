// What a worker tells about its machine: instruction sets, memory, disk, and how busy other people keep it.
import { existsSync, readFileSync } from 'node:fs';
import { statfs } from 'node:fs/promises';
import { arch, totalmem } from 'node:os';

/** ELF machine names that this machine's kernel and processor run, by Node's name of the architecture. */
const INSTRUCTION_SETS: Readonly<Record<string, readonly string[]>> = {
  x64: ['x86_64', 'i386'],
  ia32: ['i386'],
  arm64: ['aarch64'],
  arm: ['arm'],
  riscv64: ['riscv64'],
  ppc64: ['ppc64le'],
  s390x: ['s390x'],
  loong64: ['loongarch64'],
};

/** The 32-bit vDSO's switch exists only in 64-bit x86 kernels that were built to run 32-bit programs. */
const runs32Bit = (): boolean => existsSync('/proc/sys/abi/vsyscall32');

export const instructionSets = (architecture: string = arch(), also32Bit: boolean = runs32Bit()): readonly string[] => {
  if (architecture === 'x64' && !also32Bit) return ['x86_64'];
  return INSTRUCTION_SETS[architecture] ?? [architecture];
};

export const memoryBytes = (): number => totalmem();

/** MemAvailable of /proc/meminfo: what could be used without swapping. */
export function parseAvailableMemory(meminfo: string): number {
  const match = /^MemAvailable:\s+(\d+) kB$/m.exec(meminfo) ?? /^MemFree:\s+(\d+) kB$/m.exec(meminfo);
  return match === null ? 0 : Number(match[1]) * 1024;
}

/** Runnable tasks, averaged over a minute by the kernel. */
export const parseLoad = (loadavg: string): number => Number(/^[\d.]+/.exec(loadavg)?.[0] ?? 0);

/** Kernel out-of-memory kills since boot (`oom_kill` of /proc/vmstat). */
export const parseMemoryKills = (vmstat: string): number => Number(/^oom_kill (\d+)$/m.exec(vmstat)?.[1] ?? 0);

const read = (path: string): string => {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return '';
  }
};

/** Reading /proc/vmstat makes the kernel add up all processors' counters: not for every job. */
const MEMORY_KILLS_AGE_MS_MAX = 1_000;
let memoryKillsSeen = { count: 0, atMs: -Infinity };

/** `fresh: false`: perhaps a second old. A kill of that second is then laid at a later job's door, which at worst runs elsewhere. */
export function memoryKills({ fresh }: { readonly fresh: boolean }): number {
  const nowMs = performance.now();
  if (fresh || nowMs - memoryKillsSeen.atMs > MEMORY_KILLS_AGE_MS_MAX) memoryKillsSeen = { count: parseMemoryKills(read('/proc/vmstat')), atMs: nowMs };
  return memoryKillsSeen.count;
}

export interface MachineState {
  /** Other people's runnable tasks: the kernel's average less our own, never below 0. */
  readonly load: number;
  readonly freeMemoryBytes: number;
  readonly freeDiskBytes: number;
}

/** `ownLoad`: our jobs, averaged over the same minute as the kernel's figure (see createOwnLoad). */
export async function machineState(directory: string, ownLoad: number): Promise<MachineState> {
  const disk = await statfs(directory).catch(() => undefined);
  return {
    load: Math.max(0, parseLoad(read('/proc/loadavg')) - ownLoad),
    freeMemoryBytes: parseAvailableMemory(read('/proc/meminfo')),
    freeDiskBytes: disk === undefined ? 0 : disk.bavail * disk.bsize,
  };
}

/**
 * The kernel's one-minute average lags behind: subtracting the present number of jobs from it would show a negative load when jobs
 * begin and a false one when they end. This averages our own number the same way: load(t) = load·e^(−Δt/60 s) + n·(1 − e^(−Δt/60 s)).
 */
export function createOwnLoad(): (running: number, nowMs: number) => number {
  let average = 0;
  let lastMs: number | undefined;
  let lastRunning = 0;
  return (running, nowMs) => {
    const decay = lastMs === undefined ? 1 : Math.exp(-Math.max(0, nowMs - lastMs) / 60_000);
    average = average * decay + lastRunning * (1 - decay);
    lastMs = nowMs;
    lastRunning = running;
    return average;
  };
}
