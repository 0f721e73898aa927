// Every way to paste the names of time must be seen by the real preprocessor's own measure: what it expands, this must find.
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { timeNames } from './time-names.js';

const found = (text: string): boolean => {
  const { date, timestamp, frame, word } = timeNames(text);
  return date || timestamp || (frame && word);
};
/** Does the compiler put a date or time of day in? */
const embeds = (text: string): boolean => /"(?:\w{3} [ \d]\d|\d\d:\d\d:\d\d|\w{3} \w{3} [ \d]\d)/.test(execFileSync('gcc', ['-E', '-P', '-w', '-xc', '-'], { input: text, encoding: 'utf8' }));

const CAT = '#define CAT(a, b) CAT_(a, b)\n#define CAT_(a, b) a ## b\n';

describe('names in pieces', () => {
  const names = ['__DATE__', '__TIME__', '__TIMESTAMP__'];
  const cuts = names.flatMap((name) => Array.from({ length: name.length - 1 }, (_, at) => [name.slice(0, at + 1), name.slice(at + 1)] as const));

  test.each(cuts)('%s and %s, pasted in a macro body and as arguments', (left, right) => {
    for (const text of [`#define D ${left}##${right}\nD\n`, `#define D ${left} %:%: ${right}\nD\n`, `${CAT}CAT(${left},${right})\n`]) {
      expect(found(text), text).toBe(true);
      expect(embeds(text), text).toBe(true);
    }
  });

  test.each([
    '#define W(x) __##x##__\nW(DATE)\n',
    '#define W(x) __ ## x ## __\n#define K TIME\n#define V(x) W(x)\nV(K)\n',
    `${CAT}CAT(CAT(__, DATE), __)\n`,
    '#define CAT3(a, b, c) a##b##c\nCAT3(__, TIMESTAMP, __)\n',
    '#define D _##_##D##A##T##E##_##_\nD\n',
    '#define D __DA/* a comment */##/**/TE__\nD\n',
  ])('%s', (text) => {
    expect(found(text)).toBe(true);
    expect(embeds(text)).toBe(true);
  });

  test('a frame and a word count from two files', () => {
    expect(timeNames('#define W(x) __##x##__\n')).toEqual({ date: false, timestamp: false, frame: true, word: false });
    expect(timeNames('int a = W(DATE);\n')).toEqual({ date: false, timestamp: false, frame: false, word: true });
  });

  test.each([
    '/* __DA ## TE__ */ int a;',
    '// W(DATE) is __##DATE##__',
    'enum { DATE, TIME, TIMESTAMP };',
    '#define CONCAT(a, b) a##b\nenum kind { DATE = 1 };',
    '#define METHOD(type, name) type##_##name##__LINE__',
    '#define G __FILE_TYPE__\n#define S __SIZE_TYPE__ x##y',
    'int __DATE_MAX, __TIMESIZE, UPDATE__, RUNTIME__, __DATES__, TIME__OF__DAY;',
    '#define PAD(x) pad_##x##_',
  ])('none in: %s', (text) => expect(found(text)).toBe(false));

  test('none in the headers of C, C++ and Linux, but for the word in a few', () => {
    const seen: string[] = [];
    for (const folder of ['/usr/include/x86_64-linux-gnu/bits', '/usr/include/x86_64-linux-gnu/sys', '/usr/include/linux', '/usr/include/c++']) {
      let names: string[];
      try {
        names = readdirSync(folder, { recursive: true, encoding: 'utf8' });
      } catch {
        continue;
      }
      for (const name of names) {
        let text: string;
        try {
          text = readFileSync(join(folder, name), 'latin1');
        } catch {
          continue;
        }
        const { date, timestamp, word } = timeNames(text);
        if (date || timestamp || word) seen.push(join(folder, name));
      }
    }
    expect(seen).toEqual([]);
  });
});

test('looking for bytes finds what the patterns would', () => {
  const pattern = (words: readonly string[]): RegExp => {
    const pieces = words.flatMap((word) => [`_${word}__`, ...Array.from(word, (_, cut) => `${word.slice(cut)}__`), `__${word}`, `__${word}_`, `__${word}__`]);
    return new RegExp(`(?<![\\w$])(?:${pieces.join('|')})(?![\\w$])`);
  };
  const date = pattern(['DATE', 'TIME']);
  const timestamp = pattern(['TIMESTAMP']);
  const word = /(?<![\w$])(?:DATE|TIME|TIMESTAMP)(?![\w$])/;
  const parts = ['D', 'ATE', 'DATE', 'TIME', 'IME', 'E', 'STAMP', 'AMP', 'P', '_', '__', '$', ' ', '(', 'x', '7', '\n', '\u00e9', '\u0391'];
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...parts), { maxLength: 14 }), (chosen) => {
      const text = chosen.join('');
      const { date: hasDate, timestamp: hasTimestamp, word: hasWord } = timeNames(text);
      expect({ hasDate, hasTimestamp, hasWord }).toEqual({ hasDate: date.test(text), hasTimestamp: timestamp.test(text), hasWord: word.test(text) });
    }),
    { numRuns: 20_000 },
  );
});
