// Tests read like shell sessions: const $ = shell({cwd, env}); await $`mosix-make -j4`; a failing line throws with what
// it printed. Values are quoted; text is the shell's.

import { execa } from 'execa';

export interface ShellOptions {
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  readonly timeoutMs?: number;
}

export interface Said {
  readonly stdout: string;
  readonly stderr: string;
  readonly status: number;
}

export type Shell = (text: TemplateStringsArray, ...values: readonly (string | number)[]) => Promise<Said>;

export const quote = (value: string | number): string => `'${String(value).replaceAll("'", `'\\''`)}'`;

const line = (text: TemplateStringsArray, values: readonly (string | number)[]): string =>
  text.map((piece, index) => piece + (index < values.length ? quote(values[index] as string | number) : '')).join('');

export interface Shells {
  /** Throws unless the line ends with status 0. */
  readonly $: Shell;
  /** Never throws: gives the status. */
  readonly attempt: Shell;
}

export function shell(options: ShellOptions): Shells {
  const start = async (text: TemplateStringsArray, values: readonly (string | number)[]): Promise<Said> => {
    const result = await execa('bash', ['-c', line(text, values)], {
      cwd: options.cwd,
      env: { ...options.env },
      extendEnv: false,
      reject: false,
      stdin: 'ignore',
      timeout: options.timeoutMs ?? 300_000,
      maxBuffer: 256 * 1024 * 1024,
    });
    return { stdout: result.stdout, stderr: result.stderr, status: result.exitCode ?? 255 };
  };
  return {
    attempt: (text, ...values) => start(text, values),
    $: async (text, ...values) => {
      const said = await start(text, values);
      if (said.status !== 0) {
        throw new Error(`${line(text, values)}\nended with ${said.status}\n--- stdout\n${said.stdout.slice(-4000)}\n--- stderr\n${said.stderr.slice(-4000)}`);
      }
      return said;
    },
  };
}
