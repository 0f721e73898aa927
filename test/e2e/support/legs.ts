// Runs one case of the matrix on one leg (native, farm, dead farm) in a fresh copy at always the same path, and tells
// how two legs differ. Legs of one case must not run at the same time; different cases may.

import { execFileSync, spawn } from 'node:child_process';
import { chownSync, existsSync, lstatSync, lutimesSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { ExpandedCase } from '../matrix/case.js';
import { environment } from './environment.js';
import { launcher } from './paths.js';
import { run } from './run.js';
import type { Scratch } from './scratch.js';
import { differences, snapshot, type Tree } from './tree.js';

export interface Leg {
  readonly name: string;
  /** Absent: the compilers themselves. */
  readonly farm?: { readonly directory: string; readonly coordinator: string };
  /** Run once more: counted apart. */
  readonly again?: boolean;
}

export interface StepRecord {
  readonly line: string;
  readonly status: number | null;
  readonly signal: string | null;
  readonly stdout: string;
  readonly stderr: string;
  readonly pipesHeld: boolean;
  readonly timedOut: boolean;
  readonly tree: Tree;
}

const nobody = 65534;
/** Names of temporary files that compilers choose at random. */
const temporaryNames = /\/tmp\/(cc[A-Za-z0-9]{6}|[\w.-]+-[0-9a-f]{6,10})(?=\.|\b)/g;
const past = new Date('2024-02-03T04:05:06Z');

/** Names are handled as raw bytes: some fixtures are not UTF-8. */
function setTimes(root: Buffer): void {
  for (const name of readdirSync(root, { encoding: 'buffer' })) {
    const path = Buffer.concat([root, Buffer.from('/'), name]);
    if (lstatSync(path).isDirectory()) setTimes(path);
    lutimesSync(path, past, past);
  }
}

function giveAway(path: string): void {
  execFileSync('chown', ['-hR', `${nobody}:${nobody}`, path]);
}

/** A mount namespace with an empty /usr/local/include, held open until `close`. */
async function openMounts(): Promise<{ enter: readonly string[]; close(): void }> {
  const holder = spawn('unshare', ['-m', '--propagation', 'private', 'sh', '-c', 'mount -t tmpfs none /usr/local/include && echo ready && exec sleep 1000'], { stdio: ['ignore', 'pipe', 'inherit'] });
  await new Promise<void>((resolve, reject) => {
    holder.stdout.once('data', () => resolve());
    holder.once('exit', () => reject(new Error('no private mounts')));
  });
  return { enter: ['nsenter', '-t', String(holder.pid), '-m'], close: () => void holder.kill('SIGKILL') };
}

export interface LegContext {
  readonly scratch: Scratch;
  readonly masquerade: string;
  readonly home: string;
}

/** Files first, then links and the rest by the case's own shell lines. */
async function makeProject(one: ExpandedCase, work: string, outside: string, env: Record<string, string>, enter: readonly string[]): Promise<void> {
  for (const folder of [work, outside]) {
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder, { recursive: true });
  }
  for (const [name, text] of Object.entries(one.files ?? {})) {
    mkdirSync(dirname(join(work, name)), { recursive: true });
    writeFileSync(join(work, name), text);
  }
  if (one.setup !== undefined) {
    const said = await run([...enter, 'bash', '-c', 'cd "$1" && eval "$2"', 'sh', work, one.setup], { cwd: work, env });
    if (said.status !== 0) throw new Error(`setup of "${one.title}" ended with ${said.status}: ${said.stderr.toString()}`);
  }
  if (one.freshTimes !== true) for (const folder of [work, outside]) setTimes(Buffer.from(folder));
  if (one.asNobody === true) for (const folder of [work, outside]) giveAway(folder);
}

const clean = (one: ExpandedCase, bytes: Buffer): string => {
  const text = bytes.toString('latin1').replace(temporaryNames, '/tmp/RANDOM');
  return one.unstableText === undefined ? text : text.replace(one.unstableText, 'UNSTABLE');
};

function steady(one: ExpandedCase, tree: Tree): Tree {
  if (one.unstable === undefined) return tree;
  const unstable = one.unstable;
  return new Map([...tree].map(([name, entry]) => [name, unstable.test(name) ? { ...entry, size: 0, content: 'unstable' } : entry]));
}

export const buildId = (one: ExpandedCase, leg: Leg): string => `case-${one.index}-${leg.name}${leg.again === true ? '-again' : ''}`;

/** MOSIX_DIR of a leg: cases without root's rights or with mounts of their own need a daemon of their own. */
export function directoryOf(one: ExpandedCase, leg: Leg): string | undefined {
  if (leg.farm === undefined) return undefined;
  if (one.ownMounts === true) return `${leg.farm.directory}-mounts-${one.index}-${leg.name.replaceAll(' ', '-')}`;
  return one.asNobody === true ? `${leg.farm.directory}-nobody` : leg.farm.directory;
}

function environmentOf(one: ExpandedCase, leg: Leg, context: LegContext, outside: string): Record<string, string> {
  const [cc, cxx] = one.family === 'gcc' ? ['gcc', 'g++'] : ['clang', 'clang++'];
  // Half of the cases go by the masquerade, half by the launcher as a prefix.
  const prefix = leg.farm !== undefined && one.index % 2 === 1 ? `${launcher} ` : '';
  const directory = directoryOf(one, leg);
  return environment({
    home: context.home,
    ...(leg.farm === undefined ? {} : { masquerade: context.masquerade, coordinator: leg.farm.coordinator }),
    ...(directory === undefined ? {} : { directory }),
    more: {
      ...(leg.farm === undefined ? {} : { MOSIX_BUILD_ID: buildId(one, leg) }),
      ...one.env,
      CC: `${prefix}${cc}`,
      CXX: `${prefix}${cxx}`,
      REAL: cc,
      LAUNCH: leg.farm === undefined ? '' : launcher,
      FIRST: leg.farm === undefined ? '' : `${context.masquerade}:`,
      OUTSIDE: outside,
    },
  });
}

export async function runLeg(one: ExpandedCase, leg: Leg, context: LegContext): Promise<StepRecord[]> {
  const base = join(context.scratch.path, 'matrix');
  const work = join(base, one.folder);
  const outside = join(base, `${one.index}.out`);
  const env = environmentOf(one, leg, context, outside);
  const directory = directoryOf(one, leg);
  if (directory !== undefined && !existsSync(directory)) {
    mkdirSync(directory, { recursive: true });
    if (one.asNobody === true) chownSync(directory, nobody, nobody);
  }
  const mounts = one.ownMounts === true ? await openMounts() : undefined;
  const enter = mounts?.enter ?? (one.asNobody === true ? ['setpriv', `--reuid=${nobody}`, `--regid=${nobody}`, '--clear-groups'] : []);
  try {
    const native = environmentOf(one, { name: 'native' }, context, outside);
    await makeProject(one, work, outside, native, mounts?.enter ?? []);
    const records: StepRecord[] = [];
    for (const line of typeof one.run === 'string' ? [one.run] : one.run) {
      const said = await run([...enter, 'bash', '-c', 'cd "$1" && eval "$2"', 'sh', work, line], { cwd: work, env, ...(one.stdin === undefined ? {} : { stdin: one.stdin }), timeoutMs: 120_000 });
      const tree = new Map([...snapshot(work), ...[...snapshot(outside)].map(([name, entry]) => [`OUTSIDE/${name}`, entry] as const)]);
      records.push({ line, status: said.status, signal: said.signal, stdout: clean(one, said.stdout), stderr: clean(one, said.stderr), pipesHeld: said.pipesHeld, timedOut: said.timedOut, tree: steady(one, tree) });
    }
    return records;
  } finally {
    mounts?.close();
    if (process.env['MOSIX_TEST_KEEP'] !== '1') {
      execFileSync('rm', ['-rf', work, outside]);
    }
  }
}

const firstDifference = (expected: string, actual: string): string => {
  const left = expected.split('\n');
  const right = actual.split('\n');
  const at = left.findIndex((text, index) => text !== right[index]);
  const row = at === -1 ? left.length : at;
  return `line ${row + 1}: ${JSON.stringify(left[row] ?? '(end)')} → ${JSON.stringify(right[row] ?? '(end)')}`;
};

/** What is not equal between two legs, one line each. */
export function compareLegs(expected: readonly StepRecord[], actual: readonly StepRecord[]): string[] {
  return expected.flatMap((want, index) => {
    const got = actual[index];
    if (got === undefined) return [`step ${index + 1} did not run`];
    const found = differences(want.tree, got.tree);
    if (want.status !== got.status || want.signal !== got.signal) found.unshift(`status ${want.status} ${want.signal ?? ''} → ${got.status} ${got.signal ?? ''}`);
    if (want.stdout !== got.stdout) found.push(`stdout ${firstDifference(want.stdout, got.stdout)}`);
    if (want.stderr !== got.stderr) found.push(`stderr ${firstDifference(want.stderr, got.stderr)}`);
    if (got.pipesHeld) found.push('a process that outlives the command holds its pipes');
    if (got.timedOut) found.push('timed out');
    return found.map((text) => `step ${index + 1} \`${want.line.slice(0, 120)}\`: ${text}`);
  });
}

export const readLog = (directory: string): string => {
  try {
    return readFileSync(join(directory, 'cache/daemon.log'), 'utf8').slice(-3000);
  } catch {
    return '';
  }
};
