// The builds that are recorded, as lists of commands in the order in which make would run them. Sources come from the package registry.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** One command of a build. */
export interface Edge {
  /** Below the build folder. */
  readonly output: string;
  readonly kind: 'compile' | 'home';
  /** Without a shell's syntax when it is a list; else for `sh -c`. */
  readonly command: string | readonly string[];
  /** Absolute, or below the build folder. */
  readonly source: string | undefined;
  /** All outputs of other commands that it reads or has to wait for. */
  readonly needs: readonly string[];
  readonly depfile: string | undefined;
}

export interface Project {
  readonly name: string;
  /** Compiler and flags, for people. */
  readonly build: string;
  /** Commands run here. */
  readonly directory: string;
  readonly edges: readonly Edge[];
}

const packages = { re2: '1.27.1', 'better-sqlite3': '12.11.1', 'classic-level': '3.0.0', lmdb: '3.5.6' } as const;

/** Folder of the unpacked package below `cache`. Throws when the registry cannot be reached: there is nothing to record then. */
export function fetchSource(cache: string, name: keyof typeof packages): string {
  const version = packages[name];
  const folder = join(cache, 'sources', `${name}-${version}`);
  if (existsSync(folder)) return folder;
  const archives = join(cache, 'npm');
  mkdirSync(archives, { recursive: true });
  const archive = join(archives, `${name}-${version}.tgz`);
  if (!existsSync(archive)) execFileSync('npm', ['pack', `${name}@${version}`, '--ignore-scripts', '--silent', '--pack-destination', archives], { stdio: 'inherit' });
  mkdirSync(folder, { recursive: true });
  execFileSync('tar', ['xzf', archive, '-C', folder, '--strip-components=1']);
  return folder;
}

const FLAGS = ['-O2'];

function compile(compiler: string, source: string, output: string, flags: readonly string[]): Edge {
  const depfile = `${output}.d`;
  return { output, kind: 'compile', source, needs: [], depfile, command: [compiler, ...FLAGS, ...flags, '-MD', '-MF', depfile, '-c', source, '-o', output] };
}

const archive = (output: string, needs: readonly string[]): Edge => ({ output, kind: 'home', source: undefined, needs, depfile: undefined, command: ['ar', 'rcs', output, ...needs] });

const link = (driver: string, output: string, needs: readonly string[], libraries: readonly string[]): Edge => ({
  output, kind: 'home', source: undefined, needs, depfile: undefined, command: [driver, '-o', output, ...needs, ...libraries],
});

const objectOf = (source: string): string => `${source.replaceAll('/', '_').replace(/\.\w+$/, '')}.o`;

export function lmdb(cache: string, directory: string): Project {
  const sources = join(fetchSource(cache, 'lmdb'), 'dependencies/lmdb/libraries/liblmdb');
  const programs = ['mdb_stat', 'mdb_copy', 'mdb_dump', 'mdb_load', 'mdb_drop', 'mtest', 'mtest2', 'mtest3', 'mtest4', 'mtest5'].filter((name) => existsSync(join(sources, `${name}.c`)));
  const library = ['mdb.o', 'midl.o'];
  const edges = [
    ...['mdb', 'midl', 'module', ...programs].map((name) => compile('gcc', join(sources, `${name}.c`), `${name}.o`, ['-pthread', '-w'])),
    archive('liblmdb.a', library),
    ...programs.map((name) => link('gcc', name, [`${name}.o`, 'module.o', 'liblmdb.a'], ['-pthread', '-ldl'])),
  ];
  return { name: 'lmdb', build: 'gcc -O2', directory, edges };
}

function filesBelow(folder: string, extension: string, prefix = ''): string[] {
  return readdirSync(join(folder, prefix), { withFileTypes: true })
    .flatMap((entry) => {
      const path = prefix === '' ? entry.name : `${prefix}/${entry.name}`;
      return entry.isDirectory() ? filesBelow(folder, extension, path) : path.endsWith(extension) ? [path] : [];
    })
    .sort();
}

export function leveldb(cache: string, directory: string): Project {
  const sources = join(fetchSource(cache, 'classic-level'), 'deps/leveldb/leveldb-1.20');
  const units = ['db', 'helpers', 'port', 'table', 'util']
    .flatMap((folder) => filesBelow(sources, '.cc', folder))
    .filter((name) => !/_test\.cc$|\/(c|db_bench|leveldbutil)\.cc$/.test(name));
  const flags = ['-std=c++11', '-pthread', '-DOS_LINUX', '-DLEVELDB_PLATFORM_POSIX', `-I${sources}`, `-I${sources}/include`];
  const objects = units.map(objectOf);
  const edges = [
    ...units.map((name) => compile('g++', join(sources, name), objectOf(name), flags)),
    compile('g++', join(sources, 'db/leveldbutil.cc'), 'leveldbutil.o', flags),
    archive('libleveldb.a', objects),
    link('g++', 'leveldbutil', ['leveldbutil.o', 'libleveldb.a'], ['-pthread']),
  ];
  return { name: 'leveldb', build: 'g++ -O2', directory, edges };
}

/** SQLite's one large unit, which this make starts last, among the small ones of lz4 and snappy. */
export function sqlite(cache: string, directory: string): Project {
  const amalgamation = join(fetchSource(cache, 'better-sqlite3'), 'deps/sqlite3');
  const lz4 = join(fetchSource(cache, 'lmdb'), 'dependencies/lz4/lib');
  const small = filesBelow(lz4, '.c').map((name) => compile('gcc', join(lz4, name), objectOf(name), [`-I${lz4}`]));
  const large = compile('gcc', join(amalgamation, 'sqlite3.c'), 'sqlite3.o', ['-DSQLITE_ENABLE_FTS5']);
  const edges = [...small, large, archive('libsqlite3.a', ['sqlite3.o']), archive('liblz4.a', small.map((edge) => edge.output))];
  return { name: 'sqlite', build: 'gcc -O2', directory, edges };
}

interface CompileCommand {
  readonly command: string;
  readonly file: string;
  readonly output: string;
}

const unescape = (text: string): string => text.replace(/\$(.)/g, '$1');

/** `build OUT… | OUT…: RULE IN… | IN… || IN…` of a build.ninja, as a map of each output to all it waits for. */
export function ninjaNeeds(text: string): Map<string, { readonly rule: string; readonly needs: readonly string[] }> {
  const edges = new Map<string, { rule: string; needs: string[] }>();
  for (const line of text.replace(/\$\n\s*/g, '').split('\n')) {
    const match = /^build ((?:\$.|[^:$])*): (\S+) ?(.*)$/.exec(line);
    if (match === null) continue;
    const words = (part: string): string[] => [...part.matchAll(/(?:\$.|[^\s$])+/g)].map((word) => unescape(word[0])).filter((word) => !/^\|{1,2}$/.test(word));
    for (const output of words(match[1] ?? '')) edges.set(output, { rule: match[2] ?? '', needs: words(match[3] ?? '') });
  }
  return edges;
}

/** abseil and re2 by CMake: the commands and the real graph of the build.ninja that CMake writes. */
export function abseilAndRe2(cache: string, directory: string): readonly Project[] {
  const vendor = join(fetchSource(cache, 're2'), 'vendor');
  const top = join(directory, 'top');
  const out = join(directory, 'out');
  mkdirSync(top, { recursive: true });
  writeFileSync(join(top, 'CMakeLists.txt'), `cmake_minimum_required(VERSION 3.22)
project(re2_with_abseil CXX)
set(CMAKE_CXX_STANDARD 17)
set(ABSL_PROPAGATE_CXX_STD ON)
set(ABSL_ENABLE_INSTALL OFF)
set(RE2_INSTALL OFF)
add_subdirectory(${vendor}/abseil-cpp abseil-cpp)
add_subdirectory(${vendor}/re2 re2)
add_executable(testinstall ${vendor}/re2/testinstall.cc)
target_link_libraries(testinstall re2)
`);
  execFileSync('cmake', ['-G', 'Ninja', '-S', top, '-B', out, '-DCMAKE_BUILD_TYPE=', '-DCMAKE_CXX_FLAGS=-O2'], { stdio: 'ignore' });
  const graph = ninjaNeeds(readFileSync(join(out, 'build.ninja'), 'utf8'));
  const commands = JSON.parse(execFileSync('ninja', ['-C', out, '-t', 'compdb', '-x'], { encoding: 'utf8', maxBuffer: 1 << 28 }).replace(/^ninja: .*\n/, '')) as CompileCommand[];
  // What stands behind phony targets and aliases.
  const real = new Set(commands.filter((each) => /COMPILER|LINKER/.test(graph.get(each.output)?.rule ?? '')).map((each) => each.output));
  const behind = (name: string, seen: Set<string>): string[] => {
    if (seen.has(name)) return [];
    seen.add(name);
    if (real.has(name)) return [name];
    return (graph.get(name)?.needs ?? []).flatMap((each) => behind(each, seen));
  };
  const edges = commands
    .filter((each) => real.has(each.output))
    .map((each): Edge => {
      const isCompile = /COMPILER/.test(graph.get(each.output)?.rule ?? '');
      const needs = (graph.get(each.output)?.needs ?? []).flatMap((name) => behind(name, new Set())).filter((name) => name !== each.output);
      // An object waits for the libraries that its target links only on paper: their headers are there from the start.
      return {
        output: each.output, kind: isCompile ? 'compile' : 'home', command: each.command, source: isCompile ? each.file : undefined,
        needs: isCompile ? [] : [...new Set(needs)], depfile: isCompile ? `${each.output}.d` : undefined,
      };
    });
  const own = (name: string, belongs: (output: string) => boolean): Project => ({ name, build: 'g++ -O2 -std=c++17, CMake', directory: out, edges: edges.filter((edge) => belongs(edge.output)) });
  const isAbseil = (output: string): boolean => output.startsWith('abseil-cpp/');
  return [own('abseil', isAbseil), own('re2', (output) => !isAbseil(output))];
}
