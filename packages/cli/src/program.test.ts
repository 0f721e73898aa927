import { execFileSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { commands } from './commands.js';
import { run as completions } from './commands/completions.js';
import { buildProgram, type Call } from './program.js';

const parse = async (...words: string[]): Promise<Call> => {
  const calls: Call[] = [];
  await buildProgram(commands, { version: '1.2.3' }, async (call) => void calls.push(call)).parseAsync(['node', 'mosix', ...words]);
  const [call] = calls;
  if (call === undefined) throw new Error('no command was called');
  return call;
};

test('flags are read and checked', async () => {
  expect(await parse('up', '--workers', '3', '--slots=4', '--json')).toMatchObject({ spec: { name: 'up' }, options: { workers: 3, slots: 4, json: true } });
  await expect(parse('up', '--workers', 'many')).rejects.toThrow('"many" is not a whole number');
  await expect(parse('coordinator', '--listen', 'here')).rejects.toThrow('not an address to listen at');
  expect((await parse('coordinator', '--listen', '127.0.0.1:0')).options['listen']).toBe('127.0.0.1:0');
});

test('commands of two words', async () => {
  expect((await parse('daemon', 'stop')).spec.name).toBe('daemon stop');
  expect((await parse('config', 'show', '--json')).spec.name).toBe('config show');
});

test('what follows exec belongs to the tool', async () => {
  expect((await parse('exec', '--', 'ninja', '-C', 'build', '--json')).args).toEqual(['ninja', '-C', 'build', '--json']);
  expect((await parse('exec', '--mosix-intercept', 'make', '-j8', '--version')).args).toEqual(['make', '-j8', '--version']);
});

test('every command can be loaded by its name, and every setting flag is one', async () => {
  for (const spec of commands) {
    expect(spec.summary).not.toBe('');
    expect(spec.load).toBeTypeOf('function');
  }
  expect(new Set(commands.map((one) => one.name)).size).toBe(commands.length);
});

test.each(['bash', 'zsh', 'fish'])('completions for %s name every command', async (shell) => {
  const outcome = await completions({ options: {}, args: [shell], config: {} as never });
  if (!outcome.ok) throw new Error(outcome.error.message);
  const text = outcome.value.lines({} as never).join('\n');
  for (const spec of commands) expect(text).toContain(spec.name.split(' ')[0]);
  expect(text).not.toContain('state-file');
});

test('bash completes commands, flags, and nodes where a node may stand', async () => {
  const outcome = await completions({ options: {}, args: ['bash'], config: {} as never });
  if (!outcome.ok) throw new Error(outcome.error.message);
  const script = outcome.value.lines({} as never).join('\n');
  const farm = JSON.stringify({ nodes: [{ name: 'w1', labels: { name: 'no-node' } }, { name: 'w2' }] }, null, 2);
  const complete = (...words: string[]): string[] =>
    execFileSync('bash', ['-c', `${script}\nmosix() { printf '%s\\n' "$FARM"; }; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _mosix; printf '%s\\n' "\${COMPREPLY[@]}"`, 'bash', 'mosix', ...words], { env: { ...process.env, FARM: farm }, cwd: '/', encoding: 'utf8' }).split('\n').filter((word) => word !== '');
  expect(complete('drai')).toEqual(['drain']);
  expect(complete('drain', 'w')).toEqual(['w1', 'w2']);
  expect(complete('migrate', '17', '').sort()).toEqual(expect.arrayContaining(['best', 'home', 'w1', 'w2']));
  expect(complete('tune', '--a')).toEqual(['--all']);
  expect(complete('drain', 'no')).toEqual([]);
});
