// One answer per compiler and set of options that matter, asked once and kept for as long as the compiler's files stay as they are.
import { createHash } from 'node:crypto';
import { execFile } from 'node:child_process';
import { err, fault, ok, type Fault, type Result } from '@mosix/core';
import { askCompiler, expandNativeFlags, nullTrail, type CompilerFacts, type FileNode, type FilesystemView } from '@mosix/compiler';

/** Variables that move a compiler's parts or its libraries. */
const COMPILER_VARIABLES = ['PATH', 'GCC_EXEC_PREFIX', 'COMPILER_PATH', 'LIBRARY_PATH', 'LD_LIBRARY_PATH', 'SYSROOT', 'CCC_OVERRIDE_OPTIONS'] as const;

const DEPENDENCY_TIMEOUT_MS = 60_000;
const DEPENDENCY_BYTES_MAX = 16 * 1024 * 1024;
const ANSWERS_MAX = 200;

export interface CompilerQuery {
  readonly compiler: string;
  readonly cwd: string;
  readonly searchArguments: readonly string[];
  readonly language: string;
  readonly environment: ReadonlyMap<string, string>;
}

export interface Compilers {
  facts(query: CompilerQuery): Promise<Result<CompilerFacts>>;
  /** Is that answer still true, by what the view knows by now? A walk looks again at what is racy, and may find a new tool on the way. */
  hold(facts: CompilerFacts): boolean;
  /** Arguments without `=native`, for gcc; `undefined` when the compiler does not say what it means. */
  expandNative(compiler: string, args: readonly string[], environment: ReadonlyMap<string, string>): Promise<string[] | undefined>;
  export(): SavedCompiler[];
  import(saved: readonly SavedCompiler[]): void;
}

interface Entry {
  readonly facts: CompilerFacts;
  /** The tools themselves; any of them replaced makes the answer void. */
  readonly files: readonly FileNode[];
}

export interface SavedCompiler {
  readonly key: string;
  readonly facts: CompilerFacts;
  readonly identities: readonly (readonly [path: string, identity: string])[];
}

const relevant = (environment: ReadonlyMap<string, string>): Record<string, string> => {
  const picked: Record<string, string> = {};
  for (const name of COMPILER_VARIABLES) {
    const value = environment.get(name);
    if (value !== undefined) picked[name] = value;
  }
  return picked;
};

/** A word of its own, or the value of an option that takes a directory. */
function mayBeRelative(argument: string): boolean {
  if (!argument.startsWith('-')) return !argument.startsWith('/');
  const value = /^-B(.*)$/.exec(argument)?.[1] ?? /^--?(?:sysroot|isysroot|gcc-toolchain|gcc-install-dir|resource-dir|specs)=(.*)$/.exec(argument)?.[1];
  return value !== undefined && !value.startsWith('/');
}

const keyOf = (query: CompilerQuery): string => {
  // Relative paths mean something else in another directory.
  const cwd = query.searchArguments.some(mayBeRelative) ? query.cwd : '';
  return createHash('sha256')
    .update(JSON.stringify([query.compiler, cwd, query.searchArguments, query.language, relevant(query.environment)]))
    .digest('base64url');
};

export function createCompilers(view: FilesystemView): Compilers {
  const entries = new Map<string, Entry>();
  const entryOf = new WeakMap<CompilerFacts, Entry>();
  const asking = new Map<string, Promise<Result<CompilerFacts>>>();

  const filesOf = (facts: CompilerFacts): FileNode[] =>
    facts.toolFiles.map((path) => view.lookup(view.root, path, nullTrail)).filter((node): node is FileNode => node?.kind === 'file');

  const holds = (entry: Entry): boolean =>
    !entry.files.some((file) => file.stale) &&
    !entry.facts.missingDirectories.some((path) => view.lookup(view.root, path, nullTrail)?.kind === 'directory') &&
    !entry.facts.absentNames.some((path) => view.lookup(view.root, path, nullTrail) !== undefined) &&
    // A tool that was a link may lead elsewhere now: the look-up, not the old node, decides.
    filesOf(entry.facts).every((file, index) => file === entry.files[index]);

  const stillTrue = (entry: Entry): boolean => entry.files.length === entry.facts.toolFiles.length && holds(entry);

  return {
    async facts(query) {
      const key = keyOf(query);
      const known = entries.get(key);
      if (known !== undefined) {
        if (stillTrue(known)) return ok(known.facts);
        entries.delete(key);
      }
      const underWay = asking.get(key);
      if (underWay !== undefined) return underWay;
      const question = askCompiler({ ...query, environment: relevant(query.environment) }).then((answer) => {
        asking.delete(key);
        if (!answer.ok) return answer;
        const files = filesOf(answer.value);
        entryOf.set(answer.value, { facts: answer.value, files });
        if (files.length === answer.value.toolFiles.length) {
          const oldest = entries.keys().next().value;
          if (entries.size >= ANSWERS_MAX && oldest !== undefined) entries.delete(oldest);
          entries.set(key, { facts: answer.value, files });
        }
        return answer;
      });
      asking.set(key, question);
      return question;
    },
    hold(facts) {
      const entry = entryOf.get(facts);
      return entry === undefined || holds(entry);
    },
    expandNative: (compiler, args, environment) => expandNativeFlags(compiler, args, relevant(environment)),
    export: () =>
      [...entries].filter(([, entry]) => stillTrue(entry)).map(([key, entry]) => ({ key, facts: entry.facts, identities: entry.files.map((file) => [file.path, file.identity] as const) })),
    import(saved) {
      for (const { key, facts, identities } of saved) {
        const files = filesOf(facts);
        if (!stillTrue({ facts, files })) continue;
        if (files.length === identities.length && files.every((file, index) => file.path === identities[index]?.[0] && file.identity === identities[index]?.[1])) {
          const entry = { facts, files };
          entries.set(key, entry);
          entryOf.set(facts, entry);
        }
      }
    },
  };
}

/** Options that say what to write; `-M` must not be told any of them. */
const OUTPUT_OPTIONS = new Set(['-c', '-S', '-MD', '-MMD', '-MP', '-MG', '-M', '-MM', '-save-temps', '--save-temps']);
const OUTPUT_OPTIONS_WITH_VALUE = new Set(['-o', '-MF', '-MT', '-MQ', '-MJ', '-dumpbase', '-dumpdir', '-dumpbase-ext']);

/** The compiler's own list of what it opens (`-M`), for units whose includes the scan cannot follow. Codes: `missing-header`. */
export function askDependencies(
  compiler: string,
  args: readonly string[],
  cwd: string,
  environment: ReadonlyMap<string, string>,
  signal: AbortSignal,
): Promise<Result<string[], Fault>> {
  // An output option inside a response file would have the rule written over the user's object.
  if (args.some((argument) => argument.startsWith('@'))) {
    return Promise.resolve(err(fault('missing-header', 'the command line is in a response file, and its includes cannot be followed without the compiler')));
  }
  const kept: string[] = [];
  for (let index = 0; index < args.length; index += 1) {
    const argument = args[index] as string;
    if (OUTPUT_OPTIONS.has(argument) || argument.startsWith('-Wp,-M') || argument.startsWith('-save-temps')) continue;
    if (OUTPUT_OPTIONS_WITH_VALUE.has(argument)) {
      index += 1;
      continue;
    }
    if (/^-(o|MF|MT|MQ).+/.test(argument)) continue;
    kept.push(argument);
  }
  const env = { ...Object.fromEntries(environment), MOSIX_NESTED: '1' };
  return new Promise((resolve) => {
    execFile(compiler, [...kept, '-M', '-MT', 'x'], { cwd, env, signal, timeout: DEPENDENCY_TIMEOUT_MS, maxBuffer: DEPENDENCY_BYTES_MAX, encoding: 'utf8' }, (error, stdout) => {
      if (error !== null) resolve(err(fault('missing-header', `${compiler} -M failed: ${error.message.split('\n')[0] ?? ''}`)));
      else {
        const names = parseMakeRule(stdout);
        // A rule without a single file went somewhere else than to us.
        resolve(names.length > 0 ? ok(names) : err(fault('missing-header', `${compiler} -M named no file`)));
      }
    }).stdin?.end();
  });
}

/** The prerequisites of the first make rule, with make's escapes for blanks, `#`, `:` and `$` undone. */
export function parseMakeRule(text: string): string[] {
  const colon = text.indexOf(': ') >= 0 ? text.indexOf(': ') : text.indexOf(':');
  const rule = text.slice(colon + 1).replace(/\\\r?\n/g, ' ').split(/\r?\n/, 1)[0] ?? '';
  // Blanks part the names; a tab is part of one, which clang writes as it is.
  const names = rule.match(/(?:\\[\s#]|\$\$|[^ ])+/g) ?? [];
  return names.map((name) => (name.includes('\\') || name.includes('$') ? name.replace(/\\([\s#:])/g, '$1').replace(/\$\$/g, '$') : name));
}
