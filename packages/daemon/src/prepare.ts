// From a compiler invocation to a REAPI action: analysis, input discovery, verification, digest. The result is kept as a record, so that
// the next time it takes one comparison of file stamps, done by the launcher, to know that nothing has changed.
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { encodeAction, encodeCommand, err, fault, ok, type Digest, type Fault, type Result, type Sha256 } from '@mosix/core';
import {
  createDiscoverer,
  createFilesystemView,
  createSourceStore,
  createTreeBuilder,
  listsOptions,
  nullTrail,
  parseCommandLine,
  remoteEnvironment,
  timeNames,
  type Compile,
  type CompilerFacts,
  type DirectoryNode,
  type Discovery,
  type LocalWeight,
  type Node,
} from '@mosix/compiler';
import { askDependencies, createCompilers, type Compilers } from './compilers.js';
import type { Blob, ExecuteRequest } from './farm.js';
import type { RunRequest } from './frames.js';
import { localeFiles, usesForeignCharset } from './locale.js';
import { checkTargets, relativeTo } from './outputs.js';
import { findStranger } from './strangers.js';
import type { Reason } from './reasons.js';
import type { Session } from './session.js';


export interface Prepared {
  readonly compile: Compile;
  readonly action: Digest;
  readonly unresolved: ReadonlySet<string>;
  readonly inputs: { readonly files: number; readonly bytes: number };
  /** Output paths as the Command has them: relative to the working directory. */
  readonly outputPaths: readonly string[];
  /** The first of these files, named as a compiler in the working directory names them, that was not among the inputs. */
  readonly stranger: (names: readonly string[]) => string | undefined;
  /** What there is to upload; `undefined` for a record, whose blobs are believed to be on the farm. */
  readonly blobs: ExecuteRequest['blobs'] | undefined;
}

/** Wishes about the node: part of the action, so that nothing of it changes as long as nobody has any. */
export interface Placement {
  readonly node: string | undefined;
  readonly migrate: boolean;
}

export const anywhere: Placement = { node: undefined, migrate: true };

export interface StayHome {
  readonly weight: LocalWeight;
  readonly reason: Reason;
  readonly detail?: string;
  /** The source, where there is one: it was a compile that stays, not a link or a probe. */
  readonly compile?: Compile;
}

export interface Preparer {
  /** `undefined`: the launcher is gone. `fresh` demands the blobs. */
  prepare(session: Session, options: { readonly fresh: boolean; readonly placement: Placement }): Promise<Result<Prepared, StayHome> | undefined>;
  readonly compilers: Compilers;
  readonly sources: ReturnType<typeof createSourceStore>;
}

interface Record {
  readonly prepared: Prepared;
  readonly discovery: Discovery;
  readonly state: number;
  /** `changes` of the view when the state was last found to hold. */
  changes: number;
}

/**
 * Variables that differ from call to call and mean nothing to a compiler. All others are part of a record's name: a list of those that
 * do matter would one day miss one.
 */
const IDLE_VARIABLES = /^(?:MAKEFLAGS|MFLAGS|MAKELEVEL|MAKEOVERRIDES|MAKE_TERMERR|MAKE_TERMOUT|OLDPWD|SHLVL|_|MOSIX_.*)$/;

const RECORDS_MAX = 20_000;
const VERIFY_ROUNDS_MAX = 5;

const hashName = (parts: readonly unknown[]): string => createHash('sha256').update(JSON.stringify(parts)).digest('base64url');

/**
 * Sum of the directories' versions: it grows with every name that comes or goes where a look-up failed. `undefined` when the file
 * system has moved on from one of the nodes.
 */
function stateOf(discovery: Discovery): number | undefined {
  let versions = 0;
  for (const node of discovery.nodes) {
    if (node.stale) return undefined;
    if (node.kind === 'directory') versions += node.version;
  }
  for (const node of discovery.existing) if (node.stale) return undefined;
  return versions;
}

/** Runs a question to the compiler within the bounds for work on this machine. */
export type AskHere = <T>(session: Session, question: () => Promise<T>) => Promise<T>;

export function createPreparer(sha256: Sha256, askHere: AskHere): Preparer {
  const view = createFilesystemView();
  const sources = createSourceStore();
  const discoverer = createDiscoverer(view, sources);
  const trees = createTreeBuilder(sources, sha256);
  const compilers = createCompilers(view);
  const records = new Map<string, Record>();

  /** False when something had changed, and the view knows better now; `state` is what `stateOf` said before. */
  const verify = async (session: Session, discovery: Discovery, state: number | undefined): Promise<boolean | undefined> => {
    const { nodes, existing } = discovery;
    const { changes } = view;
    const entries: Buffer[] = new Array(nodes.length + existing.length);
    for (let index = 0; index < nodes.length; index += 1) entries[index] = (nodes[index] as Node).verify;
    for (let index = 0; index < existing.length; index += 1) entries[nodes.length + index] = (existing[index] as DirectoryNode).verifySame;
    const changed = await session.verify(entries);
    if (changed === undefined) return undefined;
    for (const index of changed) {
      const node = nodes[index] ?? existing[index - nodes.length];
      if (node !== undefined) view.refresh(node);
    }
    // Even if nothing changed on disk, another job may have refreshed a node while the launcher was looking.
    return state !== undefined && (view.changes === changes || stateOf(discovery) === state);
  };

  /** gcc or clang, asked of the compiler itself. */
  const familyOf = (request: RunRequest): Promise<Result<CompilerFacts>> =>
    compilers.facts({
      compiler: request.compiler,
      cwd: request.cwd,
      searchArguments: [],
      language: basename(request.argv[0] ?? '').includes('++') ? 'c++' : 'c',
      environment: request.environment,
    });

  const fromScratch = async (session: Session, recordKey: string, placement: Placement): Promise<Result<Prepared, StayHome> | undefined> => {
    const { request } = session;
    const { cwd, environment } = request;
    if (!request.utf8) return err({ weight: 'heavy', reason: 'non-utf8' });
    const compilerProblem = (problem: Fault): { ok: false; error: StayHome } => {
      const known: readonly Reason[] = ['compiler-is-script', 'compiler-foreign', 'compiler-silent'];
      const reason = known.find((one) => one === problem.code) ?? 'internal-error';
      return err({ weight: 'heavy', reason, detail: problem.message });
    };
    const general = await familyOf(request);
    if (!general.ok) return compilerProblem(general.error);
    const { family } = general.value;
    const argumentsGiven = request.argv.slice(1);
    const parsed = parseCommandLine({
      family,
      compilerName: basename(request.argv[0] ?? ''),
      arguments: argumentsGiven,
      cwd,
      environment,
      terminal: terminalOf(request),
      fileExists: existsSync,
      readFile(path) {
        try {
          return readFileSync(path);
        } catch {
          return undefined;
        }
      },
    });
    if (parsed.kind === 'local') {
      return err({ weight: parsed.weight, reason: parsed.reason, ...(parsed.detail === undefined ? {} : { detail: parsed.detail }) });
    }
    let { compile } = parsed;
    const stay = (reason: Reason, detail?: string): { ok: false; error: StayHome } =>
      err({ weight: 'heavy', reason, compile: parsed.compile, ...(detail === undefined ? {} : { detail }) });
    if (compile.nativeFlags) {
      const expanded = family === 'gcc' && !listsOptions(compile.remoteArguments) ? await compilers.expandNative(request.compiler, compile.remoteArguments, environment) : undefined;
      if (expanded === undefined) return stay('native-cpu');
      compile = { ...compile, remoteArguments: expanded };
    }
    const foreign = usesForeignCharset(compile.remoteArguments);
    if (foreign !== undefined) return stay('charset', foreign);
    const localePath = ['LOCPATH', 'NLSPATH'].find((name) => (environment.get(name) ?? '') !== '');
    if (localePath !== undefined) return stay('locale', localePath);
    const timed = compile.commandLineMacros.map((macro) => ({ macro, names: timeNames(macro.value) })).find(({ names }) => names.date || names.timestamp)?.macro;
    if (timed !== undefined) return stay('time-macro', timed.name);
    const target = checkTargets(cwd, compile.outputs);
    if (target !== undefined) return stay(target.reason, target.detail);

    let dependencies: string[] | undefined;
    for (let round = 0; round < VERIFY_ROUNDS_MAX; round += 1) {
      const facts = await compilers.facts({ compiler: request.compiler, cwd, searchArguments: compile.searchArguments, language: compile.language, environment });
      if (!facts.ok) return compilerProblem(facts.error);
      const found = discoverer.discover({
        compile,
        facts: facts.value,
        cwd,
        logicalCwd: environment.get('PWD'),
        sourceDateEpoch: environment.has('SOURCE_DATE_EPOCH'),
        environmentFiles: localeFiles(environment),
        ...(dependencies === undefined ? {} : { dependencies }),
      });
      if (!compilers.hold(facts.value)) {
        dependencies = undefined;
        continue;
      }
      if (!found.ok) {
        if (found.error.reason === 'ask-compiler') {
          const answer = await askHere(session, () => askDependencies(request.compiler, argumentsGiven, cwd, environment, session.signal));
          if (!answer.ok) return stay('missing-header', answer.error.message);
          dependencies = answer.value;
          continue;
        }
        // A name that was absent a moment ago may be there now: look again before the user is told so.
        const fresh = await recheckSource(compile, cwd);
        if (fresh && round === 0) continue;
        return stay(found.error.reason, found.error.detail);
      }
      const state = stateOf(found.value);
      const good = await verify(session, found.value, state);
      if (good === undefined) return undefined;
      if (!good) {
        dependencies = undefined;
        continue;
      }
      const prepared = makeAction(request, compile, facts.value, found.value, placement);
      if (records.size >= RECORDS_MAX) {
        const oldest = records.keys().next().value;
        if (oldest !== undefined) records.delete(oldest);
      }
      // What is racy must be looked at again next time, which a record would spare.
      if (state !== undefined && !found.value.nodes.some((node) => node.racy)) {
        records.set(recordKey, { prepared: { ...prepared, blobs: undefined }, discovery: found.value, state, changes: view.changes });
      }
      return ok(prepared);
    }
    return stay('inputs-unsettled');
  };

  /** True when the view was out of date about the source's own path. */
  const recheckSource = async (compile: Compile, cwd: string): Promise<boolean> => {
    const before = view.epoch;
    const paths = [compile.source, ...compile.forcedIncludes.map((forced) => forced.path)];
    for (const path of paths) view.forget(path.startsWith('/') ? path : `${cwd}/${path}`);
    view.forget(cwd);
    return view.epoch !== before || view.lookup(view.root, cwd, nullTrail) === undefined;
  };

  const makeAction = (request: RunRequest, compile: Compile, facts: CompilerFacts, discovery: Discovery, placement: Placement): Prepared => {
    const { cwd, environment } = request;
    const tree = trees.build(discovery);
    const variables = new Map(remoteEnvironment(environment, terminalOf(request), facts.family));
    // The driver looks for `as` along PATH; the user's own PATH would make every user's action another one.
    variables.set('PATH', facts.pathDirectories.length === 0 ? '/usr/bin:/bin' : facts.pathDirectories.join(':'));
    const library = environment.get('LD_LIBRARY_PATH');
    if (library !== undefined) variables.set('LD_LIBRARY_PATH', library);
    const platform = platformOf(facts.instructionSet, placement);
    const outputPaths = [...new Set(compile.outputs.map((output) => relativeTo(cwd, output.path)))];
    const command = encodeCommand({
      arguments: [request.compiler, ...compile.remoteArguments],
      environmentVariables: [...variables].map(([name, value]) => ({ name, value })),
      outputPaths,
      workingDirectory: cwd.slice(1),
      platform,
    });
    const commandDigest: Digest = { hash: sha256(command), sizeBytes: command.length };
    const action = encodeAction({ commandDigest, inputRootDigest: tree.root, platform, doNotCache: !compile.cacheable });
    const actionDigest: Digest = { hash: sha256(action), sizeBytes: action.length };
    // Nearly all of some 400 blobs are known to be there: nothing is made for those.
    const blobs = (isKnown: (hash: string) => boolean): Blob[] => {
      const wanted: Blob[] = [];
      for (const { digest, bytes } of [{ digest: actionDigest, bytes: action }, { digest: commandDigest, bytes: command }, ...tree.directories]) {
        if (!isKnown(digest.hash)) wanted.push({ digest, load: () => bytes });
      }
      for (const { digest, node } of tree.files) {
        if (!isKnown(digest.hash)) wanted.push({ digest, file: node.path, load: () => sources.recent(digest.hash) ?? readQuietly(node.path) });
      }
      return wanted;
    };
    return {
      compile,
      action: actionDigest,
      unresolved: discovery.unresolved,
      inputs: { files: tree.files.length, bytes: tree.sizeBytes },
      outputPaths,
      stranger: (names) => findStranger(view, cwd, discovery.files, names),
      blobs,
    };
  };

  return {
    compilers,
    sources,
    async prepare(session, { fresh, placement }) {
      const { request } = session;
      const key = hashName([
        request.cwd,
        request.compiler,
        request.argv,
        [...request.environment].filter(([name]) => !IDLE_VARIABLES.test(name)),
        request.stderrTerminal,
        request.stdinTerminal ? request.columns : 0,
        request.utf8,
        placement.node ?? '',
        placement.migrate,
      ]);
      const record = fresh ? undefined : records.get(key);
      if (record !== undefined) {
        const { discovery, prepared, state } = record;
        if (record.changes === view.changes || stateOf(discovery) === state) {
          record.changes = view.changes;
          const target = checkTargets(request.cwd, prepared.compile.outputs);
          if (target !== undefined) return err({ weight: 'heavy', reason: target.reason, detail: target.detail, compile: prepared.compile });
          const good = await verify(session, discovery, state);
          if (good === undefined) return undefined;
          if (good) return ok(prepared);
        }
        records.delete(key);
      }
      return fromScratch(session, key, placement);
    },
  };
}

const platformOf = (instructionSet: string, { node, migrate }: Placement) => [
  { name: 'ISA', value: instructionSet },
  { name: 'mosix-root', value: 'input' },
  ...(node === undefined ? [] : [{ name: 'mosix-node', value: node }]),
  ...(migrate ? [] : [{ name: 'mosix-movable', value: 'no' }]),
];

const terminalOf = (request: RunRequest) => ({
  stderr: request.stderrTerminal,
  stdout: request.stdoutTerminal,
  stdin: request.stdinTerminal,
  columns: request.columns,
});

function readQuietly(path: string): Buffer | undefined {
  try {
    return readFileSync(path);
  } catch {
    return undefined;
  }
}

export const internalFault = (cause: unknown): Fault =>
  fault('internal-error', cause instanceof Error ? cause.message : String(cause), { hint: 'please report it with the daemon log', cause });
