// Where the result goes: forms of -o, odd targets, rights, masks, links in the way.

import type { MatrixCase } from './case.js';

const both = ['gcc', 'clang'] as const;
const plain = { 'a.c': 'int a;\n', 'bad.c': 'int a = no;\n', 'sub/c.c': 'int c;\n' };
const one = (name: string, run: string | string[], more: Partial<MatrixCase> = {}): MatrixCase => ({ name, files: plain, run, families: both, ...more });

export const outputCases: readonly MatrixCase[] = [
  one('no -o: the object lands in the working folder', '$CC -c sub/c.c', { remote: true }),
  one('-o joined', '$CC -c a.c -oout.o', { remote: true }),
  one('-o before everything', '$CC -o out.o -c a.c', { remote: true }),
  one('-o absolute', '$CC -c a.c -o "$PWD/out.o"', { remote: true }),
  one('-o out of the project', '$CC -c a.c -o "$OUTSIDE/out.o"', { remote: true }),
  one('-o with dots', '$CC -c a.c -o sub/.././sub//out.o; (cd sub; $CC -c c.c -o ../up.o)', { remote: 2 }),
  one('-o with a strange suffix', '$CC -g -MD -c a.c -o out.weird.suffix', { remote: true }),
  one('-o twice', '$CC -c a.c -o one.o -o two.o'),
  one('-o /dev/null', '$CC -c a.c -o /dev/null; ls -l /dev/null | cut -c1-10'),
  one('-o /dev/null with an error', '$CC -c bad.c -o /dev/null; ls -l /dev/null | cut -c1-10'),
  one('-o -', '$CC -c a.c -o -; ls'),
  one('-o - for assembly', '$CC -S a.c -o -; $CC -E a.c -o -'),
  one('-o /dev/stdout', '$CC -S a.c -o /dev/stdout | md5sum'),
  one('-o a named pipe', 'mkfifo pipe; (cat pipe > got & $CC -S a.c -o pipe; wait)', { unstable: /^pipe$/ }),
  one('-o a folder', '$CC -c a.c -o sub'),
  one('-o into a missing folder', '$CC -c a.c -o none/out.o'),
  one('-o below a file', '$CC -c a.c -o a.c/out.o'),
  one('-o is the source', 'cp a.c b.c; $CC -c b.c -o b.c'),
  one('-o without a name', '$CC -c a.c -o'),
  one('-o empty', "$CC -c a.c -o ''"),
  one('an existing symlink as output', 'echo old > target; ln -s target out.o; $CC -c a.c -o out.o'),
  one('a dangling symlink as output', 'ln -s nowhere/target out.o; $CC -c a.c -o out.o'),
  one('a symlink to another folder as output', 'ln -s "$OUTSIDE" away; $CC -c a.c -o away/out.o'),
  one('a hard link as output', 'echo old > one.o; ln one.o two.o; $CC -c a.c -o one.o; cat two.o | md5sum'),
  one('an existing output keeps or loses its mode', 'for m in 600 444 755; do echo old > $m.o; chmod $m $m.o; $CC -c a.c -o $m.o; done'),
  one('an existing output and an error', 'echo old > out.o; $CC -c bad.c -o out.o'),
  one('umask 077', 'umask 077; $CC -g -gsplit-dwarf -MD -c a.c', { remote: true }),
  one('umask 000', 'umask 000; $CC -MD -c a.c', { remote: true }),
  one('umask 0777', 'umask 0777; $CC -c a.c'),
  one('a folder with the setgid bit', 'mkdir g; chmod 2775 g; $CC -c a.c -o g/out.o', { remote: true }),
  one('an output folder without write rights', 'mkdir ro; chmod 555 ro; $CC -MD -c a.c -o ro/out.o', { asNobody: true }),
  one('an output file without write rights', 'echo old > out.o; chmod 444 out.o; $CC -c a.c -o out.o', { asNobody: true }),
  one('an unreadable header', 'chmod 000 h.h; $CC -MD -c a.c', { asNobody: true, files: { 'a.c': '#include "h.h"\n', 'h.h': 'int x;\n' } }),
  one('an unreadable header that another one can replace', 'chmod 000 i1/h.h; $CC -Ii1 -Ii2 -c a.c', { asNobody: true, files: { 'a.c': '#include <h.h>\n', 'i1/h.h': 'int x;\n', 'i2/h.h': 'int y;\n' } }),
  one('an unreadable header behind a false condition', 'chmod 000 h.h; $CC -c a.c', { asNobody: true, files: { 'a.c': '#ifdef NO\n#include "h.h"\n#endif\nint a;\n', 'h.h': 'int x;\n' } }),
  one('an unreadable folder on the path', 'chmod 000 i1; $CC -Ii1 -Ii2 -c a.c; chmod 755 i1', { asNobody: true, files: { 'a.c': '#include <h.h>\n', 'i1/h.h': 'int x;\n', 'i2/h.h': 'int y;\n' } }),
  one('an unreadable source', 'chmod 000 a.c; $CC -c a.c', { asNobody: true }),
  one('several outputs, the last of them impossible', 'mkdir a.dwo; $CC -g -gsplit-dwarf -c a.c', { families: ['gcc'] }),
  one('the same unit into two objects at once', '$CC -c a.c -o 1.o & $CC -c a.c -o 2.o & wait; cmp 1.o 2.o', { remote: 2 }),
  one('closed stdin, stdout and stderr', '$CC -c a.c <&-; $CC -c bad.c -o b.o >&-; $CC -c bad.c -o c.o 2>&-; $CC -c a.c -o d.o <&- >&- 2>&-'),
  one('stdout and stderr to one file', '$CC -c bad.c > both.txt 2>&1'),
  one('stderr to a full device', '$CC -c bad.c 2>/dev/full', { families: ['gcc'] }), // clang aborts of it
  one('a reader that leaves', '$CC -S a.c -o - | head -c 10'),
];
