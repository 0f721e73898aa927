// Compiles on a pseudo-terminal and again into a pipe with the planned options, and compares the bytes of the messages
// and of the objects. util-linux's script(1) makes the terminal.

import { spawnSync } from 'node:child_process';
import { existsSync, lstatSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parseCommandLine, remoteEnvironment, terminalArguments } from './index.js';
import type { Family, TerminalFacts } from './types.js';

const source = `#include <stdio.h>
int f(int a) { int unused_variable; int another_one_that_stands_far_enough_to_the_right_to_pass_the_edge = 0; int yet_another; printf("%s", a); return a; }
int g(void) { return h(); }
`;

let directory: string;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'mosix-terminal-'));
  writeFileSync(join(directory, 'w.c'), source);
});
afterAll(() => {
  rmSync(directory, { recursive: true, force: true });
});

const has = (program: string): boolean => spawnSync(program, ['--version'], { stdio: 'ignore' }).status === 0;
const readFile = (path: string): Buffer | undefined => (existsSync(path) && lstatSync(path).isFile() ? readFileSync(path) : undefined);
const terminal: TerminalFacts = { stderr: true, stdout: true, stdin: false, columns: 0 };

/** Messages as a terminal gets them. The terminal turns line ends into CR LF; that is undone. */
function onTerminal(compiler: string, list: readonly string[], environment: Record<string, string>): string {
  const command = [compiler, ...list].map((word) => `'${word}'`).join(' ');
  const result = spawnSync('script', ['-q', '-e', '-c', `${command} </dev/null`, '/dev/null'], { cwd: directory, env: environment, stdio: ['ignore', 'pipe', 'pipe'] });
  return result.stdout.toString().replaceAll('\r\n', '\n');
}

interface Comparison {
  missing: readonly string[];
  terminal: string;
  remote: string;
  sameObject: boolean;
}

function compare(compiler: string, options: string, variables: Record<string, string>): Comparison {
  const family: Family = compiler === 'clang' ? 'clang' : 'gcc';
  const environment = { PATH: process.env['PATH'] ?? '', PWD: directory, LC_ALL: 'C.UTF-8', SHELL: '/bin/sh', ...variables };
  const list = ['-c', '-Wall', 'w.c', '-o', 'w.o', ...options.split(' ').filter((word) => word !== '')];
  const parsed = parseCommandLine({ family, compilerName: compiler, arguments: list, cwd: directory, environment: new Map(Object.entries(environment)), readFile, terminal });
  if (parsed.kind === 'local') throw new Error(parsed.reason);
  const expected = onTerminal(compiler, list, environment);
  const native = readFileSync(join(directory, 'w.o'));
  const remoteVariables = { PATH: environment.PATH, ...Object.fromEntries(remoteEnvironment(new Map(Object.entries(environment)), terminal, family)) };
  const remote = spawnSync(compiler, parsed.compile.remoteArguments, { cwd: directory, env: remoteVariables, stdio: ['ignore', 'pipe', 'pipe'] }).stderr.toString();
  return { missing: parsed.compile.terminalMissing, terminal: expected, remote, sameObject: native.equals(readFileSync(join(directory, 'w.o'))) };
}

const terms: Record<string, string>[] = [
  {}, { TERM: 'dumb' }, { TERM: 'xterm' }, { TERM: 'linux' }, { TERM: 'vt100' }, { TERM: 'screen' }, { TERM: 'xterm-256color' }, { TERM: 'no-such-terminal' }, { TERM: 'xterm-mono' }, { TERM: 'xterm', COLORTERM: 'truecolor' },
  { TERM: 'xterm-256color', COLORTERM: 'gnome-terminal' }, { TERM: 'xterm-256color', GCC_COLORS: '' }, { TERM: 'xterm-256color', GCC_COLORS: 'error=01;33' }, { TERM: 'xterm', TERM_URLS: 'st' }, { TERM: 'xterm-256color', GCC_URLS: 'no' }, { TERM: 'xterm-256color', TERM_URLS: 'bel', GCC_URLS: '' },
];

const settings = ['', '-fdiagnostics-color=never', '-fdiagnostics-color=always', '-fdiagnostics-color=auto', '-fno-diagnostics-color'];

describe.skipIf(!has('script') || !has('gcc'))('gcc', () => {
  test.each(terms.map((variables) => [variables]))('on a terminal with %j', (variables) => {
    const result = compare('gcc', '', variables);
    expect(result.missing).toEqual([]);
    expect(result.remote).toBe(result.terminal);
    expect(result.sameObject).toBe(true);
  });
  test.each([...settings, '-fdiagnostics-urls=never', '-fdiagnostics-urls=auto', '-fdiagnostics-plain-output', '-fmessage-length=60', '-mcpu=generic', '-x c++', '-pipe -save-temps', '-Wsuch-nothing -Wno-such-thing', '-fdiagnostics-format=json', '-fdiagnostics-generate-patch', '-mcpu=generic -fdiagnostics-color=auto', '-Wa,-such-nothing'.replace('-such-nothing', '-W'), '-fstats'])('with the option %s', (option) => {
    const result = compare('gcc', option, { TERM: 'xterm-256color' });
    expect(result.remote).toBe(result.terminal);
    expect(result.sameObject).toBe(true);
  });
  test.each(['-g', '-frecord-gcc-switches', '-g -O2 -gsplit-dwarf'])('hyperlinks are left out where the object would record the option: %s', (option) => {
    const result = compare('gcc', option, { TERM: 'xterm-256color' });
    expect(result.sameObject).toBe(true);
    expect(result.missing).toEqual(['urls']);
    const withoutLinks = result.terminal.replaceAll(/\x1b\]8;;.*?(\x07|\x1b\\)/g, '');
    expect(result.remote).toBe(withoutLinks);
  });
  test('the width is told to be missing when it can matter', () => {
    expect(compare('gcc', '', { TERM: 'xterm', COLUMNS: '70' }).missing).toEqual(['width']);
  });
});

describe.skipIf(!has('script') || !has('clang'))('clang', () => {
  test.each([...terms, { TERM: 'xterm', COLUMNS: '70' }, { TERM: 'dumb', COLUMNS: '50' }].map((variables) => [variables]))('on a terminal with %j', (variables) => {
    const result = compare('clang', '', variables);
    expect(result.remote).toBe(result.terminal);
    expect(result.sameObject).toBe(true);
  });
  test.each([...settings, '-fcolor-diagnostics', '-fno-color-diagnostics', '-g', '-fmessage-length=60', '-lx -Wl,-z', '-fdiagnostics-color=auto -lx', '-Wsuch-nothing', '-MF x.d', '-fdiagnostics-format=msvc'])('with the option %s', (option) => {
    const result = compare('clang', option, { TERM: 'xterm', COLUMNS: '70' });
    expect(result.remote).toBe(result.terminal);
    expect(result.sameObject).toBe(true);
  });
  test('stays here when the object would record the added options', () => {
    const environment = new Map([['TERM', 'xterm']]);
    expect(parseCommandLine({ family: 'clang', compilerName: 'clang', arguments: ['-c', 'a.c', '-g', '-grecord-command-line'], cwd: '/w', environment, readFile, terminal })).toMatchObject({ kind: 'local', reason: 'terminal' });
  });
});

describe('options to add', () => {
  const add = (family: Family, variables: Record<string, string>, list: string[], stderr = true): string =>
    terminalArguments(family, { ...terminal, stderr }, new Map(Object.entries(variables)), list).join(' ');
  test.each<[Family, Record<string, string>, string[], string]>([
    ['gcc', { TERM: 'xterm' }, [], '-fdiagnostics-color=always'],
    ['gcc', { TERM: 'xterm-256color' }, [], '-fdiagnostics-color=always -fdiagnostics-urls=always'],
    ['gcc', { TERM: 'xterm-256color' }, ['-g'], '-fdiagnostics-color=always'],
    ['gcc', { TERM: 'xterm-256color' }, ['-fdiagnostics-color=never'], '-fdiagnostics-urls=always'],
    ['gcc', { TERM: 'dumb' }, [], ''],
    ['gcc', {}, [], ''],
    ['clang', { TERM: 'xterm', COLUMNS: '90' }, [], '-fcolor-diagnostics -Xclang -fmessage-length=90'],
    ['clang', { TERM: 'xterm', COLUMNS: '90' }, ['-fno-color-diagnostics', '-fmessage-length=10'], ''],
    ['clang', { TERM: 'st-256color' }, [], '-fcolor-diagnostics'],
    ['clang', { TERM: 'vt220' }, [], ''],
    ['clang', { TERM: 'dumb', COLUMNS: '90' }, ['-c', 'a.s'], ''],
    ['gcc', { TERM: 'xterm' }, ['-fdiagnostics-color=auto'], '-fdiagnostics-color=always -fdiagnostics-color=always'],
  ])('%s %j %j: %s', (family, variables, list, expected) => {
    expect(add(family, variables, list)).toBe(expected);
  });
  test('none without a terminal', () => {
    expect(add('gcc', { TERM: 'xterm' }, [], false)).toBe('');
  });
});
