// Files that line markers name: `#line 12 "parse.y"`, `# 12 "parse.y"`, as generators of sources write them. gcc quotes the lines of
// messages out of that file where there is one, and some warnings depend on how those lines are indented, so that it is an input.
// clang quotes what it compiles.

const MARKER = /#[ \t]*(?:line\b[^\n"]*|\d[\d \t]*)"((?:[^"\\\n]|\\.)+)"/g;

/** `text`: one character a byte. A superset: comments and literals are not told apart. Names that a macro makes are not seen. */
export function markedFiles(text: string): string[] {
  const found = new Set<string>();
  for (const match of text.matchAll(MARKER)) {
    const name = match[1] as string;
    // `<built-in>` and the like are no files, and `dir//` names the working directory of a preprocessed source.
    if (!name.startsWith('<') && !name.endsWith('/')) found.add(name);
  }
  return [...found].map((name) => Buffer.from(name.replace(/\\([0-7]{1,3}|.)/g, unescape), 'latin1').toString('utf8'));
}

const unescape = (_: string, escaped: string): string =>
  /^[0-7]/.test(escaped) ? String.fromCharCode(Number.parseInt(escaped, 8) & 255) : escaped === 'n' ? '\n' : escaped === 't' ? '\t' : escaped;
