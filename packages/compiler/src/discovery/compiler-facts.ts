// What one compiler is on this machine: its family, where it looks for headers, and every file it needs in order to run elsewhere.
// The compiler itself is asked, once per set of options that matter; the answers are void when one of its files changes.
import { execFile } from 'node:child_process';
import { closeSync, existsSync, openSync, readdirSync, readSync, realpathSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { err, fault, ok, type Result } from '@mosix/core';
import type { Family } from '../command-line/index.js';

export interface CompilerFacts {
  readonly family: Family;
  /** First line of the version banner, for people. */
  readonly version: string;
  /** e.g. `x86_64-linux-gnu` */
  readonly target: string;
  /** ELF machine of the driver, as nodes name it: x86_64, aarch64, ... */
  readonly instructionSet: string;
  readonly quoteDirectories: readonly string[];
  readonly angleDirectories: readonly string[];
  /** Directories the compiler would search if they existed. */
  readonly missingDirectories: readonly string[];
  /** Absolute paths, as the compiler opens them; symbolic links are resolved when they are shipped. */
  readonly toolFiles: readonly string[];
  /** Paths that did not exist and would change the compiler if they did: specs, other gcc versions for clang, tools earlier on PATH. */
  readonly absentNames: readonly string[];
  /** Directories of PATH in which the driver found tools that it names without a directory. */
  readonly pathDirectories: readonly string[];
  /** Directories whose existence the driver tests while it looks for its parts. */
  readonly toolDirectories: readonly string[];
}

const PROBE_TIMEOUT_MS = 20_000;
const PROBE_OUTPUT_BYTES_MAX = 4 * 1024 * 1024;

const ELF_MACHINES: ReadonlyMap<number, string> = new Map([
  [3, 'i386'],
  [8, 'mips'],
  [20, 'ppc'],
  [21, 'ppc64'],
  [22, 's390x'],
  [40, 'arm'],
  [62, 'x86_64'],
  [183, 'aarch64'],
  [243, 'riscv64'],
  [258, 'loongarch64'],
]);

/** The machine of an ELF file, `undefined` for scripts and everything else. Header layout: ELF gABI, e_machine at offset 18. */
export function elfMachine(path: string): string | undefined {
  try {
    const file = openSync(path, 'r');
    try {
      const header = Buffer.alloc(20);
      if (readSync(file, header, 0, 20, 0) < 20 || header.readUInt32BE(0) !== 0x7f454c46) return undefined;
      const machine = header[5] === 2 ? header.readUInt16BE(18) : header.readUInt16LE(18);
      return ELF_MACHINES.get(machine) ?? `elf-${machine}`;
    } finally {
      closeSync(file);
    }
  } catch {
    return undefined;
  }
}

interface Answer {
  readonly stdout: string;
  readonly stderr: string;
  readonly ok: boolean;
}

function run(program: string, args: readonly string[], environment: NodeJS.ProcessEnv, cwd: string): Promise<Answer> {
  return new Promise((resolve) => {
    const child = execFile(
      program,
      args,
      { env: environment, cwd, timeout: PROBE_TIMEOUT_MS, maxBuffer: PROBE_OUTPUT_BYTES_MAX, encoding: 'utf8' },
      (error, stdout, stderr) => resolve({ stdout, stderr, ok: error === null }),
    );
    child.stdin?.end();
  });
}

/** The part of `cc -E -v` between its two headings. */
export function parseSearchListing(listing: string): { quote: string[]; angle: string[]; missing: string[] } {
  const quote: string[] = [];
  const angle: string[] = [];
  const missing: string[] = [];
  let list: string[] | undefined;
  for (const line of listing.split('\n')) {
    if (line.startsWith('#include "..."')) list = quote;
    else if (line.startsWith('#include <...>')) list = angle;
    else if (line.startsWith('End of search list')) list = undefined;
    else if (list !== undefined && line.startsWith(' ')) list.push(line.slice(1).replace(/ \(framework directory\)$/, ''));
    else {
      const gone = /^ignoring nonexistent directory "(.*)"$/.exec(line);
      if (gone !== null) missing.push(gone[1] as string);
    }
  }
  return { quote, angle, missing };
}

/** Shared libraries of a dynamically linked program, its loader included, as the loader itself lists them. */
async function sharedLibraries(program: string, environment: NodeJS.ProcessEnv): Promise<string[]> {
  const answer = await run('ldd', [program], environment, '/');
  const paths: string[] = [];
  for (const line of answer.stdout.split('\n')) {
    const match = /^\s*(?:\S+ => )?(\/\S+)(?: \(0x[0-9a-f]+\))?$/.exec(line);
    if (match !== null) paths.push(match[1] as string);
  }
  return paths;
}

export interface CompilerQuestion {
  /** Absolute path as the job will exec it. */
  readonly compiler: string;
  readonly cwd: string;
  /** From the command line: everything that moves built-in directories or tools. */
  readonly searchArguments: readonly string[];
  /** For `-x`: `c`, `c++`, `assembler-with-cpp`, ... */
  readonly language: string;
  /** The client's, less the variables that add search directories (they are applied from the command line's analysis). */
  readonly environment: Readonly<Record<string, string>>;
}

/** The front end and the search directories go with the family of languages; headers and preprocessed sources belong to theirs. */
const probeLanguage = (language: string): string => {
  const dialect = language.includes('c++') ? 'c++' : 'c';
  return language.startsWith('objective') ? `objective-${dialect}` : language === 'assembler-with-cpp' ? language : dialect;
};

/** Errors: `compiler-is-script`, `compiler-foreign`, `compiler-silent`. All of them mean: compile here. */
export async function askCompiler(question: CompilerQuestion): Promise<Result<CompilerFacts>> {
  const { compiler, cwd } = question;
  const instructionSet = elfMachine(compiler);
  if (instructionSet === undefined) return err(fault('compiler-is-script', `${compiler} is not a program of this kind of machine but a script`));
  const environment: NodeJS.ProcessEnv = { ...question.environment, LC_ALL: 'C', MOSIX_NESTED: '1' };
  for (const name of ['CPATH', 'C_INCLUDE_PATH', 'CPLUS_INCLUDE_PATH', 'OBJC_INCLUDE_PATH', 'LANGUAGE', 'LD_PRELOAD']) delete environment[name];
  const language = probeLanguage(question.language);
  const listing = await run(compiler, [...question.searchArguments, '-x', language, '-E', '-v', '/dev/null'], environment, cwd);
  const banner = /^(.*?(gcc|clang) version .*)$/m.exec(listing.stderr);
  if (banner === null) {
    return err(fault('compiler-foreign', `${compiler} answers -v like neither gcc nor clang`));
  }
  if (!listing.ok) return err(fault('compiler-silent', `${compiler} does not answer -E -v: ${listing.stderr.trim().split('\n').at(-1) ?? ''}`));
  const configured = /^Configuration file: (.*)$/m.exec(listing.stderr);
  if (configured !== null) return err(fault('compiler-foreign', `${compiler} takes options from ${configured[1] ?? 'a configuration file'}`));
  const family: Family = banner[2] === 'clang' ? 'clang' : 'gcc';
  const target = /^Target: (.*)$/m.exec(listing.stderr)?.[1] ?? '';
  const search = parseSearchListing(listing.stderr);
  const specs = [...listing.stderr.matchAll(/^Reading specs from (.*)$/gm)].map((match) => match[1] as string);
  const tools = family === 'gcc' ? await gccTools(question, environment, listing.stderr) : await clangTools(question, environment, listing.stderr);
  const programs = [compiler, ...tools.programs];
  const libraries = await Promise.all(programs.map((program) => sharedLibraries(program, environment)));
  const toolFiles = [...new Set([...programs, ...libraries.flat(), ...specs, ...tools.files])].filter((path) => existsSync(path));
  return ok({
    family,
    version: (banner[1] as string).trim(),
    target,
    instructionSet,
    quoteDirectories: search.quote,
    angleDirectories: search.angle,
    missingDirectories: search.missing,
    toolFiles,
    absentNames: [...new Set(tools.absentNames)].filter((path) => !existsSync(path)),
    pathDirectories: [...new Set(tools.pathDirectories)],
    toolDirectories: [...new Set(tools.directories)].filter((path) => existsSync(path)),
  });
}

function filesIn(directory: string): string[] {
  try {
    return readdirSync(directory, { withFileTypes: true }).filter((entry) => entry.isFile()).map((entry) => `${directory}/${entry.name}`);
  } catch {
    return [];
  }
}

interface Tools {
  programs: string[];
  files: string[];
  directories: string[];
  pathDirectories: string[];
  /** Names to be watched where they do not exist. */
  absentNames: string[];
}

/** The front end that `-v` showed (of cc1 and cc1plus, 30 MB each, only one travels), the assembler, and objcopy for split debug information. */
async function gccTools(question: CompilerQuestion, environment: NodeJS.ProcessEnv, verbose: string): Promise<Tools> {
  const { compiler, cwd, searchArguments } = question;
  const frontEnd = /^ (\S*\/cc1(?:plus|obj|objplus)?) /m.exec(verbose)?.[1];
  const names = ['as', 'objcopy'];
  const pathDirectories: string[] = [];
  const absentNames: string[] = [];
  const answers = await Promise.all(
    names.map(async (name) => {
      const answer = await run(compiler, [...searchArguments, `-print-prog-name=${name}`], environment, cwd);
      const path = answer.stdout.trim();
      if (path.startsWith('/')) return path;
      // A bare name means that the driver leaves the search to PATH.
      for (const directory of (environment['PATH'] ?? '').split(':')) {
        if (!directory.startsWith('/')) continue;
        absentNames.push(`${directory}/${path}`);
        if (!existsSync(`${directory}/${path}`)) continue;
        pathDirectories.push(directory);
        return `${directory}/${path}`;
      }
      return undefined;
    }),
  );
  const programs = [frontEnd, ...answers].filter((path): path is string => path !== undefined && existsSync(path));
  // Without -c the driver insists on the linker's plugin, even where nothing is linked (-fsyntax-only).
  const files = frontEnd === undefined ? [] : [`${dirname(frontEnd)}/liblto_plugin.so`];
  return { programs: [...new Set(programs)], files, directories: programs.map((path) => dirname(path)), pathDirectories, absentNames: [...absentNames, ...programs.map((path) => `${dirname(path)}/specs`)] };
}

const GCC_VERSION_MAX = 40;

/** Distribution marks that clang's driver reads; they decide some defaults. */
const CLANG_DISTRIBUTION_FILES = ['/etc/os-release', '/etc/lsb-release', '/etc/debian_version', '/etc/redhat-release'];

/** clang takes the C++ library from the newest gcc it finds; it finds one by its start files. */
async function clangTools(question: CompilerQuestion, environment: NodeJS.ProcessEnv, verbose: string): Promise<Tools> {
  const { compiler, cwd, searchArguments } = question;
  const directories: string[] = [];
  const files: string[] = [...CLANG_DISTRIBUTION_FILES];
  const name = basename(compiler);
  const absentNames: string[] = [...CLANG_DISTRIBUTION_FILES, ...[name, 'clang', 'clang++', `${verbose.match(/^Target: (.*)$/m)?.[1] ?? ''}-${name}`].map((one) => `${dirname(compiler)}/${one}.cfg`)];
  for (const match of verbose.matchAll(/^(?:Found candidate|Selected) GCC installation: (.*)$/gm)) {
    const directory = match[1] as string;
    directories.push(directory);
    for (let version = 4; version <= GCC_VERSION_MAX; version += 1) absentNames.push(`${dirname(directory)}/${version}`);
    for (const name of ['crtbegin.o', 'crtbeginS.o']) files.push(`${directory}/${name}`);
    for (const multilib of ['32', 'x32', '64']) files.push(`${directory}/${multilib}/crtbegin.o`);
  }
  const resources = (await run(compiler, [...searchArguments, '-print-resource-dir'], environment, cwd)).stdout.trim();
  if (resources.startsWith('/')) {
    directories.push(resources, `${resources}/include`);
    files.push(...filesIn(`${resources}/share`)); // lists that sanitizers read
  }
  for (const directory of ['/lib/x86_64-linux-gnu', '/usr/lib/x86_64-linux-gnu', '/lib64', '/usr/lib64', '/lib32', '/usr/lib32']) directories.push(directory);
  const assembler = (await run(compiler, [...searchArguments, '-print-prog-name=as'], environment, cwd)).stdout.trim();
  const objcopy = (await run(compiler, [...searchArguments, '-print-prog-name=objcopy'], environment, cwd)).stdout.trim();
  const programs = [assembler, objcopy].filter((path) => path.startsWith('/'));
  try {
    directories.push(dirname(realpathSync(compiler)));
  } catch {
    // the compiler vanished: the next look at its files will say so
  }
  return { programs, files, directories, pathDirectories: ['/usr/bin', '/bin'], absentNames };
}
