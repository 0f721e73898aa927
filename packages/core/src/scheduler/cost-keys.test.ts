import { describe, expect, it } from 'vitest';
import { costKeys, hashText, readCommand } from './cost-keys.js';

const platform = [{ name: 'OSFamily', value: 'Linux' }, { name: 'ISA', value: 'x86_64' }];
const facts = (command: string, workingDirectory = 'home/anna/proj/build') => readCommand({ arguments: command.split(' '), workingDirectory, platform });
const keys = (command: string, workingDirectory = 'home/anna/proj/build', sourceBytes = 10_000): string[] => costKeys(facts(command, workingDirectory), sourceBytes);
const cmake = (root: string, build: string, options: string): string =>
  `/usr/bin/c++ -DX_DIR="${root}/data" -I${root}/include -I${build}/gen -isystem /usr/include/x ${options} -std=gnu++17 -MD -MT lib/a.cc.o -MF ${build}/lib/a.cc.o.d -o lib/a.cc.o -c ${root}/lib/a.cc`;

describe('readCommand', () => {
  it('finds the source, its language and what decides the cost', () => {
    expect(facts('g++ -O2 -g -flto -I/x -o a.o -c ../lib/a.cc')).toMatchObject({
      source: 'home/anna/proj/lib/a.cc', sourceName: 'lib/a.cc', program: 'g++ x86_64', compiler: 'gcc', language: 'c++', optimisation: '2', debug: true, lto: true, mode: 'object',
    });
    expect(facts('/opt/llvm/bin/clang-17 -c /src/x.c -O3 -O0 -g -g0 -flto=thin -fno-lto')).toMatchObject({ source: 'src/x.c', compiler: 'clang', language: 'c', optimisation: '0', debug: false, lto: false });
    expect(facts('x86_64-linux-gnu-g++-12 -O -x c weird.inc.c')).toMatchObject({ compiler: 'gcc', language: 'c', optimisation: '1' });
    expect(facts('gcc -x assembler-with-cpp -E a.c')).toMatchObject({ language: 'assembler-with-cpp', mode: 'preprocess' });
    expect(facts('gcc -gsplit-dwarf -fsyntax-only a.c')).toMatchObject({ debug: true, mode: 'check' });
  });

  it('takes no value of an option for the source', () => {
    expect(facts('gcc -include pre.c -MF dep.c -MT t.c -D X.c -Xclang y.c -o out.c -c real.c').source).toBe('home/anna/proj/build/real.c');
    expect(facts('gcc -oout.c -Iinc.c -isystemx.c real.c').source).toBe('home/anna/proj/build/real.c');
  });

  it('knows what is no compile', () => {
    expect(facts('g++ a.o b.o -o prog -lm')).toMatchObject({ source: undefined, language: 'none' });
    expect(facts('')).toMatchObject({ source: undefined });
    expect(facts('cc -c .c')).toMatchObject({ source: undefined });
  });
});

describe('costKeys', () => {
  it('gives four names, no two alike', () => {
    for (const command of ['g++ -c a.cc', 'ld a.o', 'true', '']) expect(new Set(keys(command)).size, command).toBe(4);
  });

  it('are the same in another build directory', () => {
    const first = keys(cmake('/home/anna/proj', '/home/anna/proj/build', '-O2'));
    expect(keys(cmake('/home/anna/proj', '/home/anna/proj/out/release', '-O2'), 'home/anna/proj/out/release')).toEqual(first);
    const outside = keys(cmake('/src/proj', '/tmp/b1', '-O2'), 'tmp/b1');
    expect(keys(cmake('/src/proj', '/tmp/b2', '-O2'), 'tmp/b2')).toEqual(outside);
  });

  it('are the same in another checkout', () => {
    expect(keys(cmake('/tmp/x1/proj', '/tmp/x1/proj/build', '-O2'), 'tmp/x1/proj/build')).toEqual(keys(cmake('/home/anna/proj', '/home/anna/proj/build', '-O2')));
    expect(keys('gcc -O2 -c sqlite3.c', 'tmp/a7')).toEqual(keys('gcc -O2 -c sqlite3.c', 'tmp/b9'));
    expect(keys('gcc -O2 -c src/x.c', 'tmp/a7')).toEqual(keys('gcc -O2 -c /tmp/b9/src/x.c', 'tmp/b9'));
  });

  it('differ between Debug and Release, and only where they should', () => {
    const debug = keys(cmake('/p', '/p/b', '-g'), 'p/b');
    const release = keys(cmake('/p', '/p/b', '-O3 -DNDEBUG'), 'p/b');
    expect(debug.map((key, level) => key === release[level])).toEqual([false, true, false, false]);
    const strict = keys(cmake('/p', '/p/b', '-g -Werror'), 'p/b');
    expect(debug.map((key, level) => key === strict[level])).toEqual([false, true, true, true]);
  });

  it('say nothing of outputs, colours and dependency files', () => {
    expect(keys('gcc -O2 -fdiagnostics-color=always -MMD -MP -MF x.d -o x.o -c x.c')).toEqual(keys('gcc -O2 -c x.c -o y/x.o -pipe'));
  });

  it('tell sources, directories, compilers and sizes apart', () => {
    const one = keys('g++ -c lib/a.cc');
    const shared = (other: string[]): boolean[] => other.map((key, level) => key === one[level]);
    expect(shared(keys('g++ -c lib/b.cc'))).toEqual([false, false, true, true]);
    expect(shared(keys('g++ -c app/a.cc'))).toEqual([false, false, false, true]);
    expect(shared(keys('clang++ -c lib/a.cc'))).toEqual([false, false, false, false]);
    expect(shared(keys('g++ -c lib/a.cc', undefined, 1_000_000))).toEqual([false, false, true, false]);
    expect(shared(keys('g++ -c lib/a.cc', undefined, 10_400))).toEqual([true, true, true, true]);
  });

  it('put near levels of optimisation into one directory', () => {
    const directoryOf = (level: string): string => keys(`g++ -O${level} -c lib/a.cc`)[2] ?? '';
    expect(new Set(['0', 'g'].map(directoryOf)).size).toBe(1);
    expect(new Set(['2', 's', 'z'].map(directoryOf)).size).toBe(1);
    expect(new Set(['0', '1', '2', '3'].map(directoryOf)).size).toBe(4);
  });

  it('are short, whatever the command', () => {
    for (const key of keys('x'.repeat(5_000))) expect(key.length).toBeLessThan(60);
    for (const key of keys(`g++ ${'-DX=1 '.repeat(5_000)}-c a.cc`)) expect(key.length).toBeLessThan(60);
  });
});

describe('hashText', () => {
  it('gives no two alike names in a million', () => {
    const seen = new Set<string>();
    for (let index = 0; index < 200_000; index++) for (const text of [`src/f${index}.cc`, `${index}`, `f${index}\n-O2`, `${'x'.repeat(index % 50)}${index}`, `${index} `]) seen.add(`${hashText(text)}`);
    // `${'x' * 0}${index}` is `${index}` for every 50th: 4,000 texts come twice.
    expect(seen.size).toBe(1_000_000 - 4_000);
  });
});
