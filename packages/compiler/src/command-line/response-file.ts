// `@file` arguments, expanded the way gcc (libiberty) and clang on a POSIX system do: words at white space, single and
// double quotes, a backslash takes the next character literally everywhere. Files may name further files; a name that
// cannot be read stays as it is.

import type { ParseRequest } from './types.js';

/** gcc gives up after this many files, which ends a file that names itself. */
const responseFilesMax = 2000;

const isSpace = (code: number): boolean => code === 32 || (code >= 9 && code <= 13);

/** Splits the text of a response file into arguments. */
export function splitResponseText(text: string): string[] {
  const words: string[] = [];
  const length = text.length;
  let at = 0;
  for (;;) {
    while (at < length && isSpace(text.charCodeAt(at))) at++;
    if (at >= length) return words;
    let word = '';
    let start = at;
    let quote = 0;
    for (; at < length; at++) {
      const code = text.charCodeAt(at);
      if (code === 92 /* \ */) {
        word += text.slice(start, at);
        at++;
        start = at;
      } else if (quote !== 0) {
        if (code === quote) {
          word += text.slice(start, at);
          start = at + 1;
          quote = 0;
        }
      } else if (code === 39 || code === 34) {
        word += text.slice(start, at);
        start = at + 1;
        quote = code;
      } else if (isSpace(code)) {
        break;
      }
    }
    words.push(word + text.slice(start, Math.min(at, length)));
  }
}

export interface Expanded {
  arguments: readonly string[];
  /** As written after the `@`, in the order of opening. */
  files: string[];
  /** An `@name` that could not be read, or that names itself without end. */
  unreadable?: string;
}

/** Replaces `@file` arguments by their content. The same array comes back when there are none. */
export function expandResponseFiles(request: Pick<ParseRequest, 'arguments' | 'cwd' | 'readFile'>): Expanded {
  const given = request.arguments;
  if (!given.some((argument) => argument.charCodeAt(0) === 64)) return { arguments: given, files: [] };
  const result: string[] = [];
  const files: string[] = [];
  let unreadable: string | undefined;
  // Depth first, so that the words of a nested file stand where its name stood.
  const stack: { words: readonly string[]; at: number }[] = [{ words: given, at: 0 }];
  for (let top = stack.at(-1); top !== undefined; top = stack.at(-1)) {
    const word = top.words[top.at++];
    if (word === undefined) {
      stack.pop();
      continue;
    }
    if (word.charCodeAt(0) !== 64) {
      result.push(word);
      continue;
    }
    const name = word.slice(1);
    const bytes = files.length >= responseFilesMax ? undefined : request.readFile(name.startsWith('/') ? name : `${request.cwd}/${name}`);
    if (bytes === undefined) {
      unreadable ??= name;
      result.push(word);
      continue;
    }
    files.push(name);
    stack.push({ words: splitResponseText(bytes.toString('utf8')), at: 0 });
  }
  return unreadable === undefined ? { arguments: result, files } : { arguments: result, files, unreadable };
}
