// The files that one gcc run writes, and their names. gcc 11 and later name everything besides the object after a
// prefix and a base that -o, -dumpdir, -dumpbase and -save-temps= decide together; the depfile alone always follows -o.

import { languageFacts } from './languages.js';
import { refuse, type ParseState } from './parse-state.js';
import type { Language, Output } from './types.js';

export interface Outputs {
  outputs: Output[];
  depfile?: string;
  removes: string[];
  failureRemoves: string[];
}

export const directoryOf = (path: string): string => path.slice(0, path.lastIndexOf('/') + 1);
export const baseOf = (path: string): string => path.slice(path.lastIndexOf('/') + 1);

/** Without the last extension; a leading dot is no extension. */
export function stem(base: string): string {
  const dot = base.lastIndexOf('.');
  return dot > 0 ? base.slice(0, dot) : base;
}

/** The prefix of all auxiliary names, for one source and -c or -S. */
export function gccAuxiliaryName(state: ParseState, source: string): string {
  const output = state.output;
  let directory: string | undefined;
  if (state.dumpDirectory !== undefined && !state.saveTempsOverridesDumpDirectory) directory = state.dumpDirectory;
  else if (state.saveTemps !== 'cwd' && output !== undefined) directory = directoryOf(output);
  const base = state.dumpBase;
  if (base !== undefined && base !== '') {
    // A base with a directory of its own overrides any other.
    if (base.includes('/')) directory = undefined;
    const extension = state.dumpBaseExtension;
    const drops = extension !== undefined && extension.length < base.length && base.endsWith(extension);
    return (directory ?? '') + (drops ? base.slice(0, -extension.length) : base);
  }
  const named = base === undefined && output !== undefined ? stem(baseOf(output)) : stem(baseOf(source));
  return (directory ?? '') + named;
}

/** `dir/x.y.o` → `dir/x.y.d`; a leading dot counts as an extension here, as it does in gcc's specs. */
function replaceSuffix(path: string, suffix: string): string {
  const dot = path.lastIndexOf('.');
  return (dot > path.lastIndexOf('/') ? path.slice(0, dot) : path) + suffix;
}

/** Lists what gcc will write. Refuses, and lists nothing to rely on, where the names are not certain. */
export function gccOutputs(state: ParseState, source: string, language: Language): Outputs {
  const facts = languageFacts[language];
  const outputs: Output[] = [];
  const result: Outputs = { outputs, removes: [], failureRemoves: [] };
  const auxiliary = gccAuxiliaryName(state, source);
  const add = (path: string, kind: Output['kind'], required = true): void => {
    outputs.push({ path, kind, required });
  };
  const coverage = state.coverage || state.testCoverage;
  const writesMore = state.stackUsage || state.callGraph || coverage || state.saveTemps !== undefined || state.splitDwarf;

  if (facts.header) {
    if (writesMore || state.assembly || state.syntaxOnly || state.dumpBase !== undefined || state.dumpDirectory !== undefined) refuse(state, 'unusual-output-name', source);
    add(state.output ?? `${source}.gch`, 'pch');
  } else if (state.syntaxOnly) {
    // Without -c gcc names auxiliary files as for a link.
    if (writesMore || state.assembly || (!state.compile && state.output === undefined && state.depfileWanted && state.depfileNamed === undefined)) refuse(state, 'unusual-output-name', '-fsyntax-only');
  } else if (state.assembly) {
    if (facts.assembler) refuse(state, 'output-is-stdout', '-S');
    add(state.output ?? `${stem(baseOf(source))}.s`, 'assembly');
  } else {
    add(state.output ?? `${stem(baseOf(source))}.o`, 'object');
    if (state.splitDwarf) add(`${auxiliary}.dwo`, 'dwo');
  }

  if (facts.preprocesses && (state.depfileWanted || state.depfileOfPreprocessor !== undefined)) {
    const byDefault =
      state.output !== undefined ? replaceSuffix(state.output, '.d') : facts.header && !state.compile ? undefined : `${auxiliary}.d`;
    const depfile = state.depfileOfPreprocessor ?? state.depfileNamed ?? byDefault;
    if (depfile === undefined) refuse(state, 'unusual-output-name', '-MD');
    else if (depfile !== '-' && depfile !== '/dev/null') {
      add(depfile, 'depfile');
      result.depfile = depfile;
    }
  }
  if (facts.assembler) {
    if (state.saveTemps !== undefined && facts.preprocesses) add(`${auxiliary}.s`, 'temps');
    return result;
  }
  // With -flto alone no code is generated yet.
  if (state.stackUsage) add(`${auxiliary}.su`, 'su', !state.lto);
  if (state.callGraph) add(`${auxiliary}.ci`, 'ci', !state.lto);
  if (coverage) {
    add(state.profileNote ?? `${auxiliary}.gcno`, 'gcno');
    if (state.randomSeed) removeOldCounts(state, auxiliary, result);
  }
  if (state.saveTemps !== undefined && !state.syntaxOnly) {
    if (facts.preprocessed !== undefined) add(auxiliary + facts.preprocessed, 'temps');
    if (!state.assembly) add(`${auxiliary}.s`, 'temps');
  }
  return result;
}

/** With a fixed seed the notes carry no stamp of their own, so gcc deletes counts that might belong to older notes. */
function removeOldCounts(state: ParseState, auxiliary: string, result: Outputs): void {
  if (state.profileUse !== undefined) return;
  if (state.profileDirectory !== undefined || state.profilePrefix) refuse(state, 'profile', '-frandom-seed');
  else result.removes.push(`${auxiliary}.gcda`);
}

/** The names under which gcc may look for the counts of `-fprofile-use`, of all versions since 8. */
export function gccProfileInputs(state: ParseState, source: string): void {
  const use = state.profileUse;
  if (use === undefined) return;
  const auxiliary = gccAuxiliaryName(state, source);
  const directory = use.path ?? state.profileDirectory;
  if (state.profilePrefix) {
    refuse(state, 'profile', '-fprofile-prefix-path');
    return;
  }
  const inputs = state.extraInputs;
  inputs.push(`${auxiliary}.gcda`);
  if (directory === undefined) return;
  // Mangling spells `..` and `.` in ways of its own.
  if (/(^|\/)\.\.?\//.test(auxiliary)) {
    refuse(state, 'profile', auxiliary);
    return;
  }
  // Either the file itself or a directory that holds it, by plain name or by mangled absolute name.
  if (use.path !== undefined) inputs.push(use.path);
  inputs.push(`${directory}/${auxiliary}.gcda`);
  if (auxiliary.startsWith('/')) {
    inputs.push(`${directory}/${auxiliary.replaceAll('/', '#')}.gcda`);
    return;
  }
  for (const cwd of new Set([state.request.cwd, state.request.environment.get('PWD') ?? state.request.cwd])) {
    inputs.push(`${directory}/${`${cwd}/${auxiliary}`.replaceAll('/', '#')}.gcda`);
  }
}
