// Does a text name `__DATE__`, `__TIME__` or `__TIMESTAMP__`, whole or in pieces that `##` can put together? Pieces are judged without
// expanding macros: a text that holds one of the telling ones is taken to make the name, and so may be one in the same unit that
// pastes `__` behind something while `DATE` is a word of its own.

export interface TimeNames {
  /** `__DATE__` or `__TIME__`. */
  readonly date: boolean;
  readonly timestamp: boolean;
  /** Puts `__` behind whatever stands before it: `__##x##__`, `CAT(x, __)`. */
  readonly frame: boolean;
  /** `DATE`, `TIME` or `TIMESTAMP` alone: dangerous in a unit that has a frame. */
  readonly word: boolean;
}

const NONE: TimeNames = { date: false, timestamp: false, frame: false, word: false };

const WORDS = { date: ['DATE', 'TIME'], timestamp: ['TIMESTAMP'] } as const;

/** The last piece of every way to cut a name that has a letter in it, and the first one where only underscores are cut off behind. */
const telling = (words: readonly string[]): ReadonlySet<string> =>
  new Set(words.flatMap((word) => [`_${word}__`, ...Array.from(word, (_, cut) => `${word.slice(cut)}__`), `__${word}`, `__${word}_`, `__${word}__`]));
const DATE_PIECES = telling(WORDS.date);
const TIMESTAMP_PIECES = telling(WORDS.timestamp);
const ALONE: ReadonlySet<string> = new Set([...WORDS.date, ...WORDS.timestamp]);

/** `\w` and `$`. */
const isWordCode = (code: number): boolean => (code >= 97 && code <= 122) || (code >= 65 && code <= 90) || (code >= 48 && code <= 57) || code === 95 || code === 36;

/** Calls back with every whole word of the text that holds `part`. To look for a few bytes costs a tenth of what a pattern costs. */
function eachWordWith(text: string, part: string, visit: (word: string) => void): void {
  for (let at = text.indexOf(part); at >= 0; ) {
    let from = at;
    let end = at + part.length;
    while (isWordCode(text.charCodeAt(from - 1))) from -= 1;
    while (isWordCode(text.charCodeAt(end))) end += 1;
    visit(text.slice(from, end));
    at = text.indexOf(part, end);
  }
}

/** Every piece and every name holds one of these; what begins with an underscore would be looked for in vain too often. */
const PARTS = ['DATE', 'TIME', 'E__', 'P__'] as const;

const FRAME = /(?:##|%:%:)\s*__(?![\w$])(?!\s*(?:##|%:%:))|,\s*__\s*\)/;
const PASTE = /\s*(?:##|%:%:)\s*/g;
/** Three pieces or more in one macro body; of two, one is telling. */
const CHAIN = /(?:##|%:%:)\s*[_A-Z]{1,11}\s*(?:##|%:%:)/;

/**
 * Strips comments, so that a mention of `__DATE__` in prose does not send a unit home. String literals are kept whole: they may hold
 * what looks like a comment. Raw strings follow rules of their own, so a file that has any keeps its comments too.
 */
const withoutComments = (text: string): string =>
  /R"/.test(text) ? text : text.replace(/"(?:[^"\\\r\n]|\\[^])*"|'(?:[^'\\\r\n]|\\[^])*'|\/\*[^]*?\*\/|\/\/[^\r\n]*/g, (match) => (match.startsWith('/') ? ' ' : match));

function judge(text: string): TimeNames {
  // Most files are through with these searches, which look for a few bytes and no pattern.
  const pastes = text.includes('##') || text.includes('%:%:');
  const joined = pastes && CHAIN.test(text) ? text.replace(PASTE, '') : '';
  let date = /(?<![\w$])__(?:DATE|TIME)__(?![\w$])/.test(joined);
  let timestamp = /(?<![\w$])__TIMESTAMP__(?![\w$])/.test(joined);
  let word = false;
  for (const part of PARTS) {
    eachWordWith(text, part, (found) => {
      date ||= DATE_PIECES.has(found);
      timestamp ||= TIMESTAMP_PIECES.has(found);
      word ||= ALONE.has(found);
    });
  }
  const frame = (pastes || text.includes('__)') || text.includes('__ )')) && FRAME.test(text);
  return { date, timestamp, frame, word };
}

/** `text`: source, or the value of a macro; lines joined. */
export function timeNames(text: string): TimeNames {
  const raw = judge(text);
  return raw.date || raw.timestamp || raw.frame || raw.word ? judge(withoutComments(text)) : NONE;
}
