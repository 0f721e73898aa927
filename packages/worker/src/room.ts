// Room on the disk that a job writes to. A program that finds no space says so in its own language, or not at all: messages and side
// files can be cut short under an exit status of 0. So what a job leaves is trusted only if there was room before it and after it.
import { statfsSync } from 'node:fs';
import { fault, limits } from '@mosix/core';
import type { Fault } from '@mosix/core';

/** Code `disk-full` when the file system of `directory` has less free than a job is promised. */
export function lackOfRoom(directory: string): Fault | undefined {
  try {
    const { bavail, bsize, files, ffree } = statfsSync(directory);
    if (bavail * bsize < limits.jobDiskBytesMin) {
      return fault('disk-full', `${bavail * bsize} bytes are free on the disk of ${directory}; a job needs ${limits.jobDiskBytesMin}`);
    }
    // File systems without a fixed number of files say 0.
    if (files > 0 && ffree < limits.jobDiskInodesMin) return fault('disk-full', `the file system of ${directory} has room for ${ffree} files only`);
  } catch {
    // The job itself will meet what is wrong here.
  }
  return undefined;
}
