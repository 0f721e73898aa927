// What a gcc or clang command line means for distribution: which files it reads, which it writes, where it looks for
// headers, and what to run elsewhere so that the same bytes come out. Paths are as written on the command line (so
// possibly relative to `cwd`), because messages and debug info depend on the spelling.

export type Family = 'gcc' | 'clang';

export interface ParseRequest {
  family: Family;
  /** Name of the compiler as invoked, e.g. `g++` or `clang++-14`: decides between the C and the C++ driver. A path is accepted too. */
  compilerName: string;
  /** argv without argv[0]. */
  arguments: readonly string[];
  /** Absolute. */
  cwd: string;
  /** The client's whole environment. */
  environment: ReadonlyMap<string, string>;
  /** Port for response files, spec files and terminal descriptions: the bytes of a file, undefined when it cannot be read. */
  readFile(absolutePath: string): Buffer | undefined;
  /** Port: whether something exists at a path. Without it `readFile` is asked. */
  fileExists?(absolutePath: string): boolean;
  /** The user's terminal; without it `remoteArguments` are for a stderr that is no terminal. */
  terminal?: TerminalFacts;
}

/** What the driver takes a file for: its name for `-x`, with `lto` and `ada`-like ones left out (they are compiled locally). */
export type Language =
  | 'c'
  | 'c-header'
  | 'cpp-output'
  | 'c++'
  | 'c++-header'
  | 'c++-cpp-output'
  | 'objective-c'
  | 'objective-c-header'
  | 'objective-c-cpp-output'
  | 'objective-c++'
  | 'objective-c++-header'
  | 'objective-c++-cpp-output'
  | 'assembler'
  | 'assembler-with-cpp';

export type OutputKind =
  | 'object'
  | 'assembly'
  | 'preprocessed'
  | 'bitcode'
  | 'depfile'
  | 'dwo'
  | 'gcno'
  | 'su'
  | 'ci'
  | 'temps'
  | 'pch'
  | 'diagnostics'
  | 'aux';

export interface Output {
  /** As written or derived from what was written; relative ones are relative to `cwd`. */
  path: string;
  kind: OutputKind;
  /** A successful compile always leaves this file. Others appear only for some inputs. */
  required: boolean;
}

export interface SearchPath {
  /** `-iquote` */
  quote: string[];
  /** `-I`, CPATH */
  user: string[];
  /** `-isystem`, C_INCLUDE_PATH and its like */
  system: string[];
  /** `-idirafter` */
  after: string[];
  /** `-nostdinc` */
  noStandard: boolean;
  /** `-nostdinc++` */
  noStandardPlusPlus: boolean;
  /** `-I-` was given: `"x"` is not looked for beside the includer. */
  quoteOnly: boolean;
}

export interface ForcedInclude {
  /** As written: looked for in the working directory first, then along the `"x"` search path. */
  path: string;
  kind: 'include' | 'imacros';
}

/** A header search that the assembler does on its own: `.include` and `.incbin` look in these. */
export interface AssemblerSearch {
  /** From `-Wa,-I` and, because gcc passes its own `-I` on to `as`, the user directories. */
  directories: string[];
}

export interface CommandLineMacro {
  name: string;
  /** Replacement text; `1` for a bare `-DNAME`. */
  value: string;
}

export interface Compile {
  /** As written. */
  source: string;
  language: Language;
  /** False for `.i`, `.ii`, `.s`: no include directive of the source is obeyed (`.incbin` still is). */
  preprocesses: boolean;
  outputs: Output[];
  /** The depfile that `outputs` names too. */
  depfile?: string;
  search: SearchPath;
  /** In command-line order within each kind; gcc reads all `-imacros` before the first `-include`. */
  forcedIncludes: ForcedInclude[];
  /** `-D` that were not taken back by a later `-U`; values that a computed include may expand to. */
  commandLineMacros: CommandLineMacro[];
  /** Files that the compiler opens besides source and headers, as written: response files, specs, plugins, profiles, ... Missing ones matter too. */
  extraInputs: string[];
  /** Directories of which the whole content may be read, as written (`-fprofile-use=DIR`, `-B`). */
  extraDirectories: string[];
  /**
   * `cc <searchArguments> -x LANGUAGE -E -v /dev/null` makes the compiler name its built-in directories for this command
   * line; empty for most, so that one answer serves a whole build. Paths in it are relative to `cwd`.
   */
  searchArguments: string[];
  /** `-march=native` or its like is among the arguments. */
  nativeFlags: boolean;
  /** argv to run remotely, without argv[0]. */
  remoteArguments: string[];
  assemblerSearch: AssemblerSearch;
  /** False when the result depends on more than the inputs (time, process id, names of temporary files). */
  cacheable: boolean;
  /** Programs that the driver starts besides the compiler proper and that must therefore be shipped. */
  tools: ('as' | 'objcopy')[];
  /** Files that a successful compile deletes: gcc removes old counts when it cannot stamp the notes it writes. */
  removes: string[];
  /** Outputs that a failed compile deletes unless it wrote them anew: clang does so, gcc leaves old ones alone. */
  failureRemoves: string[];
  /** What of the user's terminal the arguments could not reproduce, see `planTerminal`. */
  terminalMissing: TerminalAspect[];
}

/** A trait of messages on a terminal: hyperlinks, or lines shifted to fit the width. */
export type TerminalAspect = 'urls' | 'width';

export type LocalWeight = 'light' | 'heavy';

/** Why a command is not distributed. Counted and shown to people: see `localReasons`. */
export type LocalReason =
  | 'link'
  | 'preprocess-only'
  | 'dependencies-only'
  | 'several-sources'
  | 'no-source'
  | 'unknown-option'
  | 'unknown-language'
  | 'stdin-source'
  | 'output-is-stdout'
  | 'output-is-special'
  | 'version-or-help'
  | 'modules'
  | 'clang-pch'
  | 'assembler-listing'
  | 'profile'
  | 'plugin'
  | 'wrapper'
  | 'dump-files'
  | 'compiler-environment'
  | 'header-map'
  | 'spec-file'
  | 'terminal'
  | 'sysroot-relative'
  | 'offload'
  | 'response-file'
  | 'unusual-output-name'
  | 'bad-command-line'
  | 'non-utf8';

export interface Local {
  kind: 'local';
  /** `light`: milliseconds, like `--version` or `-E`. `heavy`: as much as a compile or a link. */
  weight: LocalWeight;
  reason: LocalReason;
  /** The option, file or variable that decided. */
  detail?: string;
}

export type Parsed = Local | { kind: 'remote'; compile: Compile };

/** What the launcher saw of the user's terminal. */
export interface TerminalFacts {
  /** File descriptor 2 is a terminal. */
  stderr: boolean;
  stdout: boolean;
  stdin: boolean;
  /** Width of the terminal, 0 when unknown. */
  columns: number;
}
