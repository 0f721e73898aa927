// Reads a command line once, left to right, and says whether the compile can be done elsewhere and with which files.

import { readAssemblerArguments } from './assembler-arguments.js';
import { clangIndex } from './clang-options.js';
import { clangOutputs } from './clang-outputs.js';
import { decidingVariable } from './environment.js';
import { gccIndex } from './gcc-options.js';
import { gccOutputs, gccProfileInputs } from './gcc-outputs.js';
import { readClangArguments, readClangWp, readPreprocessorArguments } from './inner-arguments.js';
import { isPlusPlusDriver, languageFacts, languageOf } from './languages.js';
import { findOption, type OptionIndex } from './option-rule.js';
import { newState, refuse, type ParseState } from './parse-state.js';
import { expandResponseFiles } from './response-file.js';
import { planTerminal, type MessageOptions } from './terminal.js';
import type { Compile, Family, Language, Local, LocalReason, LocalWeight, Parsed, ParseRequest, TerminalFacts } from './types.js';

/** Decides about one compiler run. Never fails: what is not understood is local. */
export function parseCommandLine(request: ParseRequest): Parsed {
  const expanded = expandResponseFiles(request);
  const state = newState(request, isPlusPlusDriver(request.compilerName));
  readArguments(state, indexOf(request.family), expanded.arguments);
  if (expanded.unreadable !== undefined) return local(state, 'heavy', 'response-file', `@${expanded.unreadable}`);

  const early = unlikeACompile(state);
  if (early !== undefined) return early;

  const source = state.sources[0];
  if (source === undefined) return local(state, 'light', 'no-source');
  if (source.language === 'foreign') {
    refuse(state, 'unknown-language', source.path);
    return local(state, 'heavy', state.refused?.reason ?? 'unknown-language', state.refused?.detail);
  }
  checkNames(state, source.path);
  const variable = decidingVariable(request.family, request.environment);
  if (variable !== undefined) refuse(state, 'compiler-environment', variable);
  const refused = refusal(state);
  if (refused !== undefined) return refused;

  readSpecFiles(state);
  checkClangPrecompiled(state);
  const compile = describe(state, source.path, source.language, expanded.files);
  return refusal(state) ?? { kind: 'remote', compile };
}

const indexOf = (family: Family): OptionIndex => (family === 'gcc' ? gccIndex : clangIndex);

function readArguments(state: ParseState, index: OptionIndex, list: readonly string[]): void {
  const clang = state.family === 'clang';
  for (let at = 0; at < list.length; ) {
    const argument = list[at++] ?? '';
    if (argument.includes('\ufffd')) refuse(state, 'non-utf8', argument);
    if (argument.charCodeAt(0) !== 45 /* - */ || argument.length === 1) {
      addFile(state, argument);
      continue;
    }
    if (clang && argument.startsWith('-Wp,')) {
      readClangWp(state, argument.slice(4), argument);
      continue;
    }
    const rule = findOption(index, argument);
    if (rule === undefined) {
      refuse(state, 'unknown-option', argument);
      continue;
    }
    let value = '';
    let taken: string | undefined;
    if (rule.style === 'separate' || (rule.style === 'joined-or-separate' && argument.length === rule.name.length)) {
      taken = list[at++];
      if (taken === undefined) {
        refuse(state, 'bad-command-line', argument);
        return;
      }
      if (taken.includes('\ufffd')) refuse(state, 'non-utf8', taken);
      value = taken;
    } else if (rule.style !== 'flag') {
      value = argument.slice(rule.name.length);
    }
    if (rule.search === true) {
      state.searchArguments.push(argument);
      if (taken !== undefined) state.searchArguments.push(taken);
    }
    rule.apply?.(state, value, argument);
  }
  state.search.user.push(...state.prefixedUser);
  readPreprocessorArguments(state, index);
  readClangArguments(state);
  readAssemblerArguments(state);
}

function addFile(state: ParseState, path: string): void {
  if (state.language !== undefined) {
    state.sources.push({ path, language: state.language });
    return;
  }
  const language = path === '-' ? 'foreign' : languageOf(path, state.family, state.plusPlusDriver);
  if (language === 'object') state.linkerInputs.push(path);
  else state.sources.push({ path, language });
}

function local(state: ParseState, weight: LocalWeight, reason: LocalReason, detail?: string): Local {
  const quick = state.preprocessOnly || state.dependenciesOnly;
  return { kind: 'local', weight: quick ? 'light' : weight, reason, ...(detail === undefined ? {} : { detail }) };
}

const refusal = (state: ParseState): Local | undefined =>
  state.refused === undefined ? undefined : local(state, 'heavy', state.refused.reason, state.refused.detail);

/** Runs that are no compile of one source into files: queries, preprocessing, links. Their own reason comes first. */
function unlikeACompile(state: ParseState): Local | undefined {
  const { sources, linkerInputs } = state;
  const compiles = state.compile || state.assembly || state.syntaxOnly;
  const headers = sources.length > 0 && sources.every(({ language }) => language !== 'foreign' && languageFacts[language].header);
  if (state.information !== undefined) {
    const nothing = state.asksOnly || (sources.length === 0 && linkerInputs.length === 0);
    return local(state, nothing ? 'light' : 'heavy', 'version-or-help', state.information);
  }
  if (state.dependenciesOnly) return local(state, 'light', 'dependencies-only');
  if (state.preprocessOnly) return local(state, 'light', 'preprocess-only');
  if (sources.some(({ path }) => path === '-' || path.startsWith('/dev/') || path.startsWith('/proc/'))) return local(state, 'light', 'stdin-source');
  if (sources.length === 0 && (compiles || linkerInputs.length === 0)) return local(state, 'light', 'no-source', linkerInputs[0] ?? state.refused?.detail);
  if (!compiles && !headers) return local(state, 'heavy', 'link');
  if (sources.length > 1 || linkerInputs.length > 0) return local(state, 'heavy', 'several-sources', sources[1]?.path ?? linkerInputs[0]);
  return undefined;
}

function checkNames(state: ParseState, source: string): void {
  const { output } = state;
  if (state.request.cwd.includes('\ufffd')) refuse(state, 'non-utf8', state.request.cwd);
  if (source === '') refuse(state, 'bad-command-line', source);
  if (output === undefined) return;
  if (output === '-') refuse(state, 'output-is-stdout', '-o -');
  else if (output.startsWith('/dev/')) refuse(state, 'output-is-special', output);
  else if (output === '' || output === source || output.endsWith('/') || state.outputs > 1) refuse(state, 'bad-command-line', `-o ${output}`);
}

/** Words in a spec file that could make gcc read or write further files. */
const farReachingSpecs = /%include|plugin|dump|save-temps|split-dwarf|stack-usage|callgraph|coverage|profile|specs|wrapper|-MD|-MMD|-include/;

/** A spec file of the user's changes the sub-commands; a bare name is looked for in the compiler's own directories. */
function readSpecFiles(state: ParseState): void {
  for (const path of state.specFiles) {
    const text = path.includes('/') ? state.request.readFile(absolute(state, path))?.toString('utf8') : undefined;
    if (text === undefined || farReachingSpecs.test(text)) refuse(state, 'spec-file', path);
    else state.extraInputs.push(path);
  }
}

const absolute = (state: ParseState, path: string): string => (path.startsWith('/') ? path : `${state.request.cwd}/${path}`);

/** clang takes `x.h.pch` or `x.h.gch` for `-include x.h` and then insists on the file times it was made with. */
function checkClangPrecompiled(state: ParseState): void {
  if (state.family !== 'clang') return;
  const { request } = state;
  const exists = (path: string): boolean => (request.fileExists === undefined ? request.readFile(path) !== undefined : request.fileExists(path));
  for (const { path, kind } of state.forcedIncludes) {
    if (kind !== 'include') continue;
    for (const extension of ['.pch', '.gch']) if (exists(absolute(state, path) + extension)) refuse(state, 'clang-pch', path + extension);
  }
}

function describe(state: ParseState, source: string, language: Language, responseFiles: readonly string[]): Compile {
  const facts = languageFacts[language];
  const names = state.family === 'gcc' ? gccOutputs(state, source, language) : clangOutputs(state, source, language);
  if (state.family === 'gcc') gccProfileInputs(state, source);
  if (facts.preprocesses) addEnvironmentDirectories(state, facts.pathVariable);
  const outputs = [...names.outputs, ...state.namedOutputs.filter(({ path }) => path !== '-' && path !== '/dev/null')];
  const plan = planTerminal(state.family, state.request.terminal ?? noTerminal, state.request.environment, messageOptions(state), state.request.readFile);
  if (plan.recorded) refuse(state, 'terminal', [...plan.first, ...plan.last].join(' '));
  const seen = new Set<string>();
  for (const { path } of outputs) {
    if (path.startsWith('/dev/') || seen.has(path) || path === source) refuse(state, 'unusual-output-name', path);
    seen.add(path);
  }
  return {
    source,
    language,
    preprocesses: facts.preprocesses,
    outputs,
    ...(names.depfile === undefined ? {} : { depfile: names.depfile }),
    search: state.search,
    forcedIncludes: facts.preprocesses ? state.forcedIncludes : [],
    commandLineMacros: [...state.macros].map(([name, value]) => ({ name, value })),
    extraInputs: [...responseFiles, ...state.extraInputs],
    extraDirectories: state.extraDirectories,
    searchArguments: state.searchArguments,
    nativeFlags: state.nativeFlags,
    remoteArguments: [...plan.first, ...state.request.arguments, ...plan.last],
    assemblerSearch: { directories: [...state.search.user, ...state.assemblerDirectories] },
    cacheable: state.cacheable,
    tools: toolsOf(state),
    removes: names.removes,
    failureRemoves: names.failureRemoves,
    terminalMissing: plan.missing,
  };
}

const noTerminal: TerminalFacts = { stderr: false, stdout: false, stdin: false, columns: 0 };

function messageOptions(state: ParseState): MessageOptions {
  return {
    color: state.color,
    urls: state.urls,
    messageLength: state.messageLength,
    listsOptions: state.debugInfo || state.recordsCommandLine || state.verboseAssembly,
    recordsCommandLine: state.recordsCommandLine,
    frontEnd: state.sources[0]?.language !== 'assembler',
  };
}

/** CPATH counts as -I, the variable of the language as -isystem; an empty entry is the working directory. */
function addEnvironmentDirectories(state: ParseState, variable: string | undefined): void {
  const add = (chain: string[], name: string): void => {
    const value = state.request.environment.get(name);
    if (value !== undefined && value !== '') chain.push(...value.split(':').map((directory) => (directory === '' ? '.' : directory)));
  };
  add(state.search.user, 'CPATH');
  if (variable !== undefined) add(state.search.system, variable);
}

function toolsOf(state: ParseState): Compile['tools'] {
  if (state.integratedAssembler || state.assembly || state.syntaxOnly) return [];
  return state.splitDwarf ? ['as', 'objcopy'] : ['as'];
}

/** The options to add for the user's terminal; `list` is the command line with response files expanded. */
export function terminalArguments(
  family: Family,
  terminal: TerminalFacts,
  environment: ReadonlyMap<string, string>,
  list: readonly string[],
  readFile?: ParseRequest['readFile'],
): string[] {
  const state = newState({ family, compilerName: family, arguments: list, cwd: '/', environment, readFile: () => undefined }, false);
  readArguments(state, indexOf(family), list);
  const plan = planTerminal(family, terminal, environment, messageOptions(state), readFile);
  return [...plan.first, ...plan.last];
}
