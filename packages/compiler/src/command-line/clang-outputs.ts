// The files that one clang run writes, and their names: most follow -o with another extension, but what -save-temps
// and -save-stats keep follows the source, and so does the .dwo of -S.

import { languageFacts } from './languages.js';
import { refuse, type ParseState } from './parse-state.js';
import { baseOf, directoryOf, stem, type Outputs } from './gcc-outputs.js';
import type { Language, Output } from './types.js';

/** `dir/x.y.o` → `dir/x.y` + extension; clang takes a leading dot for an extension. */
function withExtension(path: string, extension: string): string {
  const dot = path.lastIndexOf('.');
  return (dot > path.lastIndexOf('/') ? path.slice(0, dot) : path) + extension;
}

/** Lists what clang will write; refuses where the names are not certain. */
export function clangOutputs(state: ParseState, source: string, language: Language): Outputs {
  const facts = languageFacts[language];
  const outputs: Output[] = [];
  const result: Outputs = { outputs, removes: [], failureRemoves: [] };
  const add = (path: string, kind: Output['kind'], required: boolean): void => {
    outputs.push({ path, kind, required });
  };
  const base = stem(baseOf(source));
  // Extra outputs of the compiler proper stand beside -o, or in the working directory without it.
  const beside = (extension: string): string => (state.output === undefined ? base + extension : withExtension(state.output, extension));

  if (facts.header) refuse(state, 'clang-pch', source);
  if (state.syntaxOnly) {
    if (state.saveTemps !== undefined || state.optimizationRecord !== undefined || state.timeTrace || state.saveStats !== undefined) {
      refuse(state, 'unusual-output-name', '-fsyntax-only');
    }
  } else {
    const assembly = state.assembly;
    if (assembly && facts.assembler) refuse(state, 'output-is-stdout', '-S');
    const extension = state.emitLlvm ? (assembly ? '.ll' : '.bc') : assembly ? '.s' : '.o';
    const primary = state.output ?? base + extension;
    add(primary, state.emitLlvm ? 'bitcode' : assembly ? 'assembly' : 'object', true);
    if (state.saveTemps === undefined) result.failureRemoves.push(primary);
  }

  if (facts.preprocesses && state.depfileWanted) {
    const depfile = state.depfileNamed ?? beside('.d');
    if (depfile !== '-' && depfile !== '/dev/null') {
      add(depfile, 'depfile', true);
      result.depfile = depfile;
      result.failureRemoves.push(depfile);
    }
  }
  if (state.syntaxOnly) return result;

  if (state.splitDwarf) add(state.assembly ? `${base}.dwo` : beside('.dwo'), 'dwo', false);
  if (!facts.assembler) {
    if (state.stackUsage) add(beside('.su'), 'su', false);
    if (state.coverage || state.testCoverage) add(beside('.gcno'), 'gcno', false);
    if (state.timeTrace) add(beside('.json'), 'aux', false);
    if (state.optimizationRecordFile !== undefined) add(state.optimizationRecordFile, 'aux', false);
    else if (state.optimizationRecord !== undefined) add(beside(`.opt.${state.optimizationRecord}`), 'aux', false);
  }
  if (state.saveStats !== undefined) {
    add(`${state.saveStats === 'obj' && state.output !== undefined ? directoryOf(state.output) : ''}${base}.stats`, 'aux', false);
  }
  if (state.saveTemps !== undefined) {
    const kept = (state.saveTemps === 'obj' && state.output !== undefined ? directoryOf(state.output) : '') + base;
    if (facts.preprocessed !== undefined) add(kept + facts.preprocessed, 'temps', false);
    if (!facts.assembler) add(`${kept}.bc`, 'temps', false);
    if (!state.assembly) add(`${kept}.s`, 'temps', false);
  }
  return result;
}
