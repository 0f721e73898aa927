// `-march=native` means this machine's CPU, wherever the compile runs: gcc's driver turns it into explicit options, and so do we, by
// asking that driver. The object is the same as long as it does not list its options; one that does lists them in another order.
import { execFile } from 'node:child_process';

const NATIVE = /^-m(?:arch|tune|cpu)=native$/;

/** Options that make gcc write its command line into the object. */
const LISTS_OPTIONS = /^-(?:g(?!0$|no-)|frecord-gcc-switches|fverbose-asm|flto|grecord-gcc-switches|fstack-usage|fcallgraph-info|save-temps)/;

export const listsOptions = (args: readonly string[]): boolean => args.some((argument) => LISTS_OPTIONS.test(argument));

/** Target options of the front end's command line as `gcc -###` prints it: quoted words of the first line that runs cc1. */
export function parseTargetOptions(verbose: string): string[] | undefined {
  const line = verbose.split('\n').find((text) => /^ "?\S*\/cc1/.test(text));
  if (line === undefined) return undefined;
  const words = [...line.matchAll(/"((?:[^"\\]|\\.)*)"|(\S+)/g)].map((match) => match[1] ?? (match[2] as string));
  const options: string[] = [];
  for (let index = 0; index < words.length; index += 1) {
    const word = words[index] as string;
    if (/^-m(?!ulti)/.test(word)) options.push(word);
    else if (word === '--param' && /^l[12]-cache/.test(words[index + 1] ?? '')) {
      options.push(word, words[index + 1] as string);
      index += 1;
    }
  }
  return options.some((option) => /=native$/.test(option)) ? undefined : options;
}

/** gcc only. The arguments with native options replaced by what they mean here; `undefined` when the compiler does not say. */
export async function expandNativeFlags(compiler: string, args: readonly string[], environment: NodeJS.ProcessEnv): Promise<string[] | undefined> {
  const native = args.filter((argument) => NATIVE.test(argument));
  const verbose = await new Promise<string | undefined>((resolve) => {
    execFile(compiler, [...native, '-###', '-E', '-x', 'c', '/dev/null'], { env: { ...environment, LC_ALL: 'C', MOSIX_NESTED: '1' }, timeout: 20_000, encoding: 'utf8' }, (error, _stdout, stderr) =>
      resolve(error === null ? stderr : undefined),
    ).stdin?.end();
  });
  const options = verbose === undefined ? undefined : parseTargetOptions(verbose);
  if (options === undefined) return undefined;
  // The driver puts its expansion before all other target options, so that those can take parts of it back.
  return [...options, ...args.filter((argument) => !NATIVE.test(argument))];
}
