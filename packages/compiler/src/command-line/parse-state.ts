// What the option rules write into while a command line is read, and the effects that several rules share.

import type { Apply } from './option-rule.js';
import type { Family, ForcedInclude, Language, LocalReason, ParseRequest, SearchPath } from './types.js';

export interface ParseState {
  readonly request: ParseRequest;
  readonly family: Family;
  readonly plusPlusDriver: boolean;
  /** The first thing found that rules out a remote compile. Reading goes on, for the weight. */
  refused: { reason: LocalReason; detail: string } | undefined;

  compile: boolean;
  assembly: boolean;
  preprocessOnly: boolean;
  dependenciesOnly: boolean;
  syntaxOnly: boolean;
  /** `-v`, `--version`, `-###` and the like; `asksOnly` when nothing at all is compiled. */
  information: string | undefined;
  asksOnly: boolean;
  emitLlvm: boolean;

  sources: { path: string; language: Language | 'foreign' }[];
  /** Arguments that the linker would get: objects, archives. */
  linkerInputs: string[];
  /** Of the last `-x`; undefined after `-x none`. */
  language: Language | 'foreign' | undefined;
  output: string | undefined;
  outputs: number;

  search: SearchPath;
  includePrefix: string | undefined;
  /** From -iwithprefixbefore: both drivers hand these on after every -I. */
  prefixedUser: string[];
  forcedIncludes: ForcedInclude[];
  macros: Map<string, string>;
  extraInputs: string[];
  extraDirectories: string[];
  searchArguments: string[];
  nativeFlags: boolean;
  specFiles: string[];

  depfileWanted: boolean;
  /** From `-MF`. */
  depfileNamed: string | undefined;
  /** From `-Wp,-MD,FILE` of gcc, which wins over `-MF`. */
  depfileOfPreprocessor: string | undefined;
  preprocessorArguments: string[];
  assemblerArguments: string[];
  assemblerDirectories: string[];
  clangArguments: string[];
  /** Files that some option names as written, whatever else happens. */
  namedOutputs: { path: string; kind: 'aux' | 'diagnostics'; required: boolean }[];

  saveTemps: undefined | 'default' | 'cwd' | 'obj';
  saveTempsOverridesDumpDirectory: boolean;
  dumpDirectory: string | undefined;
  dumpBase: string | undefined;
  dumpBaseExtension: string | undefined;
  splitDwarf: boolean;
  debugInfo: boolean;
  stackUsage: boolean;
  callGraph: boolean;
  coverage: boolean;
  testCoverage: boolean;
  profileNote: string | undefined;
  profileDirectory: string | undefined;
  profilePrefix: boolean;
  profileUse: undefined | { path: string | undefined };
  autoProfile: string | undefined;
  randomSeed: boolean;
  lto: boolean;
  timeTrace: boolean;
  optimizationRecord: undefined | 'yaml' | 'bitstream';
  optimizationRecordFile: string | undefined;
  saveStats: undefined | 'cwd' | 'obj';
  integratedAssembler: boolean;

  cacheable: boolean;
  color: undefined | 'always' | 'never' | 'auto';
  urls: undefined | 'always' | 'never' | 'auto';
  messageLength: boolean;
  /** The object or assembly records the command line, and so would record options added for a terminal. */
  recordsCommandLine: boolean;
  verboseAssembly: boolean;
}

export function newState(request: ParseRequest, plusPlusDriver: boolean): ParseState {
  return {
    request, family: request.family, plusPlusDriver, refused: undefined,
    compile: false, assembly: false, preprocessOnly: false, dependenciesOnly: false, syntaxOnly: false,
    information: undefined, asksOnly: false, emitLlvm: false,
    sources: [], linkerInputs: [], language: undefined, output: undefined, outputs: 0,
    search: { quote: [], user: [], system: [], after: [], noStandard: false, noStandardPlusPlus: false, quoteOnly: false },
    includePrefix: undefined, prefixedUser: [], forcedIncludes: [], macros: new Map(),
    extraInputs: [], extraDirectories: [], searchArguments: [], nativeFlags: false, specFiles: [],
    depfileWanted: false, depfileNamed: undefined, depfileOfPreprocessor: undefined,
    preprocessorArguments: [], assemblerArguments: [], assemblerDirectories: [], clangArguments: [], namedOutputs: [],
    saveTemps: undefined, saveTempsOverridesDumpDirectory: false, dumpDirectory: undefined, dumpBase: undefined, dumpBaseExtension: undefined,
    splitDwarf: false, debugInfo: false, stackUsage: false, callGraph: false, coverage: false, testCoverage: false,
    profileNote: undefined, profileDirectory: undefined, profilePrefix: false, profileUse: undefined, autoProfile: undefined, randomSeed: false,
    lto: false, timeTrace: false, optimizationRecord: undefined, optimizationRecordFile: undefined, saveStats: undefined,
    integratedAssembler: request.family === 'clang',
    cacheable: true, color: undefined, urls: undefined, messageLength: false, recordsCommandLine: false, verboseAssembly: false,
  };
}

/** Notes why this command must stay here; the first reason counts. */
export function refuse(state: ParseState, reason: LocalReason, detail: string): void {
  state.refused ??= { reason, detail };
}

/** Effect of options that rule out a remote compile. */
export const local = (reason: LocalReason): Apply => (state, _value, option) => refuse(state, reason, option);

export const readsFile: Apply = (state, value) => {
  state.extraInputs.push(value);
};

/** Reads a comma-separated list of files. */
export const readsFiles: Apply = (state, value) => {
  for (const path of value.split(',')) if (path !== '') state.extraInputs.push(path);
};

export const notCacheable: Apply = (state) => {
  state.cacheable = false;
};

/** Adds an include directory. `=dir` and `$SYSROOT/dir` move with the sysroot, which only the compiler resolves. */
export const includeDirectory = (chain: 'quote' | 'user' | 'system' | 'after'): Apply => (state, value, option) => {
  const first = value.charCodeAt(0);
  if (first === 61 /* = */ || (first === 36 /* $ */ && value.startsWith('$SYSROOT'))) refuse(state, 'sysroot-relative', option);
  else if (value.endsWith('.hmap')) refuse(state, 'header-map', option);
  else state.search[chain].push(value);
};

/** Effect of an option that is remembered as a fixed value. */
export const set = <Key extends keyof ParseState>(key: Key, to: ParseState[Key]): Apply => (state) => {
  state[key] = to;
};

type KeysFor<T> = { [Key in keyof ParseState]: T extends ParseState[Key] ? Key : never }[keyof ParseState];
type KeysOf<T> = { [Key in keyof ParseState]: ParseState[Key] extends T ? Key : never }[keyof ParseState];

/** Effect of an option whose last value counts. */
export const keep = (key: KeysFor<string>): Apply => (state, value) => {
  (state[key] as string) = value;
};

/** Effect of an option whose values add up. */
export const collect = (key: KeysOf<string[]>): Apply => (state, value) => {
  state[key].push(value);
};

/** `--version` and its like: the compiler answers and compiles nothing. */
export const asks: Apply = (state, _value, option) => {
  state.information ??= option;
  state.asksOnly = true;
};

/** `-v`: the compiler tells what it does, with the names of temporary files, and also compiles. */
export const tells: Apply = (state, _value, option) => {
  state.information ??= option;
};
