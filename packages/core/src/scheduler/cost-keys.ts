// Under which names the cost of a command is remembered, from the very command to its class. Pure text work: no compiler is asked and no
// file is read, so it also serves commands of other clients of the Remote Execution API.
//
// A name must be the same in another checkout and in another build directory of one project, and another for Debug than for Release.
// So paths of outputs and of search directories are left out, and the source is named by what stands below the directory that it shares
// with the working directory. Two sources that come out under one name cost a worse prediction, nothing else.

export interface CostCommand {
  readonly arguments: readonly string[];
  /** As in REAPI's Command: relative to the input root, which for our own clients is `/`. */
  readonly workingDirectory: string;
  /** Platform properties; only `ISA` counts. */
  readonly platform: readonly { readonly name: string; readonly value: string }[];
}

/** What can be read off a command line. */
export interface CommandFacts {
  /** Path of the main source below the input root, without a leading slash; undefined: not a compile. */
  readonly source: string | undefined;
  /** The same, told apart from others of its project; stable over checkouts. */
  readonly sourceName: string;
  /** Base name of the program, with the instruction set it runs on. */
  readonly program: string;
  /** gcc, clang, or the program's name. */
  readonly compiler: string;
  readonly language: string;
  /** 0, 1, 2, 3, s, z, g or fast. */
  readonly optimisation: string;
  readonly debug: boolean;
  readonly lto: boolean;
  /** object, assembly, preprocess, check. */
  readonly mode: string;
  /** The options that decide the cost, in order, without paths that differ between checkouts. */
  readonly options: string;
}

const languages: Readonly<Record<string, string>> = {
  c: 'c', i: 'c', cc: 'c++', cpp: 'c++', cxx: 'c++', 'c++': 'c++', cp: 'c++', C: 'c++', CPP: 'c++', ii: 'c++', cppm: 'c++', ixx: 'c++', m: 'objc', mi: 'objc',
  mm: 'objc++', M: 'objc++', mii: 'objc++', s: 'asm', S: 'asm', sx: 'asm', f: 'fortran', F: 'fortran', f90: 'fortran', F90: 'fortran', f95: 'fortran',
  cu: 'cuda', d: 'd', go: 'go', adb: 'ada', rs: 'rust',
};

/** Options that say where something lies, their value joined or in the next argument: no part of a name. */
const placeOption = /^(?:-[oILB]|-M[FTQJ]|-i(?:quote|system|dirafter|prefix|withprefix|withprefixbefore|sysroot|multilib)|-dumpdir|-dumpbase(?:-ext)?|-aux-info|--sysroot)/;
const placeAssignment = /^-f(?:debug-compilation-dir|random-seed|profile-dir|modules-cache-path|(?:debug|file|macro|profile|coverage)-prefix-map|file-compilation-dir)=/;
/** Their value is a separate argument that counts. */
const valueOptions: ReadonlySet<string> = new Set(['-D', '-U', '-include', '-imacros', '-Xclang', '-Xpreprocessor', '-Xassembler', '-mllvm', '--param', '-target', '-arch', '-std', '-u', '-z', '-T']);
/** Written by the compiler on the side, or shown: they say nothing of the cost. */
const idle = /^(?:-M[DMGP]*|-pipe|-v|-fdiagnostics-.*|-f(?:no-)?color-diagnostics|-fmessage-length=.*|-c)$/;

export function readCommand({ arguments: argv, workingDirectory, platform }: CostCommand): CommandFacts {
  const program = (argv[0] ?? '').slice((argv[0] ?? '').lastIndexOf('/') + 1);
  const directory = resolvePath(workingDirectory, '');
  const kept: string[] = [];
  let source: string | undefined;
  let language: string | undefined;
  let optimisation = '0';
  let debug = false;
  let lto = false;
  let mode = 'object';
  for (let index = 1; index < argv.length; index++) {
    const argument = argv[index] ?? '';
    if (!argument.startsWith('-') || argument === '-') {
      const found = languageOf(argument);
      // The first source counts; what is not a source (an object to link, a file for another program) is part of the command.
      if (source === undefined && found !== undefined) {
        source = argument;
        language ??= found;
      } else kept.push(argument);
      continue;
    }
    if (argument === '-x' || (argument.startsWith('-x') && languageNames.has(argument.slice(2)))) {
      const named = argument === '-x' ? (argv[++index] ?? '') : argument.slice(2);
      if (named !== 'none') language = named;
      continue;
    }
    const place = placeOption.exec(argument);
    if (place !== null) {
      if (argument === place[0]) index++;
      continue;
    }
    if (idle.test(argument) || placeAssignment.test(argument)) continue;
    if (/^-O/.test(argument)) optimisation = argument === '-O' ? '1' : argument.slice(2);
    else if (/^-g(?!no-|cc)/.test(argument)) debug = argument !== '-g0';
    else if (/^-flto(?:$|=)/.test(argument)) lto = true;
    else if (argument === '-fno-lto') lto = false;
    else if (argument === '-E') mode = 'preprocess';
    else if (argument === '-S') mode = 'assembly';
    else if (argument === '-fsyntax-only') mode = 'check';
    kept.push(argument);
    if (valueOptions.has(argument)) kept.push(argv[++index] ?? '');
  }
  const path = source === undefined ? undefined : resolvePath(directory, source);
  const shared = path === undefined ? directory : sharedDirectory(directory, path);
  const instructionSet = platform.find(({ name }) => name === 'ISA')?.value ?? '';
  return {
    source: path,
    sourceName: path === undefined ? '' : path.slice(shared === '' ? 0 : shared.length + 1).split('/').slice(-2).join('/'),
    program: instructionSet === '' ? program : `${program} ${instructionSet}`,
    compiler: kindOf(program),
    language: language ?? 'none',
    optimisation,
    debug,
    lto,
    mode,
    options: withoutPaths(kept.join('\n'), directory, shared),
  };
}

/**
 * The names, the most specific first: the very command with its source; the source with the compiler; the directory of the source with
 * compiler and optimisation; and what is known of any command. Short; never equal between the four.
 */
export function costKeys(facts: CommandFacts, sourceBytes: number): string[] {
  const { program, sourceName, options, compiler, language, optimisation, debug, lto, mode } = facts;
  const size = sizeBucket(sourceBytes);
  const how = `O${optimisation}${debug ? ' g' : ''}${lto ? ' lto' : ''}${mode === 'object' ? '' : ` ${mode}`}`;
  const kind = `c:${compiler} ${language} ${how} ${size}`;
  if (facts.source === undefined) {
    const [first = ''] = options.split('\n', 1);
    return [`x:${hashText(`${program}\n${options}`)}`, `f:${hashText(`${program}\n${first}`)}`, `d:${hashText(program)}`, kind];
  }
  const slash = sourceName.lastIndexOf('/');
  return [
    `x:${hashText(`${program}\n${sourceName}\n${size}\n${options}`)}`,
    `f:${hashText(`${program}\n${sourceName}\n${size}\n${mode}`)}`,
    `d:${hashText(`${program}\n${slash < 0 ? '' : sourceName.slice(0, slash)}\n${optimisationClass(optimisation)}\n${mode}`)}`,
    kind,
  ];
}

/** log2 of the size, 0 when it is not known. An edit rarely takes a source over the border. */
const sizeBucket = (bytes: number): number => (bytes > 0 ? Math.round(Math.log2(bytes)) : 0);

/** What takes about as long: -Og is near to none, -Os and -Oz are -O2 with other weights. */
const optimisationClass = (optimisation: string): string =>
  optimisation === '0' || optimisation === 'g' ? '0' : optimisation === 's' || optimisation === 'z' ? '2' : optimisation === 'fast' ? '3' : optimisation;

const languageNames: ReadonlySet<string> = new Set([...Object.values(languages), 'c-header', 'c++-header', 'cpp-output', 'c++-cpp-output', 'assembler', 'assembler-with-cpp', 'objective-c', 'objective-c++', 'none']);

function languageOf(path: string): string | undefined {
  const dot = path.lastIndexOf('.');
  return dot <= path.lastIndexOf('/') + 1 ? undefined : Object.hasOwn(languages, path.slice(dot + 1)) ? languages[path.slice(dot + 1)] : undefined;
}

const PROGRAM_NAME_MAX = 32;

/** `x86_64-linux-gnu-g++-12` is gcc. */
function kindOf(program: string): string {
  if (/(?:^|-)clang(?:\+\+)?(?:-[\d.]+)?$/.test(program)) return 'clang';
  return /(?:^|-)(?:gcc|g\+\+|cc|c\+\+)(?:-[\d.]+)?$/.test(program) ? 'gcc' : program.slice(0, PROGRAM_NAME_MAX);
}

/** Components of `path` as seen from `directory`, both below the input root; `..` is taken as text. */
function resolvePath(directory: string, path: string): string {
  const parts: string[] = [];
  for (const part of (path.startsWith('/') ? path : `${directory}/${path}`).split('/')) {
    if (part === '..') parts.pop();
    else if (part !== '' && part !== '.') parts.push(part);
  }
  return parts.join('/');
}

/** The longest directory that holds both; '' for the input root. */
function sharedDirectory(directory: string, file: string): string {
  const ours = directory.split('/');
  const theirs = file.split('/');
  let length = 0;
  while (length < ours.length && length < theirs.length - 1 && ours[length] === theirs[length]) length++;
  return ours.slice(0, length).join('/');
}

/** The two directories that differ between checkouts become `.` wherever options name them. */
function withoutPaths(options: string, directory: string, shared: string): string {
  let text = options;
  if (directory !== '') text = text.replaceAll(`/${directory}`, '.');
  if (shared !== '' && shared !== directory) text = text.replaceAll(`/${shared}`, '.');
  return text;
}

/** 64 bits of a text in base 36: two lanes of multiply and rotate with a last mixing (after Murmur3's finaliser). Not for secrets. */
export function hashText(text: string): string {
  let a = 0xdeadbeef ^ text.length;
  let b = 0x41c6ce57 ^ text.length;
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    a = Math.imul(a ^ code, 0x9e3779b1);
    b = Math.imul(b ^ code, 0x5f356495);
    a = (a << 13) | (a >>> 19);
    b = (b << 11) | (b >>> 21);
  }
  a = Math.imul(a ^ (a >>> 16), 0x85ebca6b) ^ Math.imul(b ^ (b >>> 13), 0xc2b2ae35);
  b = Math.imul(b ^ (b >>> 16), 0x85ebca6b) ^ Math.imul(a ^ (a >>> 13), 0xc2b2ae35);
  return `${(a >>> 0).toString(36)}${(b >>> 0).toString(36).padStart(7, '0')}`;
}
