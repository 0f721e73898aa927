// What a worker tells about its machine: instruction sets, memory, disk, and how busy other people keep it.
import { existsSync } from 'node:fs';
import { statfs } from 'node:fs/promises';
import { arch } from 'node:os';
import { readText } from './cpu-quota.js';

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

export interface MachineCpu {
  readonly processors: number;
  /** Time of all of them in which something ran, or another virtual machine did. */
  readonly busyUs: number;
}

/** /proc/stat, see proc(5); counted in hundredths of a second. */
export function parseCpu(stat: string): MachineCpu {
  const [user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0, steal = 0] = (/^cpu +([\d ]+)$/m.exec(stat)?.[1] ?? '').split(' ').map(Number);
  return { processors: stat.match(/^cpu\d/gm)?.length ?? 0, busyUs: (user + nice + system + irq + softirq + steal) * 10_000 };
}

/** Share of the last 10 s in which some task waited for memory, 0 to 1; 0 where the kernel does not tell (/proc/pressure/memory). */
export const parsePressure = (pressure: string): number => Math.min(1, Number(/^some avg10=([\d.]+)/m.exec(pressure)?.[1] ?? 0) / 100);

/** Kernel out-of-memory kills since boot (`oom_kill` of /proc/vmstat). */
export const parseMemoryKills = (vmstat: string): number => Number(/^oom_kill (\d+)$/m.exec(vmstat)?.[1] ?? 0);

const read = (path: string): string => readText(path) ?? '';

/** Reading /proc/vmstat makes the kernel add up all processors' counters: not for every job. */
const MEMORY_KILLS_AGE_MS_MAX = 1_000;
let memoryKillsSeen = { count: 0, atMs: -Infinity };

/** `fresh: false`: perhaps a second old. A kill of that second is then laid at a later job's door, which at worst runs elsewhere. */
export function memoryKills({ fresh }: { readonly fresh: boolean }): number {
  const nowMs = performance.now();
  if (fresh || nowMs - memoryKillsSeen.atMs > MEMORY_KILLS_AGE_MS_MAX) memoryKillsSeen = { count: parseMemoryKills(read('/proc/vmstat')), atMs: nowMs };
  return memoryKillsSeen.count;
}

export const machineCpu = (): MachineCpu => parseCpu(read('/proc/stat'));
export const memoryPressure = (): number => parsePressure(read('/proc/pressure/memory'));

/** Of the file system that holds `directory`; 0 when it cannot be asked, so that a disk without any room says 1. */
export async function freeDiskBytes(directory: string): Promise<number> {
  const disk = await statfs(directory).catch(() => undefined);
  return disk === undefined ? 0 : Math.max(1, disk.bavail * disk.bsize);
}
