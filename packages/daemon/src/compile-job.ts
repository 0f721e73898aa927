// The life of one compiler call, from the launcher's request to its exit status. Whatever goes wrong on the way ends in a local compile
// by the launcher itself; only a compiler's own verdict is ever passed on as one.
import { resolve } from 'node:path';
import { digestKey, isCompilerCrash, type Fault, type Result, type Sha256 } from '@mosix/core';
import type { Logger } from '@mosix/observe';
import type { reapi } from '@mosix/protocol';
import { remoteSteps, runFacts, type RunFacts } from './execution-facts.js';
import { anywhere, internalFault, type Placement, type Prepared, type Preparer, type StayHome } from './prepare.js';
import type { Farm, FarmProblem } from './farm.js';
import type { Journal, JournalEntry, JournalStep } from './journal.js';
import { speaksForeign } from './locale.js';
import type { LocalQuota } from './local-quota.js';
import { relativeTo, removeLeftovers, writeOrder, writeOutputs, type ReadyOutput } from './outputs.js';
import { explainReason, type Reason } from './reasons.js';
import type { ResultCache } from './results.js';
import type { Session } from './session.js';
import type { SettingsSource } from './settings.js';
import { NOT_A_COMPILE, type Statistics, type Tally } from './statistics.js';
import { namedDependencies } from './strangers.js';

export interface JobParts {
  readonly preparer: Preparer;
  readonly settings: SettingsSource;
  /** Codes: `bad-address`, `plaintext-refused`. */
  farm(address: string, plaintext: boolean): Result<Farm>;
  readonly results: ResultCache | undefined;
  readonly quota: LocalQuota;
  readonly statistics: Statistics;
  readonly journal: Journal;
  readonly logger: Logger;
  readonly sha256: Sha256;
  readonly nowMs: () => number;
}

interface Verdict extends RunFacts {
  readonly outcome: 'remote' | 'cache';
  readonly exitStatus: number;
  readonly hitHere: boolean;
  readonly attempts: number;
  readonly sent?: { readonly blobs: number; readonly bytes: number };
  readonly story?: readonly string[];
}

/** What the job came to: a verdict that was delivered, a reason to stay, or a launcher that is gone. */
type Ending = { readonly kind: 'done'; readonly verdict: Verdict } | { readonly kind: 'home'; readonly home: StayHome; readonly fault?: Fault; readonly story?: readonly string[] } | { readonly kind: 'gone' };

export async function runCompile(session: Session, parts: JobParts): Promise<void> {
  const { statistics, journal, logger } = parts;
  const { request } = session;
  const buildId = request.environment.get('MOSIX_BUILD_ID');
  const steps: JournalStep[] = [];
  let prepared: Prepared | undefined;
  let ending: Ending;
  try {
    ending = await distribute(session, parts, steps, (value) => (prepared = value));
  } catch (cause) {
    const problem = internalFault(cause);
    logger.error({ err: cause, argv: request.argv }, 'a compile met a defect');
    ending = { kind: 'home', home: { weight: 'heavy', reason: 'internal-error', detail: problem.message }, fault: problem };
  }
  if (ending.kind === 'gone') return;

  const compile = ending.kind === 'home' ? (ending.home.compile ?? prepared?.compile) : prepared?.compile;
  const described = {
    outputs: compile === undefined ? guessOutputs(request) : compile.outputs.map((output) => resolve(request.cwd, output.path)),
    ...(compile === undefined ? {} : { source: compile.source }),
    time: new Date(parts.nowMs()).toISOString(),
    steps,
    command: request.argv,
    cwd: request.cwd,
    ...(prepared === undefined ? {} : { action: digestKey(prepared.action), inputs: prepared.inputs }),
  };

  if (ending.kind === 'done') {
    const { verdict } = ending;
    statistics.count(buildId, (tally) => countVerdict(tally, verdict));
    journal.add({
      ...described,
      outcome: verdict.exitStatus === 0 ? verdict.outcome : 'failed',
      exitStatus: verdict.exitStatus,
      node: verdict.node,
      cpuSeconds: verdict.cpuSeconds,
      ...(verdict.wallSeconds > 0 ? { wallSeconds: verdict.wallSeconds } : {}),
      attempts: verdict.attempts,
      ...storyPart(verdict.story),
      ...(verdict.hitHere ? { detail: "from this machine's own cache" } : {}),
      ...(verdict.sent === undefined ? {} : { sent: verdict.sent }),
    });
    return;
  }

  const { home, fault: problem } = ending;
  const begin = parts.nowMs();
  let began = undefined as number | undefined;
  await parts.quota.run(home.weight, session.signal, () => {
    began = parts.nowMs();
    statistics.count(buildId, (tally) => countHome(tally, home, problem));
    return session.runLocally();
  });
  if (began === undefined) return; // its user was gone before its turn came
  steps.push({ name: 'wait for a local slot', ms: began - begin }, { name: 'run here', ms: parts.nowMs() - began });
  const entry: JournalEntry = {
    ...described,
    outcome: 'local',
    reason: home.reason,
    explanation: explainReason(home.reason),
    ...(home.detail === undefined ? (problem === undefined ? {} : { detail: problem.message }) : { detail: home.detail }),
    ...storyPart(ending.story),
  };
  if (entry.outputs.length > 0) journal.add(entry);
}

async function distribute(session: Session, parts: JobParts, steps: JournalStep[], tell: (prepared: Prepared) => void): Promise<Ending> {
  const { request, signal } = session;
  const { nowMs } = parts;
  const timed = async <T>(name: string, work: Promise<T>): Promise<T> => {
    const begin = performance.now();
    const value = await work;
    steps.push({ name, ms: Math.round((performance.now() - begin) * 100) / 100 });
    return value;
  };
  const home = (reason: Reason, more: { detail?: string; fault?: Fault; prepared?: Prepared; story?: readonly string[] } = {}): Ending => ({
    kind: 'home',
    home: {
      weight: 'heavy',
      reason,
      ...(more.detail === undefined ? {} : { detail: more.detail }),
      ...(more.prepared === undefined ? {} : { compile: more.prepared.compile }),
    },
    ...(more.fault === undefined ? {} : { fault: more.fault }),
    ...(more.story === undefined ? {} : { story: more.story }),
  });

  const config = parts.settings.for(request);
  const placement: Placement = config.ok ? config.value.settings : anywhere;
  const first = await timed('look at inputs', parts.preparer.prepare(session, { fresh: false, placement }));
  if (first === undefined) return { kind: 'gone' };
  if (!first.ok) return { kind: 'home', home: first.error };
  const prepared = first.value;
  tell(prepared);

  if (!config.ok) return home('no-coordinator', { detail: config.error.message, fault: config.error, prepared });
  const { coordinator, priority } = config.value.settings;
  const cache = prepared.compile.cacheable ? config.value.settings.cache : 'off';

  if (cache !== 'off' && parts.results !== undefined) {
    const hit = await timed('look in the cache here', parts.results.find(prepared.action));
    if (hit !== undefined) {
      if (wouldBeClipped(prepared, hit.stderr, request)) return home('terminal-width', { prepared });
      const ready = hit.outputs.map((output) => ({ ...output, path: originalPath(prepared, request.cwd, output.path) }));
      return deliver(session, parts, prepared, ready, { stdout: hit.stdout, stderr: hit.stderr, exitStatus: 0 }, { outcome: 'cache', node: hit.node, cpuSeconds: 0, wallSeconds: 0, hitHere: true, attempts: 0 });
    }
  }

  if (coordinator === undefined) return home('no-coordinator', { prepared });
  const reached = parts.farm(coordinator, config.value.settings.insecure);
  if (!reached.ok) return home('no-coordinator', { detail: reached.error.message, fault: reached.error, prepared });
  const farm = reached.value;
  if (!(await farm.available())) return home('coordinator-unreachable', { ...(farm.lastFault === undefined ? {} : { fault: farm.lastFault }), prepared });

  const away = (problem: FarmProblem): Ending => {
    switch (problem.kind) {
      case 'missing':
        return home('farm-failed', { fault: problem.fault, prepared });
      case 'cancelled':
        return signal.aborted ? { kind: 'gone' } : home('farm-failed', { detail: 'the job was cancelled', prepared });
      case 'away':
        return home('coordinator-unreachable', { fault: problem.fault, prepared });
      case 'no-node':
        return placement.node === undefined
          ? home('no-capable-node', { fault: problem.fault, prepared })
          : home('named-node', { detail: `${placement.node}: ${problem.fault.message}`, fault: problem.fault, prepared });
      case 'brought-home':
        // Somebody's wish is no failure of the farm, so it is not counted as one.
        return home('brought-home', { detail: problem.fault.message, story: problem.story, prepared });
      case 'changed':
        return home('inputs-changed', { fault: problem.fault, prepared });
      case 'failed':
        return home('farm-failed', { fault: problem.fault, prepared, ...storyPart(problem.story) });
    }
  };

  if (cache !== 'off' && farm.worthLookingUp(prepared.blobs)) {
    const looked = await timed("look in the farm's cache", farm.lookUp(prepared.action, prepared.outputPaths, signal));
    if (!looked.ok) return away(looked.error);
    if (looked.value !== undefined) {
      const ending = await deliverResult(session, parts, farm, prepared, looked.value, { outcome: 'cache', keep: cache === 'on', attempts: 0 });
      if (ending !== undefined) return ending;
    }
  }

  let full = prepared;
  const begin = nowMs();
  let done = await farm.execute({
    action: prepared.action,
    known: prepared.blobs === undefined,
    blobs: prepared.blobs ?? (() => []),
    skipCache: cache === 'off',
    outputs: prepared.outputPaths,
    priority,
    signal,
  });
  // A record has no blobs at hand: when the farm lacks some after all, the inputs are gathered anew.
  if (!done.ok && done.error.kind === 'missing' && prepared.blobs === undefined) {
    const again = await parts.preparer.prepare(session, { fresh: true, placement });
    if (again === undefined) return { kind: 'gone' };
    if (!again.ok) return { kind: 'home', home: again.error };
    full = again.value;
    tell(full);
    done = await farm.execute({ action: full.action, known: false, blobs: full.blobs ?? (() => []), skipCache: cache === 'off', outputs: full.outputPaths, priority, signal });
  }
  if (!done.ok) return away(done.error);
  const { result, fromCache, attempts, sent, uploadMs, executeMs, story } = done.value;
  steps.push({ name: 'send inputs', ms: uploadMs }, { name: 'run on the farm', ms: executeMs }, ...remoteSteps(result.executionMetadata));
  const ending = await deliverResult(session, parts, farm, full, result, { outcome: fromCache ? 'cache' : 'remote', keep: cache === 'on', attempts, sent, story });
  steps.push({ name: 'in all', ms: nowMs() - begin });
  return ending ?? home('farm-failed', { detail: 'the result was damaged on the way', prepared: full });
}

interface Delivery {
  readonly outcome: 'remote' | 'cache';
  readonly keep: boolean;
  readonly attempts: number;
  readonly sent?: { readonly blobs: number; readonly bytes: number };
  readonly story?: readonly string[];
}

/** Fetches what the result does not carry, checks every digest and what the compiler said, writes. `undefined`: the result is unusable. */
async function deliverResult(session: Session, parts: JobParts, farm: Farm, prepared: Prepared, result: reapi.ActionResult, delivery: Delivery): Promise<Ending | undefined> {
  const { request, signal } = session;
  if (result.outputSymlinks.length + result.outputDirectories.length + result.outputFileSymlinks.length > 0) return undefined;
  const stdout = await streamOf(farm, result.stdoutRaw, result.stdoutDigest, signal);
  const stderr = await streamOf(farm, result.stderrRaw, result.stderrDigest, signal);
  if (stdout === undefined || stderr === undefined) return undefined;
  const stay = (reason: Reason, detail?: string): Ending => ({ kind: 'home', home: { weight: 'heavy', reason, ...(detail === undefined ? {} : { detail }), compile: prepared.compile } });
  if (wouldBeClipped(prepared, stderr, request)) return stay('terminal-width');
  // Bad memory on a node, or a limit that this machine does not have, looks like a defect of the compiler: here it is asked again.
  if (isCompilerCrash(result.exitCode, stderr)) return stay('compiler-crashed', crashReport(result, stderr));
  if (result.exitCode !== 0 && mayBeIncomplete(prepared, stderr.toString('utf8'), request.environment)) return stay('missing-header', firstLine(stderr));
  const wanted = new Map(prepared.outputPaths.map((path) => [path, originalPath(prepared, request.cwd, path)]));
  const ready: ReadyOutput[] = [];
  const contents = new Map<string, Uint8Array>();
  for (const output of result.outputFiles) {
    const path = wanted.get(output.path);
    if (path === undefined || output.digest === null) return undefined;
    const carried = output.contents.length === output.digest.sizeBytes && parts.sha256(output.contents) === output.digest.hash ? output.contents : undefined;
    const bytes = carried ?? (await farm.fetch(output.digest, signal));
    if (bytes === undefined) return undefined;
    contents.set(output.path, bytes);
    ready.push({ path, isExecutable: output.isExecutable, bytes });
  }
  if (result.exitCode === 0) {
    const present = new Set(ready.map((output) => output.path));
    if (prepared.compile.outputs.some((output) => output.required && !present.has(output.path))) return undefined;
  }
  const stranger = prepared.stranger(namedDependencies(prepared.compile.outputs, request.cwd, contents));
  if (stranger !== undefined) return stay('unknown-dependency', stranger);
  const ending = deliver(
    session,
    parts,
    prepared,
    ready,
    { stdout, stderr, exitStatus: result.exitCode },
    {
      outcome: delivery.outcome,
      ...runFacts(result.executionMetadata),
      hitHere: false,
      attempts: delivery.attempts,
      ...(delivery.sent === undefined ? {} : { sent: delivery.sent }),
      ...storyPart(delivery.story),
    },
  );
  if (ending.kind === 'done' && delivery.keep && result.exitCode === 0 && parts.results !== undefined) {
    // The user has the result already; keeping it is nobody's wait.
    void parts.results.keep(prepared.action, { ...result, stdoutRaw: stdout, stderrRaw: stderr }, contents);
  }
  return ending;
}

function deliver(
  session: Session,
  parts: JobParts,
  prepared: Prepared,
  ready: readonly ReadyOutput[],
  said: { readonly stdout: Buffer; readonly stderr: Buffer; readonly exitStatus: number },
  verdict: Omit<Verdict, 'exitStatus'>,
): Ending {
  const { request } = session;
  if (session.signal.aborted) return { kind: 'gone' };
  const order = writeOrder(prepared.compile.outputs);
  const sorted = [...ready].sort((a, b) => (order.get(a.path) ?? 0) - (order.get(b.path) ?? 0));
  const written = writeOutputs(request.cwd, request.umask, sorted);
  if (!written.ok) {
    parts.logger.warn({ err: written.error.cause, outputs: ready.map((output) => output.path) }, 'outputs could not be written');
    return { kind: 'home', home: { weight: 'heavy', reason: 'output-failed', detail: written.error.message, compile: prepared.compile } };
  }
  const { removes, failureRemoves } = prepared.compile;
  removeLeftovers(request.cwd, said.exitStatus === 0 ? removes : failureRemoves, new Set(ready.map((output) => output.path)));
  // REAPI has one exit code; the worker reports death by signal as 128 + signal, which is what a shell would see.
  session.finish({ stdout: said.stdout, stderr: said.stderr, kind: 'exit', value: said.exitStatus & 0xff });
  return { kind: 'done', verdict: { ...verdict, exitStatus: said.exitStatus } };
}

const streamOf = async (farm: Farm, raw: Buffer, digest: reapi.Digest | null, signal: AbortSignal): Promise<Buffer | undefined> =>
  raw.length > 0 || digest === null || digest.sizeBytes === 0 ? raw : farm.fetch(digest, signal);

const originalPath = (prepared: Prepared, cwd: string, relative: string): string =>
  prepared.compile.outputs.find((output) => relativeTo(cwd, output.path) === relative)?.path ?? relative;

/**
 * gcc shifts a quoted source line that is wider than the user's terminal, and no option makes it do so elsewhere: such an answer is
 * asked for again here. Quoted lines look like `  12 | text`, perhaps with colours.
 */
function wouldBeClipped(prepared: Prepared, stderr: Buffer, request: Session['request']): boolean {
  const columns = Number.parseInt(request.environment.get('COLUMNS') ?? '', 10) || request.columns;
  if (!prepared.compile.terminalMissing.includes('width') || columns <= 0) return false;
  return stderr
    .toString('utf8')
    .split('\n')
    .some((line) => line.length > columns && /^ *\d+ \| /.test(line.replace(/\x1b\[[0-9;]*[mK]/g, '')) && line.replace(/\x1b\[[0-9;]*[mK]/g, '').length >= columns);
}

/** Which node it was: with bad memory, the same one comes up again and again in the journal. */
const crashReport = ({ executionMetadata, exitCode }: reapi.ActionResult, stderr: Buffer): string =>
  `on ${executionMetadata?.worker || 'a node without a name'}, exit status ${exitCode}: ${firstLine(stderr)}`;

/** Would a local run perhaps find what the sandbox lacked? Then nobody must see this failure. */
function mayBeIncomplete(prepared: Prepared, stderr: string, environment: ReadonlyMap<string, string>): boolean {
  // In another language only the form of a message can be judged: one about a place in a source is a compile error.
  if (speaksForeign(environment) && !/:\d+:\d+: /.test(stderr)) return true;
  if (/No such file or directory|file not found|cannot find|cannot open|can't open/.test(stderr)) return true;
  for (const name of prepared.unresolved) if (stderr.includes(name)) return true;
  return false;
}

const firstLine = (text: Buffer): string => text.toString('utf8').split('\n', 1)[0] ?? '';

/** For `mosix why` on what is no compile: links and the like. */
function guessOutputs(request: Session['request']): string[] {
  const at = request.argv.indexOf('-o');
  const output = at > 0 ? request.argv[at + 1] : undefined;
  return output === undefined || output.startsWith('/dev/') ? [] : [resolve(request.cwd, output)];
}

const storyPart = (story: readonly string[] | undefined): { story?: readonly string[] } => (story === undefined || story.length === 0 ? {} : { story });

function countVerdict(tally: Tally, verdict: Verdict): void {
  tally.total += 1;
  if (verdict.exitStatus !== 0) tally.failed += 1;
  if (verdict.outcome === 'cache') {
    tally.cacheHits += 1;
    if (verdict.hitHere) tally.cacheHitsHere += 1;
    return;
  }
  tally.remote += 1;
  const node = (tally.nodes[verdict.node] ??= { jobs: 0, cpuSeconds: 0 });
  node.jobs += 1;
  node.cpuSeconds += verdict.cpuSeconds;
}

function countHome(tally: Tally, home: StayHome, problem: Fault | undefined): void {
  if (home.compile === undefined && (home.weight === 'light' || NOT_A_COMPILE.has(home.reason))) {
    tally.other += 1;
    tally.otherReasons[home.reason] = (tally.otherReasons[home.reason] ?? 0) + 1;
    return;
  }
  tally.total += 1;
  tally.local += 1;
  tally.localReasons[home.reason] = (tally.localReasons[home.reason] ?? 0) + 1;
  if (problem !== undefined) {
    tally.farmErrors += 1;
    tally.lastFault = { code: problem.code, message: problem.message, ...(problem.hint === undefined ? {} : { hint: problem.hint }) };
  }
}
