// What the compiler says: warnings, errors, their formats and colours, on pipes and on a terminal.

import { which } from '../support/paths.js';
import type { MatrixCase } from './case.js';

const both = ['gcc', 'clang'] as const;
const warn = { 'a.c': '#include "w.h"\nint f(int u) { int unused; if (u = 1) return ONE; }\n', 'w.h': '#define ONE ((char)1000)\nstatic int never(void) { return 1; }\n' };
const bad = { 'a.c': '#include "b.h"\nint f(void) { return undeclared; }\nint g(void) { return MACRO(1; }\n', 'b.h': '#define MACRO(x) (x\nint h(void) { retrun 1; }\n' };
const templates = { 'a.cc': '#include "t.h"\nint f() { return outer<int*>(nullptr); }\n', 't.h': 'template <class T> int inner(T t) { return t.size(); }\ntemplate <class T> int outer(T t) { return inner<T>(t); }\n' };
const marked = (message: string): Record<string, string> => ({
  'src/parse.y': '%%\nrule: other { int unused; $$ = gone($1); } ;\nlonger: rule rule ;\n',
  'parse.c': `#include "gen.h"\n#line 2 "src/parse.y"\nint f(int x) { int unused; return ${message}; }\n# 3 "src/parse.y"\nint g(int x) {\n  if (x)\n    x++;\n    x++;\n  return x; }\n`,
  'gen.h': '#line 3 "src/parse.y"\nstatic int never(void) { return 1; }\n#line 9 "gone.y"\nstatic int neither(void) { return 1; }\n',
});
const longWarning = { 'a.c': `int f(int x) { x = ${'x + '.repeat(60)}1; int unused; return x; }\n` };
const one = (name: string, files: Record<string, string>, run: string | readonly string[], more: Partial<MatrixCase> = {}): MatrixCase => ({ name, files, run, families: both, remote: true, ...more });

/** Runs a line with stdin, stdout and stderr on a terminal. */
const onTerminal = (line: string, columns = 70): string => `script -qec 'stty cols ${columns} rows 20 2>/dev/null; ${line}' /dev/null`;
const noScript = (): string | undefined => (which('script') === undefined ? 'script(1) is not installed' : undefined);

export const diagnosticCases: readonly MatrixCase[] = [
  one('warnings', warn, '$CC $COLOUR -Wall -Wextra -c a.c', { colour: true }),
  one('warnings as errors', warn, '$CC $COLOUR -Wall -Werror -MD -c a.c', { colour: true }),
  one('one warning as error', warn, '$CC $COLOUR -Wall -Werror=parentheses -c a.c', { colour: true }),
  one('line markers: warnings quote the file that is named', marked('x'), '$CC $COLOUR -Wall -Wextra -MD -c parse.c', { colour: true }),
  one('line markers: errors quote the file that is named', marked('undeclared'), '$CC $COLOUR -Wall -MD -c parse.c', { colour: true }),
  one('line markers: the file that is named changes, goes, and comes back', marked('x'), ['$CC -Wall -c parse.c', "echo 'quite another line' > src/parse.y; $CC -Wall -c parse.c", 'rm -r src; $CC -Wall -c parse.c', "mkdir src; printf 'one\ntwo\nthree\n' > src/parse.y; echo more > gone.y; $CC -Wall -c parse.c"], { remote: 4 }),
  one('line markers: a preprocessed source', { ...marked('x'), 'a.i': '# 1 "parse.c"\n# 1 "/nowhere//"\n# 1 "<built-in>"\n# 2 "src/parse.y"\nint f(int x) { int unused; return x; }\n' }, '$CC -Wall -c a.i'),
  one('-w', warn, '$CC -Wall -w -c a.c'),
  one('-pedantic -ansi', { 'a.c': 'int f(void) { // comment\n long long x = 0b1; return ({ x; }); }\n' }, '$CC $COLOUR -ansi -pedantic -c a.c', { colour: true }),
  one('errors', bad, '$CC $COLOUR -c a.c', { colour: true }),
  one('errors leave an old object as the compiler does', bad, 'echo old > a.o; echo old > a.d; $CC -MD -c a.c; ls'),
  one('template errors', templates, '$CXX $COLOUR -c a.cc', { colour: true }),
  one('missing header', { 'a.c': '#include "x.h"\n#include <none/such.h>\n', 'x.h': '#include "gone.h"\n' }, '$CC $COLOUR -MD -c a.c', { colour: true, remote: undefined }),
  one('#error, #warning, #pragma message', { 'a.c': '#warning first\n#pragma message "note"\n#error stop\nint a;\n' }, '$CC $COLOUR -c a.c', { colour: true }),
  one('macro backtrace', { 'a.c': '#define A(x) B(x)\n#define B(x) C(x)\n#define C(x) ((x) + "s" * 2)\nint f(void) { return A(1); }\n' }, '$CC $COLOUR -c a.c', { colour: true }),
  one('unused function and parameter in a system header', { 'a.c': '#include <w.h>\nint a = ONE;\n', 'w.h': warn['w.h'] }, '$CC -isystem . -Wall -Wextra -c a.c; $CC -isystem . -Wsystem-headers -Wall -c a.c', { remote: 2 }),
  one('suppressed by pragma', { 'a.c': '#pragma GCC diagnostic ignored "-Wunused-variable"\nvoid f(void) { int x; }\n' }, '$CC -Wall -c a.c'),
  one('unknown warning options', warn, '$CC -Wno-such-thing -Wall -c a.c; $CC -Wsuch-thing -c a.c', { remote: undefined }),
  one('unknown option', warn, '$CC -fno-such-option-here -c a.c', { remote: undefined }),
  one('comment changes a warning', { 'a.c': 'int f(int x) { switch (x) { case 1: x++; /* fall through */ case 2: x--; } return x; }\n' }, '$CC -Wextra -Wimplicit-fallthrough -c a.c'),
  one('macro from a header hides a warning', { 'a.c': '#include <stddef.h>\n#define NIL NULL\nint f(int x) { return x == NIL; }\n' }, '$CC -Wall -c a.c'),
  one('-fmax-errors', bad, '$CC -fmax-errors=1 -c a.c', { families: ['gcc'] }),
  one('-ferror-limit', bad, '$CC -ferror-limit=1 -c a.c', { families: ['clang'] }),
  one('-Wfatal-errors', bad, '$CC -Wfatal-errors -c a.c'),
  one('-fdiagnostics-format=json', bad, '$CC -fdiagnostics-format=json -c a.c', { families: ['gcc'] }),
  one('-fdiagnostics-format=json-file', warn, '$CC -fdiagnostics-format=json-file -Wall -c a.c', { families: ['gcc'], remote: undefined }),
  one('-fdiagnostics-format=sarif-file', warn, '$CC -fdiagnostics-format=sarif-file -Wall -c a.c', { families: ['gcc'], remote: undefined }),
  one('-fdiagnostics-format=msvc', bad, '$CC -fdiagnostics-format=msvc -c a.c', { families: ['clang'] }),
  one('-fdiagnostics-color=never and GCC_COLORS', warn, 'GCC_COLORS="error=01;35:warning=01;32" $CC -fdiagnostics-color=never -Wall -c a.c; GCC_COLORS="warning=01;32" $CC -fdiagnostics-color=always -Wall -c a.c -o b.o', { remote: undefined }),
  one('-fdiagnostics-color alone and -fno-diagnostics-color', warn, '$CC -fdiagnostics-color -Wall -c a.c; $CC -fno-diagnostics-color -Wall -c a.c -o b.o', { remote: 2 }),
  one('-fcolor-diagnostics', warn, '$CC -fcolor-diagnostics -fansi-escape-codes -Wall -c a.c; $CC -fno-color-diagnostics -Wall -c a.c', { families: ['clang'], remote: undefined }),
  one('-fdiagnostics-urls', warn, '$CC -fdiagnostics-urls=always -fdiagnostics-color=always -Wall -c a.c; GCC_URLS=st $CC -fdiagnostics-urls=auto -Wall -c a.c -o b.o', { families: ['gcc'], remote: undefined }),
  one('-fmessage-length and no caret', warn, '$CC -fmessage-length=40 -Wall -c a.c; $CC -fno-diagnostics-show-caret -Wall -c a.c -o b.o', { families: ['gcc'], remote: 2 }),
  one('-fdiagnostics-column-unit and origin', bad, '$CC -fdiagnostics-column-unit=byte -fdiagnostics-column-origin=0 -c a.c', { families: ['gcc'] }),
  one('-fdiagnostics-generate-patch', { 'a.c': 'struct s { int color; };\nint f(struct s *p) { return p->colour; }\n' }, '$CC -fdiagnostics-generate-patch -c a.c; $CC -fdiagnostics-parseable-fixits -c a.c', { families: ['gcc'], remote: undefined }),
  one('-fdiagnostics-show-template-tree', templates, '$CXX -fdiagnostics-show-template-tree -c a.cc'),
  one('-fanalyzer', { 'a.c': '#include <stdlib.h>\nint *f(int n) { int *p = malloc(n); *p = 1; return p; }\n' }, '$CC -fanalyzer -fdiagnostics-path-format=inline-events -c a.c', { families: ['gcc'] }),
  one('-fdiagnostics-absolute-paths', warn, '$CC -fdiagnostics-absolute-paths -Wall -c a.c', { families: ['clang'] }),
  one('-fshow-column off, fixits, ranges', warn, '$CC -fno-show-column -fdiagnostics-print-source-range-info -fdiagnostics-parseable-fixits -Wall -c a.c', { families: ['clang'], remote: undefined }),
  one('--serialize-diagnostics', warn, '$CC --serialize-diagnostics a.dia -Wall -c a.c', { families: ['clang'], remote: undefined }),
  one('-Weverything', warn, '$CC $COLOUR -Weverything -c a.c', { families: ['clang'], colour: true }),
  one('-Rpass', { 'a.c': 'int g(int *p) { int s = 0; for (int i = 0; i < 64; i++) s += p[i]; return s; }\n' }, '$CC -O2 -Rpass=.* -c a.c', { families: ['clang'] }),
  one('-fopt-info', { 'a.c': 'int g(int *p) { int s = 0; for (int i = 0; i < 64; i++) s += p[i]; return s; }\n' }, '$CC -O3 -fopt-info-vec -c a.c; $CC -O3 -fopt-info-vec=vec.txt -c a.c', { families: ['gcc'], remote: undefined }),
  one('-H', warn, '$CC -H -c a.c', { remote: undefined }),
  one('-v', warn, '$CC -v -c a.c', { remote: undefined }),
  one('-###', warn, '$CC -### -c a.c', { remote: undefined }),
  one('--version, -dumpmachine and other questions', {}, '$CC --version; $CXX --version; $CC -dumpmachine; $CC -dumpversion; $CC -print-search-dirs; $CC -print-prog-name=cc1; $CC -print-file-name=libc.so; $CC -print-libgcc-file-name; $CC -dumpspecs | md5sum', { remote: false }),
  one('no input', {}, '$CC; $CC -c; $CC -O2', { remote: false }),
  one('on a terminal: warnings', warn, onTerminal('$CC -Wall -c a.c'), { skip: noScript }),
  one('on a terminal: long lines', { 'a.c': `int f(void) { return ${'1 + '.repeat(60)}undeclared; }\n` }, onTerminal('$CC -c a.c'), { skip: noScript, remote: undefined }),
  // The second time the result is in the farm's cache; in the last case it is in this machine's own, kept when the terminal was wide enough.
  one('on a terminal: a long line in a warning', longWarning, [onTerminal('$CC -Wall -c a.c'), onTerminal('$CC -Wall -c a.c')], { skip: noScript, remote: undefined }),
  one('on a terminal: a long line in a warning, and COLUMNS', longWarning, [400, 60].map((columns) => `COLUMNS=${columns} ${onTerminal('$CC -Wall -c a.c')}`), { skip: noScript, remote: undefined }),
  one('on a terminal that gets narrower', longWarning, [400, 60].map((columns) => onTerminal('$CC -Wall -c a.c', columns)), { skip: noScript, remote: undefined }),
  one('on a terminal: TERM=dumb', bad, `TERM=dumb ${onTerminal('$CC -c a.c')}`, { skip: noScript }),
  one('on a terminal: xterm-256color and COLUMNS', bad, `TERM=xterm-256color COLUMNS=50 ${onTerminal('$CC -c a.c')}`, { skip: noScript }),
  one('on a terminal: NO_COLOR, GCC_COLORS empty', bad, `TERM=xterm NO_COLOR=1 GCC_COLORS= ${onTerminal('$CC -c a.c')}`, { skip: noScript }),
  one('on a terminal: stderr to a file', bad, onTerminal('$CC -c a.c 2>err.txt; cat err.txt'), { skip: noScript }),
  one('stdout to a terminal, stderr to a pipe', bad, onTerminal('$CC -c a.c 2>&1 | cat'), { skip: noScript }),
  one('a very long diagnostic', {}, '$CC -c a.c', { setup: 'for i in $(seq 3000); do echo "int a$i = \\"text\\";"; done > a.c' }),
];
