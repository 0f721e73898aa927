// The form of the options tables and the look-up in them. An argument is matched by at most three Map look-ups and a
// short scan over the prefixes that begin with its first two characters, whatever the size of the table.

import type { ParseState } from './parse-state.js';

/**
 * How an option takes its value: not at all; in the same argument (`-std=c99`); in the next one; in either place.
 * A `joined` value may be empty.
 */
export type OptionStyle = 'flag' | 'joined' | 'separate' | 'joined-or-separate';

/** What an option means. `option` is the argument as written, `value` its value ('' for a flag). */
export type Apply = (state: ParseState, value: string, option: string) => void;

export interface OptionRule {
  /** Spelling; for joined ones the prefix, `=` included. */
  readonly name: string;
  readonly style: OptionStyle;
  /** Left out for options that change neither which files are read nor which are written. */
  readonly apply?: Apply;
  /** It moves the built-in search directories or the target, so the compiler must be asked again. */
  readonly search?: boolean;
  /** May also be handed to the preprocessor alone (`-Wp,`, `-Xpreprocessor`) or to cc1 (`-Xclang`). */
  readonly inner?: boolean;
}

export interface OptionIndex {
  readonly exact: ReadonlyMap<string, OptionRule>;
  /** Joined options whose name ends in `=`. */
  readonly valued: ReadonlyMap<string, OptionRule>;
  /** Other joined options by their first two characters, longest first. */
  readonly prefixes: ReadonlyMap<string, readonly OptionRule[]>;
}

/** Later rules win over earlier ones of the same name, so a family's table can refine the common one. */
export function indexOptions(tables: readonly (readonly OptionRule[])[]): OptionIndex {
  const exact = new Map<string, OptionRule>();
  const valued = new Map<string, OptionRule>();
  const joined = new Map<string, OptionRule>();
  for (const rule of tables.flat()) {
    if (rule.style !== 'joined') exact.set(rule.name, rule);
    if (rule.style === 'joined' || rule.style === 'joined-or-separate') {
      if (rule.name.endsWith('=')) valued.set(rule.name, rule);
      else joined.set(rule.name, rule);
    }
  }
  const prefixes = new Map<string, OptionRule[]>();
  for (const rule of joined.values()) {
    const key = rule.name.slice(0, 2);
    const bucket = prefixes.get(key);
    if (bucket === undefined) prefixes.set(key, [rule]);
    else bucket.push(rule);
  }
  for (const bucket of prefixes.values()) bucket.sort((a, b) => b.name.length - a.name.length);
  return { exact, valued, prefixes };
}

/** The rule for an argument that begins with `-`; undefined when the compiler may know it but mosix does not. */
export function findOption(index: OptionIndex, argument: string): OptionRule | undefined {
  const whole = index.exact.get(argument);
  if (whole !== undefined) return whole;
  const equals = argument.indexOf('=');
  if (equals > 0) {
    const rule = index.valued.get(argument.slice(0, equals + 1));
    if (rule !== undefined) return rule;
  }
  const bucket = index.prefixes.get(argument.slice(0, 2));
  if (bucket !== undefined) for (const rule of bucket) if (argument.startsWith(rule.name)) return rule;
  return undefined;
}

/** Several plain options at once: names divided by white space. */
export const plain = (names: string, style: OptionStyle = 'flag', more: Partial<OptionRule> = {}): OptionRule[] =>
  names.trim().split(/\s+/).map((name) => ({ name, style, ...more }));
