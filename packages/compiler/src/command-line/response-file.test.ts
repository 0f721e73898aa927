import { describe, expect, test } from 'vitest';
import { splitResponseText } from './response-file.js';

describe('words of a response file', () => {
  test.each([
    ['', []], [' \n\t', []], ['a b', ['a', 'b']], ['  a\n\nb\r\n', ['a', 'b']], ['"a b"', ['a b']], ["'a b'", ['a b']], ['a\\ b', ['a b']], ['"a\\"b"', ['a"b']], ["'a\\'b'", ["a'b"]],
    ['a"b c"d', ['ab cd']], ['""', ['']], ["'' x", ['', 'x']], ['"a', ['a']], ['a\\', ['a']], ['\\\\', ['\\']], ["'\"'", ['"']], ['"\'"', ["'"]], ['a\\\nb', ['a\nb']], ['"ü ñ"', ['ü ñ']], ['-DX=\\"y\\"', ['-DX="y"']], ["-DX='\"y z\"'", ['-DX="y z"']],
  ])('%j', (text, words) => {
    expect(splitResponseText(text)).toEqual(words);
  });
});
