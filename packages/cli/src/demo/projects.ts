// The projects that the demo builds: copies of examples/ in a folder of their own, so that nothing is left in the repository.

import { cpSync, existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { install } from '../install.js';
import { onPath } from '../doctor/tools.js';

export interface Project {
  readonly name: string;
  readonly folder: string;
  readonly build: string;
  /** Before each build into an empty build folder; none for a plain Makefile. */
  readonly configure?: (way: 'farm' | 'local') => readonly string[];
  readonly compile: (way: 'farm' | 'local', jobs: number) => readonly string[];
  /** Number of units, once configured. */
  readonly units: () => number;
}

/** `missing`: projects left out, and what they lack. */
export const copyProjects = (into: string): { projects: Project[]; missing: string[] } => {
  const projects = [helloMake(copy('hello-make', into))];
  const lacking = ['cmake', 'ninja', 'g++'].filter((tool) => onPath(tool) === undefined);
  if (lacking.length === 0) projects.push(cppCmake(copy('cpp-cmake', into)));
  return { projects, missing: lacking.length === 0 ? [] : [`cpp-cmake (needs ${lacking.join(', ')})`] };
};

const copy = (name: string, into: string): string => {
  const folder = join(into, name);
  cpSync(join(install.examples, name), folder, { recursive: true, filter: (path) => !path.endsWith('/build') });
  return folder;
};

const helloMake = (folder: string): Project => ({
  name: 'hello-make (C, plain Makefile)',
  folder,
  build: join(folder, 'build'),
  compile: (way, jobs) => [way === 'farm' ? join(install.bin, 'mosix-make') : 'make', '-C', folder, `-j${jobs}`],
  units: () => readdirSync(join(folder, 'src')).filter((name) => name.endsWith('.c')).length,
});

const cppCmake = (folder: string): Project => {
  const build = join(folder, 'build');
  const commands = join(build, 'compile_commands.json');
  return {
    name: 'cpp-cmake (C++17, CMake preset)',
    folder,
    build,
    configure: (way) => ['cmake', '--preset', way === 'farm' ? 'mosix' : 'local', '-S', folder],
    compile: (_way, jobs) => ['ninja', '-C', build, `-j${jobs}`],
    units: () => (existsSync(commands) ? (JSON.parse(readFileSync(commands, 'utf8')) as unknown[]).length : 0),
  };
};
