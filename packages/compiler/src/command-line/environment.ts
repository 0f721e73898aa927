// Which variables of the client's environment can change a compile. Those that only choose paths, wording or looks go
// along to where the compile runs; those that change which programs run, or make the compiler write further files,
// keep it here.

import type { Family, TerminalFacts } from './types.js';

interface Variable {
  name: string;
  families: Family | 'both';
  /** Only when messages go to a terminal. */
  terminal?: boolean;
}

const both = (name: string, more: { terminal?: boolean } = {}): Variable => ({ name, families: 'both', ...more });

/** Sent along. PATH is not: what the driver finds through it is shipped, and the caller sets PATH to where that is. */
const forwarded: readonly Variable[] = [
  // Both compilers take the name of the working directory from here when it names the same directory: DW_AT_comp_dir.
  both('PWD'),
  // Header directories, after -I (CPATH) and after -isystem (the others).
  both('CPATH'),
  both('C_INCLUDE_PATH'),
  both('CPLUS_INCLUDE_PATH'),
  both('OBJC_INCLUDE_PATH'),
  both('OBJCPLUS_INCLUDE_PATH'),
  // Language of messages, and whether quotes are ‘ ’ or ' ' (character set).
  both('LANG'),
  both('LC_ALL'),
  both('LC_CTYPE'),
  both('LC_MESSAGES'),
  both('LANGUAGE'),
  // What __DATE__ and __TIME__ say. (Without it they say the time here, so such a compile is not for elsewhere and TZ does not matter.)
  both('SOURCE_DATE_EPOCH'),
  // Adds fix-it lines to gcc's messages, terminal or not.
  { name: 'GCC_EXTRA_DIAGNOSTIC_OUTPUT', families: 'gcc' },
  // Colours: gcc obeys GCC_COLORS whenever colours are on, also through -fdiagnostics-color=always.
  { name: 'GCC_COLORS', families: 'gcc' },
  // How hyperlinks are ended.
  { name: 'GCC_URLS', families: 'gcc' },
  { name: 'TERM_URLS', families: 'gcc' },
  { name: 'NO_COLOR', families: 'clang' },
  // What the terminal can do.
  both('TERM', { terminal: true }),
  { name: 'COLORTERM', families: 'gcc', terminal: true },
  both('COLUMNS', { terminal: true }),
  // Whether clang reads its default configuration files.
  { name: 'CLANG_NO_DEFAULT_CONFIG', families: 'clang' },
  // Targets of cross compiles for Apple systems.
  { name: 'SDKROOT', families: 'clang' },
  { name: 'MACOSX_DEPLOYMENT_TARGET', families: 'clang' },
  { name: 'IPHONEOS_DEPLOYMENT_TARGET', families: 'clang' },
];

/**
 * Keep the compile here. LIBRARY_PATH and LPATH are not among them: they matter to links alone. Neither are TMPDIR
 * (names of temporary files, random anyway), MAKEFLAGS (the job server, for parallel LTO links) or LD_LIBRARY_PATH
 * (needed by the compiler at most to start; whoever captures the toolchain decides).
 */
const decidingVariables: readonly Variable[] = [
  // Other directories for cc1, as and specs.
  both('COMPILER_PATH'),
  { name: 'GCC_EXEC_PREFIX', families: 'gcc' },
  // A second depfile, appended to.
  both('DEPENDENCIES_OUTPUT'),
  both('SUNPRO_DEPENDENCIES'),
  // Compiles everything twice.
  { name: 'GCC_COMPARE_DEBUG', families: 'gcc' },
  // Edits the command line.
  { name: 'CCC_OVERRIDE_OPTIONS', families: 'clang' },
  { name: 'CCC_ADD_ARGS', families: 'clang' },
  // Logs, to files or stderr.
  { name: 'CC_PRINT_OPTIONS', families: 'clang' },
  { name: 'CC_PRINT_HEADERS', families: 'clang' },
  { name: 'CC_LOG_DIAGNOSTICS', families: 'clang' },
  { name: 'CC_PRINT_PROC_STAT', families: 'clang' },
];

/** The first variable that keeps a compile here, if any is set. */
export function decidingVariable(family: Family, environment: ReadonlyMap<string, string>): string | undefined {
  for (const { name, families } of decidingVariables) {
    if ((families === 'both' || families === family) && environment.has(name)) return name;
  }
  return undefined;
}

/** The variables to run a compile with elsewhere, in the order of their names. `PATH` is left to the caller. */
export function remoteEnvironment(
  environment: ReadonlyMap<string, string>,
  terminal?: TerminalFacts,
  family?: Family,
): ReadonlyMap<string, string> {
  const result: [string, string][] = [];
  for (const variable of forwarded) {
    const value = environment.get(variable.name);
    if (value === undefined) continue;
    if (variable.terminal === true && terminal?.stderr !== true) continue;
    if (family !== undefined && variable.families !== 'both' && variable.families !== family) continue;
    result.push([variable.name, value]);
  }
  result.sort(([a], [b]) => (a < b ? -1 : 1));
  return new Map(result);
}
