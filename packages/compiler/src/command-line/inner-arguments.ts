// Options handed past the driver: to gcc's preprocessor (-Wp,; -Xpreprocessor), where -MD takes a file name, and to
// clang's cc1 (-Xclang). Only options that are known to mean the same there, or that touch no file, are accepted.

import { cc1Flags, cc1Valued, clangIndex } from './clang-options.js';
import { findOption, type OptionIndex } from './option-rule.js';
import { refuse, type ParseState } from './parse-state.js';

/** Reads the arguments collected from -Wp, and -Xpreprocessor; they follow all others in gcc's own order. */
export function readPreprocessorArguments(state: ParseState, index: OptionIndex): void {
  const list = state.preprocessorArguments;
  if (list.length === 0) return;
  readInner(state, index, list, '-Wp,', (argument, next) => {
    if (state.family !== 'gcc' || (argument !== '-MD' && argument !== '-MMD')) return 0;
    if (next === undefined) {
      refuse(state, 'bad-command-line', `-Wp,${argument}`);
      return 1;
    }
    state.depfileOfPreprocessor = next;
    return 2;
  });
}

/**
 * clang's driver itself turns `-Wp,-MD,FILE` into `-MD -MF FILE`, in its place among the other options. With more
 * than one value after -MD it drops them, which nobody means.
 */
export function readClangWp(state: ParseState, value: string, option: string): void {
  const parts = value.split(',');
  if (parts[0] !== '-MD' && parts[0] !== '-MMD') {
    state.preprocessorArguments.push(...parts);
  } else if (parts.length > 2) {
    refuse(state, 'unknown-option', option);
  } else {
    state.depfileWanted = true;
    if (parts[1] !== undefined) state.depfileNamed = parts[1];
  }
}

/** Reads the arguments collected from -Xclang. */
export function readClangArguments(state: ParseState): void {
  const list = state.clangArguments;
  if (list.length === 0) return;
  readInner(state, clangIndex, list, '-Xclang ', (argument) => {
    if (argument === '-include-pch' || argument === '-emit-pch') {
      refuse(state, 'clang-pch', `-Xclang ${argument}`);
      return 2;
    }
    if (argument === '-load' || argument === '-plugin' || argument === '-add-plugin' || argument.startsWith('-plugin-arg-')) {
      refuse(state, 'plugin', `-Xclang ${argument}`);
      return 2;
    }
    if (cc1Flags.has(argument)) return 1;
    return cc1Valued.has(argument) ? 2 : 0;
  });
}

/** `special` answers how many arguments it took; 0 leaves the argument to the options table. */
function readInner(
  state: ParseState,
  index: OptionIndex,
  list: readonly string[],
  spelling: string,
  special: (argument: string, next: string | undefined) => number,
): void {
  for (let at = 0; at < list.length; ) {
    const argument = list[at] ?? '';
    const taken = special(argument, list[at + 1]);
    if (taken > 0) {
      at += taken;
      continue;
    }
    const rule = findOption(index, argument);
    if (rule === undefined || (rule.inner !== true && rule.apply !== undefined)) {
      refuse(state, 'unknown-option', spelling + argument);
      return;
    }
    at++;
    if (rule.style === 'separate' || (rule.style === 'joined-or-separate' && argument === rule.name)) {
      const value = list[at++];
      if (value === undefined) refuse(state, 'bad-command-line', spelling + argument);
      else rule.apply?.(state, value, argument);
    } else {
      rule.apply?.(state, rule.style === 'flag' ? '' : argument.slice(rule.name.length), argument);
    }
  }
}
