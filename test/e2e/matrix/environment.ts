// Locale, time zone, limits and other surroundings of the process.

import { existsSync } from 'node:fs';
import { execFileSync } from 'node:child_process';
import type { MatrixCase } from './case.js';

const both = ['gcc', 'clang'] as const;
const bad = { 'a.c': 'int f(void) { return größe + "日本"; }\nint g(int x) { if (x = 1) return 2; }\n' };
const one = (name: string, run: string | string[], more: Partial<MatrixCase> = {}): MatrixCase => ({ name, files: bad, run, families: both, ...more });

const german = (): string | undefined => {
  const known = existsSync('/usr/bin/locale') ? execFileSync('locale', ['-a']).toString() : '';
  return known.includes('de_DE.utf8') ? undefined : 'the locale de_DE.UTF-8 is not installed';
};

export const environmentCases: readonly MatrixCase[] = [
  one('LANG=C', 'LANG=C $CC -Wall -c a.c'),
  one('LC_ALL=C.UTF-8', 'LC_ALL=C.UTF-8 $CC -Wall -c a.c'),
  one('LANG=de_DE.UTF-8, messages in German if installed', 'LANG=de_DE.UTF-8 $CC -Wall -c a.c', { skip: german }),
  one('a locale that does not exist', 'LC_ALL=xx_XX $CC -Wall -c a.c; LC_CTYPE=C LC_MESSAGES=xx $CC -Wall -c a.c'),
  one('a locale of this project alone', 'LOCPATH="$PWD/loc" LC_ALL=de_DE.UTF-8 $CC -Wall -c a.c', { setup: 'mkdir loc; localedef -i de_DE -f UTF-8 loc/de_DE.UTF-8 >/dev/null 2>&1 || true' }),
  one('an empty environment', 'env -i "$(command -v $REAL)" -c a.c; env -i PATH="$PATH" $REAL -Wall -c a.c'),
  one('time zone', 'TZ=Pacific/Auckland $CC -c b.c', { files: { 'b.c': 'int a;\n' } }),
  one('TMPDIR with a space, and one that is missing', 'mkdir "t m"; TMPDIR="$PWD/t m" $CC -c b.c; TMPDIR=/none $CC -c b.c -o c.o', { files: { 'b.c': 'int a;\n' } }),
  one('PWD says something else', 'mkdir real; cp b.c real; ln -s real link; cd link; $CC -g -c b.c; PWD=/tmp $CC -g -c b.c -o c.o; unset PWD; $CC -g -c b.c -o d.o', { files: { 'b.c': 'const char *f = __FILE__;\n' } }),
  one('the working folder through a link', 'mkdir real; cp b.c real; ln -s real link; cd link; $CC -g -MD -c "$PWD/b.c"', { files: { 'b.c': 'const char *f = __FILE__;\n' } }),
  one('the working folder is gone', 'mkdir gone; cd gone; rmdir ../gone; $CC -c ../b.c; $CC -x c -c /dev/null -o /dev/null', { files: { 'b.c': 'int a;\n' } }),
  one('make\'s variables', 'MAKEFLAGS="-j4 --jobserver-auth=3,4" MAKELEVEL=2 $CC -flto=auto -c b.c', { files: { 'b.c': 'int a;\n' }, unstable: /\.o$/ }),
  one('variables with odd names and bytes', `env 'a b=c' "$(printf 'x=\\351')" 'LD_BIND_NOW=1' $REAL -c b.c`, { files: { 'b.c': 'int a;\n' } }),
  one('SOURCE_DATE_EPOCH', 'SOURCE_DATE_EPOCH=0 $CC -c b.c; SOURCE_DATE_EPOCH=junk $CC -c b.c -o c.o', { files: { 'b.c': 'const char *f = __DATE__;\n' } }),
  one('a limit on file size', '(ulimit -f 1; $CC -c b.c -o b.o 2>/dev/null); ls b.o 2>/dev/null | wc -l', { files: { 'b.c': 'int a[100000] = {1};\n' }, skip: () => 'how the compiler dies of a file limit differs between two native runs' }),
];
