// Reads out of one source file what may make the compiler open other files. Conditionals are ignored, so the answer is a superset:
// a file too many in the input root does no harm as long as it stands at its own path; a file too few would.
import { markedFiles } from './line-markers.js';
import { timeNames } from './time-names.js';

export type IncludeForm = 'quote' | 'angle' | 'next' | 'assembler';

export interface IncludeReference {
  readonly form: IncludeForm;
  readonly name: string;
}

export interface SourceFacts {
  readonly includes: readonly IncludeReference[];
  /** Identifiers after `#include` and the like, to be looked up among the macros. */
  readonly computed: readonly string[];
  /** The same inside `__has_include( )`: the compiler's own `-M` says nothing about files that were only asked for. */
  readonly probed: readonly string[];
  /** Macros that stand for `__has_include` itself: their uses, in any file, are probes. */
  readonly probeMacros: readonly string[];
  /** Names `__DATE__`, `__TIME__` outside of comments, or holds a telling piece of them (see time-names.ts). */
  readonly namesDate: boolean;
  /** The same of `__TIMESTAMP__`: the source's own modification time, which does not travel. */
  readonly namesTimestamp: boolean;
  /** Pastes `__` behind a name. */
  readonly framesName: boolean;
  /** Holds `DATE` or the like as a word, which a frame, perhaps in another file of the unit, would make one of those names. */
  readonly wordOfTime: boolean;
  /** Something that the scan cannot follow, such as `#include STR(x)`; the compiler itself must be asked. */
  readonly opaque: boolean;
  /** Wants to be read only once (`#pragma once`), so that compilers ask whether two files are the same one. */
  readonly once: boolean;
  /** Includes by `#import`, which asks that of every file it names. */
  readonly imports: boolean;
  /** Holds a construct after which the job must be compiled here, e.g. `#pragma GCC dependency`. */
  readonly homeOnly: boolean;
  /** Files named by line markers; see line-markers.ts. */
  readonly marked: readonly string[];
}

const NOTHING: SourceFacts = { includes: [], computed: [], probed: [], probeMacros: [], namesDate: false, namesTimestamp: false, framesName: false, wordOfTime: false, opaque: false, once: false, imports: false, homeOnly: false, marked: [] };

const COMMENT_AHEAD = /^(?:[ \t\f\v]|\/\*(?:[^*]|\*(?!\/))*\*\/)+/;

const hasHigh = /[\x80-\xff]/;
const KEPT_NAMES_MAX = 50_000;
const keptNames = new Map<string, string>();

/** An equal string that is not a part of the text it was found in: V8 would keep the whole text for it. The same names come up in file after file. */
function kept(part: string): string {
  const known = keptNames.get(part);
  if (known !== undefined) return known;
  const copy = Buffer.from(part, 'latin1').toString('latin1');
  if (copy !== part) return part; // from a command line, which is no latin1
  if (keptNames.size >= KEPT_NAMES_MAX) keptNames.clear();
  keptNames.set(copy, copy);
  return copy;
}

const decodeName = (latin: string): string => (hasHigh.test(latin) ? Buffer.from(latin, 'latin1').toString('utf8') : kept(latin));

interface Draft {
  includes: Map<string, IncludeReference>;
  computed: Set<string>;
  probed: Set<string>;
  probeMacros: Set<string>;
  opaque: boolean;
}

/** `inComment`: the directive may stand in a comment, as prose like «#include this file». */
function addOperand(draft: Draft, form: IncludeForm | undefined, operand: string, inComment: () => boolean = () => false): void {
  const text = operand.replace(COMMENT_AHEAD, '');
  const first = text[0];
  if (first === '"' || first === '<') {
    const end = text.indexOf(first === '"' ? '"' : '>', 1);
    if (end < 1) return; // malformed: the compiler will say so, wherever it runs
    const name = decodeName(text.slice(1, end));
    if (name === '') return;
    const actual = form ?? (first === '"' ? 'quote' : 'angle');
    draft.includes.set(`${actual} ${name}`, { form: actual, name });
    return;
  }
  const macro = /^([A-Za-z_$\x80-\xff][\w$\x80-\xff]*)\s*(.?)(.?)/.exec(text);
  if (macro === null) return;
  const [, name = '', next = '', second = ''] = macro;
  if (next === '' || next === ')' || (next === '/' && (second === '/' || second === '*'))) draft.computed.add(kept(name));
  else if (!inComment()) draft.opaque = true;
}

const isWordChar = (code: number): boolean => (code >= 97 && code <= 122) || (code >= 65 && code <= 90) || (code >= 48 && code <= 57) || code === 95;

/** Backwards over blanks, joined lines and comments; the index of the last character before them, -1 at the beginning. */
function skipBack(text: string, from: number): number {
  let at = from;
  for (;;) {
    const code = text.charCodeAt(at);
    if (at < 0) return -1;
    // Space, tab, line ends, vertical tab, form feed, backslash: a bare line end ends a directive, but a superset may look past it.
    if (code === 32 || (code >= 9 && code <= 13) || code === 92) at -= 1;
    else if (code === 47 && text.charCodeAt(at - 1) === 42) {
      const begin = text.lastIndexOf('/*', at - 2);
      if (begin < 0) return at;
      at = begin - 1;
    } else return at;
  }
}

/** Does a line begin before `at`, blanks and comments aside? A line that continues another counts: a superset may have it. */
function beginsLine(text: string, from: number): boolean {
  let at = from;
  for (;;) {
    const code = text.charCodeAt(at);
    if (at < 0 || code === 10 || code === 13) return true;
    if (code === 32 || code === 9 || code === 11 || code === 12) at -= 1;
    else if (code === 47 && text.charCodeAt(at - 1) === 42) {
      const begin = text.lastIndexOf('/*', at - 2);
      if (begin < 0) return true;
      at = begin - 1;
    } else return false;
  }
}

/** Is the word that ends before `at` preceded by `#`, the digraph `%:` or the trigraph `??=`, and that by the beginning of a line? */
function behindHash(text: string, at: number): boolean {
  const code = text.charCodeAt(at);
  if (code === 35) return beginsLine(text, at - 1);
  if (code === 58 && text.charCodeAt(at - 1) === 37) return beginsLine(text, at - 2);
  return code === 61 && text.startsWith('??', at - 2) && beginsLine(text, at - 3);
}

/** By the last mark before it. A mark inside a literal can deceive this, so it only ever decides about what no program would write. */
const insideComment = (text: string, at: number): boolean => text.lastIndexOf('/*', at) > text.lastIndexOf('*/', at);

/** From `from` to the end of the logical line, joined lines joined. */
function restOfLine(text: string, from: number): string {
  let end = from;
  for (;;) {
    const next = text.indexOf('\n', end);
    if (next < 0) {
      end = text.length;
      break;
    }
    let last = next - 1;
    while (last >= from && (text.charCodeAt(last) === 13 || text.charCodeAt(last) === 32 || text.charCodeAt(last) === 9)) last -= 1;
    if (last < from || text.charCodeAt(last) !== 92) {
      end = next;
      break;
    }
    end = next + 1;
  }
  const line = text.slice(from, end);
  return line.includes('\\') ? line.replace(/\\[ \t\f\v]*\r?\n/g, '') : line;
}

/** A backslash and line end in the middle of a word: legal, unheard of, and invisible to a search for words. */
function splitsWord(text: string): boolean {
  for (let at = text.indexOf('\\\n'); at >= 0; at = text.indexOf('\\\n', at + 2)) {
    if (isWordChar(text.charCodeAt(at - 1)) && isWordChar(text.charCodeAt(at + 2))) return true;
  }
  return text.includes('\\\r\n') && /\w\\\r\n\w/.test(text);
}

/** `.incbin "x"` and `.include "x"`, also inside the string literals of an `asm`. False: the name is built from pieces. */
function addAssembler(draft: Draft, operand: string): boolean {
  const text = operand.replace(/^(?:[ \t]|\\t)*/, '');
  const quoted = /^\\?"((?:[^"\\]|\\[^"])*)\\?"/.exec(text);
  if (quoted === null) return !/^\\?"/.test(text);
  const name = decodeName((quoted[1] as string).replace(/\\$/, ''));
  if (name === '') return false;
  draft.includes.set(`assembler ${name}`, { form: 'assembler', name });
  return true;
}

/** `bytes`: the file as it is on disk, in any encoding that has ASCII as its base. */
export function scanSource(bytes: Buffer): SourceFacts {
  if (bytes.length === 0) return NOTHING;
  let text = bytes.toString('latin1');
  if (text.startsWith('\xef\xbb\xbf')) text = text.slice(3); // byte order mark
  if (text.includes('\\\n') || text.includes('\\\r\n')) {
    if (splitsWord(text)) text = text.replace(/\\[ \t\f\v]*\r?\n/g, '');
  }
  if (text.includes('??/')) text = text.replace(/\?\?\/[ \t\f\v]*\r?\n/g, '');
  const draft: Draft = { includes: new Map(), computed: new Set(), probed: new Set(), probeMacros: new Set(), opaque: false };
  let homeOnly = false;
  let imports = false;

  /** `at`: where the name of the operator begins; `after`: where it ends. */
  const probe = (at: number, after: number, form: IncludeForm | undefined): void => {
    const line = text.slice(text.lastIndexOf('\n', at) + 1, at);
    // «Is there such an operator?», and stand-ins for compilers without it, ask for no file.
    if (/(?:\bdefined\s*\(?|(?:#|%:)\s*(?:ifdef|ifndef|undef|define))\s*$/.test(line)) return;
    if (/^[^"]*\/\//.test(line) || insideComment(text, at)) return;
    const made = /(?:#|%:)[ \t]*define[ \t]+(\w+)(?:\(\s*(\w+)\s*\))?[^"]*$/.exec(line);
    const operand = /^\s*\(\s*(.*)/s.exec(restOfLine(text, after));
    const literal = operand !== null && /^["<]/.test(operand[1] as string);
    if (made !== null && !literal) {
      const parameter = /^(\w+)\s*\)/.exec(operand?.[1] ?? '');
      if (operand === null || (parameter !== null && parameter[1] === made[2])) draft.probeMacros.add(kept(made[1] as string));
      else homeOnly = true;
      return;
    }
    const name = /^(\w+)\s*\)/.exec(operand?.[1] ?? '');
    if (literal) addOperand(draft, form, operand?.[1] as string);
    else if (name !== null) draft.probed.add(kept(name[1] as string));
    else homeOnly = true;
  };

  for (let at = text.indexOf('include'); at >= 0; at = text.indexOf('include', at + 7)) {
    const next = text.startsWith('_next', at + 7);
    const after = at + (next ? 12 : 7);
    if (isWordChar(text.charCodeAt(after))) continue;
    if (isWordChar(text.charCodeAt(at - 1))) {
      if (text.startsWith('__has_', at - 6)) probe(at - 6, after, next ? 'next' : undefined);
      continue;
    }
    const before = skipBack(text, at - 1);
    if (behindHash(text, before)) addOperand(draft, next ? 'next' : undefined, restOfLine(text, after), () => insideComment(text, at));
    else if (before === at - 1 && text.charCodeAt(before) === 46 && !addAssembler(draft, restOfLine(text, after))) homeOnly = true;
  }
  for (const word of ['import', 'embed']) {
    // Without its first letter, which is so frequent that the search would stop everywhere.
    const tail = word.slice(1);
    for (let found = text.indexOf(tail); found >= 0; found = text.indexOf(tail, found + tail.length)) {
      const at = found - 1;
      if (text[at] !== word[0]) continue;
      const after = at + word.length;
      if (isWordChar(text.charCodeAt(after))) continue;
      if (isWordChar(text.charCodeAt(at - 1))) {
        if (text.startsWith('__has_', at - 6)) probe(at - 6, after, undefined);
      } else if (behindHash(text, skipBack(text, at - 1))) {
        imports ||= word === 'import';
        addOperand(draft, undefined, restOfLine(text, after), () => insideComment(text, at));
      }
    }
  }
  for (let at = text.indexOf('.incbin'); at >= 0; at = text.indexOf('.incbin', at + 7)) {
    const operand = restOfLine(text, at + 7);
    const known = draft.includes.size;
    // Without a literal name right behind it, a macro or string pasting makes the name.
    if (!addAssembler(draft, operand) || (draft.includes.size === known && !/^(?:[ \t]|\\t)*\\?"/.test(operand))) homeOnly = true;
  }
  const marked = markedFiles(text);
  if (text.includes('dependency') && /(?:#|%:)[ \t]*pragma[ \t]+GCC[ \t]+dependency\b/.test(text)) homeOnly = true;
  const { date: namesDate, timestamp: namesTimestamp, frame: framesName, word: wordOfTime } = timeNames(text);
  const once = text.includes('once') && text.includes('ragma') && /(?:#|%:|\?\?=)\s*pragma\s+once\b|_Pragma\s*\(\s*L?"\s*once/.test(text);
  if (draft.includes.size + draft.computed.size + draft.probed.size + draft.probeMacros.size === 0 && !namesDate && !namesTimestamp && !framesName && !wordOfTime && !draft.opaque && !once && !homeOnly && marked.length === 0) return NOTHING;
  return { includes: [...draft.includes.values()], computed: [...draft.computed], probed: [...draft.probed], probeMacros: [...draft.probeMacros], namesDate, namesTimestamp, framesName, wordOfTime, opaque: draft.opaque, once, imports, homeOnly, marked };
}

/**
 * What a macro that stands for `__has_include` is used with in one file. `undefined`: with something that is no literal, so that only
 * the compiler on this machine can tell.
 */
export function scanProbes(bytes: Buffer, name: string): IncludeReference[] | undefined {
  const text = bytes.toString('latin1').replace(/\\[ \t\f\v]*\r?\n/g, '');
  const draft: Draft = { includes: new Map(), computed: new Set(), probed: new Set(), probeMacros: new Set(), opaque: false };
  for (const match of text.matchAll(new RegExp(`(^|[^\\w])${name}\\s*\\(\\s*`, 'g'))) {
    const at = match.index + (match[1] as string).length;
    const line = text.slice(text.lastIndexOf('\n', at) + 1, at);
    if (/(?:#|%:)[ \t]*define[ \t]+$/.test(line)) continue; // its definition
    const operand = restOfLine(text, match.index + match[0].length);
    if (!/^["<]/.test(operand)) return undefined;
    addOperand(draft, undefined, operand);
  }
  return [...draft.includes.values()];
}

export type MacroValue = { readonly kind: 'include'; readonly form: 'quote' | 'angle'; readonly name: string } | { readonly kind: 'alias'; readonly to: string } | { readonly kind: 'opaque' };

const DEFINE = /(?:^|[\r\n])[ \t\f\v]*(?:#|%:)[ \t\f\v]*define[ \t\f\v]+([A-Za-z_$\x80-\xff][\w$\x80-\xff]*)([^\r\n]*)/g;

/** The value of an object-like macro as an operand of `#include`. */
export function includeValueOf(text: string): MacroValue {
  const value = text.replace(COMMENT_AHEAD, '').trim();
  const literal = /^"([^"]+)"|^<([^>]+)>/.exec(value);
  if (literal !== null) {
    return literal[1] !== undefined
      ? { kind: 'include', form: 'quote', name: decodeName(literal[1]) }
      : { kind: 'include', form: 'angle', name: decodeName(literal[2] as string) };
  }
  const alias = /^([A-Za-z_]\w*)\s*(?:\/[/*].*)?$/.exec(value);
  return alias === null ? { kind: 'opaque' } : { kind: 'alias', to: alias[1] as string };
}

/** All `#define`s of a file that an `#include MACRO` could mean, by name. Needed only for units that have such an include. */
export function scanDefines(bytes: Buffer): Map<string, MacroValue[]> {
  const text = bytes.toString('latin1').replace(/\\[ \t\f\v]*\r?\n/g, '');
  const found = new Map<string, MacroValue[]>();
  for (const match of text.matchAll(DEFINE)) {
    const rest = match[2] as string;
    const value: MacroValue = rest.startsWith('(') ? { kind: 'opaque' } : includeValueOf(rest);
    const list = found.get(match[1] as string);
    if (list === undefined) found.set(match[1] as string, [value]);
    else list.push(value);
  }
  return found;
}
