// Builds a project natively and with the farm at the same path, and compares every file that the build made.

import { rmSync } from 'node:fs';
import { environment } from './environment.js';
import type { Farm } from './farm.js';
import { binDirectory, launcher } from './paths.js';
import { mustRun } from './run.js';
import { differences, snapshot, type Tree } from './tree.js';

/** What differs between a native build and one with the farm: words in the build's own lines. */
export interface Tools {
  /** `make`, or `mosix-make`. */
  readonly make: string;
  /** CMake arguments that put the launcher in front, or nothing. */
  readonly cmakeLaunchers: string;
}

export interface Project {
  readonly name: string;
  /** Copies the sources to the empty folder where the build happens. */
  readonly prepare: (work: string) => void;
  readonly script: (tools: Tools) => string;
  /** Folder below the work folder to compare; whole work folder by default. */
  readonly keep?: (name: string) => boolean;
}

const nativeTools: Tools = { make: 'make', cmakeLaunchers: '' };
const farmTools: Tools = { make: 'mosix-make', cmakeLaunchers: `-DCMAKE_C_COMPILER_LAUNCHER='${launcher}' -DCMAKE_CXX_COMPILER_LAUNCHER='${launcher}'` };

/** CMake's and ninja's own records, which hold times, or the launcher's name. */
export const isProduct = (name: string): boolean =>
  !/(^|\/)(CMakeCache\.txt|CMakeFiles\/(CMake\w*\.(txt|log|yaml)|\d[\d.]*\/.*|rules\.ninja|TargetDirectories\.txt)|build\.ninja|\.ninja_\w+|compile_commands\.json|CTestTestfile\.cmake|\w+\.cmake)$/.test(name);

async function build(project: Project, work: string, env: Readonly<Record<string, string>>, tools: Tools): Promise<Tree> {
  rmSync(work, { recursive: true, force: true });
  project.prepare(work);
  await mustRun(['bash', '-ec', project.script(tools)], { cwd: work, env, timeoutMs: 900_000 });
  return snapshot(work, project.keep ?? isProduct);
}

export const nativeBuild = (project: Project, work: string, home: string): Promise<Tree> => build(project, work, environment({ home }), nativeTools);

/** `buildId` names the build's counters. */
export function farmBuild(project: Project, work: string, farm: Farm, buildId: string): Promise<Tree> {
  const env = { ...farm.env, PATH: `${binDirectory}:${environment({ home: '/' })['PATH'] ?? ''}`, MOSIX_BUILD_ID: buildId };
  return build(project, work, env, farmTools);
}

export interface Comparison {
  readonly files: number;
  readonly differences: readonly string[];
}

export async function compareBuilds(project: Project, farm: Farm, buildId: string): Promise<Comparison> {
  const work = farm.scratch.folder('build', project.name);
  const native = await nativeBuild(project, work, farm.scratch.folder('home'));
  const farmed = await farmBuild(project, work, farm, buildId);
  rmSync(work, { recursive: true, force: true });
  return { files: native.size, differences: differences(native, farmed) };
}
