// Reads out of one source file what may make the compiler open other files. Conditionals are ignored, so the answer is a superset:
// a file too many in the input root does no harm as long as it stands at its own path; a file too few would.

export type IncludeForm = 'quote' | 'angle' | 'next' | 'assembler';

export interface IncludeReference {
  readonly form: IncludeForm;
  readonly name: string;
}

export interface SourceFacts {
  readonly includes: readonly IncludeReference[];
  /** Identifiers after `#include` and the like, to be looked up among the macros. */
  readonly computed: readonly string[];
  /** Names `__DATE__`, `__TIME__` outside of comments. */
  readonly namesDate: boolean;
  /** Names `__TIMESTAMP__`: the source's own modification time, which does not travel. */
  readonly namesTimestamp: boolean;
  /** Something that the scan cannot follow, such as `#include STR(x)`; the compiler itself must be asked. */
  readonly opaque: boolean;
  /** Holds a construct after which the job must be compiled here, e.g. `#pragma GCC dependency`. */
  readonly homeOnly: boolean;
}

const NOTHING: SourceFacts = { includes: [], computed: [], namesDate: false, namesTimestamp: false, opaque: false, homeOnly: false };

// `#`, the digraph `%:` or the trigraph `??=`; comments may stand before and after it.
const DIRECTIVE =
  /(?:^|[\r\n])[ \t\f\v]*(?:\/\*(?:[^*]|\*(?!\/))*\*\/[ \t\f\v]*)*(?:#|%:|\?\?=)(?:[ \t\f\v]|\/\*(?:[^*]|\*(?!\/))*\*\/)*(include_next|include|import|embed)\b([^\r\n]*)/g;
const PROBE = /\b__has_(?:include|include_next|embed)\b\s*\(?\s*([^\r\n]*)/g;
const ASSEMBLER = /\.(incbin|include)\b(?:[ \t]|\\t)*([^\r\n]*)/g;
const COMMENT_AHEAD = /^(?:[ \t\f\v]|\/\*(?:[^*]|\*(?!\/))*\*\/)+/;

const hasHigh = /[\x80-\xff]/;
const decodeName = (latin: string): string => (hasHigh.test(latin) ? Buffer.from(latin, 'latin1').toString('utf8') : latin);

interface Draft {
  includes: Map<string, IncludeReference>;
  computed: Set<string>;
  opaque: boolean;
}

function addOperand(draft: Draft, form: IncludeForm | undefined, operand: string): void {
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
  const macro = /^([A-Za-z_$\x80-\xff][\w$\x80-\xff]*)\s*(\(?)/.exec(text);
  if (macro === null) return;
  if (macro[2] === '(') draft.opaque = true;
  else draft.computed.add(macro[1] as string);
}

/** Strips comments, so that a mention of `__DATE__` in prose does not send a unit home. Literals are kept: `"//"` is rare beside it. */
const withoutComments = (text: string): string => text.replace(/\/\*[^]*?\*\/|\/\/[^\r\n]*/g, ' ');

/** `bytes`: the file as it is on disk, in any encoding that has ASCII as its base. */
export function scanSource(bytes: Buffer): SourceFacts {
  if (bytes.length === 0) return NOTHING;
  let text = bytes.latin1Slice(0, bytes.length);
  // Lines joined by a backslash are one line to the preprocessor; gcc forgives white space behind the backslash.
  if (/(?:\\|\?\?\/)[ \t\f\v]*\r?\n/.test(text)) text = text.replace(/(?:\\|\?\?\/)[ \t\f\v]*\r?\n/g, '');
  const draft: Draft = { includes: new Map(), computed: new Set(), opaque: false };
  let homeOnly = false;
  if (text.includes('inc') || text.includes('import') || text.includes('embed')) {
    for (const match of text.matchAll(DIRECTIVE)) {
      const keyword = match[1];
      addOperand(draft, keyword === 'include_next' ? 'next' : undefined, match[2] as string);
    }
  }
  if (text.includes('__has_')) {
    for (const match of text.matchAll(PROBE)) {
      const operand = match[1] as string;
      // `#ifdef __has_include` and `defined(__has_include)` name the operator without using it.
      if (operand.startsWith('"') || operand.startsWith('<')) addOperand(draft, match[0].includes('_next') ? 'next' : undefined, operand);
      else {
        const macro = /^([A-Za-z_]\w*)\s*(\(?)/.exec(operand);
        if (macro !== null && match[0].includes('(')) {
          if (macro[2] === '(') draft.opaque = true;
          else draft.computed.add(macro[1] as string);
        }
      }
    }
  }
  if (text.includes('.incbin') || text.includes('.include')) {
    for (const match of text.matchAll(ASSEMBLER)) {
      const operand = (match[2] as string).replace(/^\\?/, '');
      const quoted = /^"((?:[^"\\]|\\[^"])*)\\?"/.exec(operand);
      if (quoted !== null) {
        const name = decodeName((quoted[1] as string).replace(/\\$/, ''));
        draft.includes.set(`assembler ${name}`, { form: 'assembler', name });
      } else if (match[1] === 'incbin') {
        homeOnly = true; // the name is built by macros or by string pasting
      } else if (/^"|^\\"/.test(operand)) homeOnly = true;
    }
  }
  if (/^[ \t]*(?:#|%:)[ \t]*pragma[ \t]+GCC[ \t]+dependency\b/m.test(text)) homeOnly = true;
  let namesDate = false;
  let namesTimestamp = false;
  if (text.includes('__DATE__') || text.includes('__TIME')) {
    const code = withoutComments(text);
    namesDate = /\b__(?:DATE|TIME)__\b/.test(code);
    namesTimestamp = /\b__TIMESTAMP__\b/.test(code);
  }
  if (draft.includes.size === 0 && draft.computed.size === 0 && !namesDate && !namesTimestamp && !draft.opaque && !homeOnly) return NOTHING;
  return { includes: [...draft.includes.values()], computed: [...draft.computed], namesDate, namesTimestamp, opaque: draft.opaque, homeOnly };
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
  const text = bytes.latin1Slice(0, bytes.length).replace(/\\[ \t\f\v]*\r?\n/g, '');
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
