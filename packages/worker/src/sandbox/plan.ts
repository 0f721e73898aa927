// How one job's root is laid out and mounted: a pure function from the input tree and the command to the staging manifest and the
// mounts. The rules, which packages/worker/src/sandbox/walls.test.ts attacks:
// - `stage` holds the inputs (exactly those) as hard links into the blob store and is mounted read-only as `/`: whatever the job tries on an input
//   (chmod, write, rename, delete) fails with EROFS, even when the job's user owns the blob.
// - every directory that gets an output, and /tmp, is a private writable scratch directory mounted over its place. Its direct input
//   files are copies; its input directories are mounted back over it, read-only, from the stage. Scratches nest.
// - /dev and /proc are bubblewrap's own. Of the inputs below them only /dev/shm can appear (projects do live there).
import { err, fault, ok } from '@mosix/core';
import type { Result } from '@mosix/core';
import type { InputDirectory } from './input-tree.js';
import { addCopy, blobName } from './manifest.js';
import type { Manifest } from './manifest.js';
import { changeTree } from './change-tree.js';
import { applyOverlay, childNames, emptyOverlay, overlayAt, requireDirectory } from './overlay.js';
import type { Overlay, WritableDirectory } from './overlay.js';
import { separateTwins } from './twins.js';
import { directoryAt, resolveDirectory, splitPath } from './resolve-path.js';

/** What is to run. Paths as the Remote Execution API has them, relative to the root `/` and to the working directory. */
export interface JobCommand {
  readonly arguments: readonly string[];
  readonly environment: readonly { readonly name: string; readonly value: string }[];
  readonly workingDirectory: string;
  readonly outputPaths: readonly string[];
}

/** Where an output will be found after the run: an entry of a writable directory. `path` is the caller's own spelling. */
export interface PlannedOutput {
  readonly path: string;
  /** Real components of the directory that holds it. */
  readonly parent: readonly string[];
  readonly name: string;
}

export interface Mount {
  readonly kind: 'bind' | 'ro-bind' | 'tmpfs' | 'dev' | 'proc';
  /** Relative to the job's directory on the worker; empty for tmpfs, dev and proc. */
  readonly source: string;
  readonly target: string;
}

export interface Plan {
  readonly workingDirectory: string;
  readonly writable: readonly WritableDirectory[];
  readonly outputs: readonly PlannedOutput[];
  readonly mounts: readonly Mount[];
  /** What `stage` holds when the plan is carried out: the inputs and the directories that the sandbox needs. */
  readonly tree: InputDirectory;
  /** Adds the operations that make `stage`, the scratch directories and the directory of stdout, stderr and record. */
  readonly layOut: (manifest: Manifest) => void;
}

export interface PlanOptions {
  /** Absolute path of mosix-init on the worker, on the blobs' file system. */
  readonly init: string;
  /** The job runs as another user than the owner of the blobs, so that links are safe even in writable directories. */
  readonly otherUser: boolean;
  /** Distinguishes the scratch directories of this run from those of earlier ones in the same slot. */
  readonly run: number;
  /** What `stage` holds now, from an earlier job; undefined: it does not exist. */
  readonly before: InputDirectory | undefined;
}

/** Inside the sandbox: where mosix-init is and where it leaves stdout, stderr and its record. */
export const INIT_PATH = '/.mosix/init';
export const IO_PATH = '/.mosix/io';

const ROOT_DIRECTORIES = [['dev'], ['proc'], ['.mosix', 'io']];
/** Mounted by bubblewrap from nothing; neither inputs nor scratch can be there. */
const isVirtual = (real: readonly string[]): boolean =>
  real[0] === 'proc' || real[0] === '.mosix' || (real[0] === 'dev' && real[1] !== 'shm');

export function planJob(inputs: InputDirectory, command: JobCommand, options: PlanOptions): Result<Plan> {
  const root = separateTwins(inputs);
  const overlay = emptyOverlay();
  for (const real of ROOT_DIRECTORIES) requireDirectory(overlay, real);
  const workingDirectory = resolveDirectory(root, command.workingDirectory);
  if (workingDirectory === undefined) return err(fault('bad-input', `the working directory /${command.workingDirectory} is no directory`));
  requireDirectory(overlay, workingDirectory);

  const wanted = new Map<string, readonly string[]>();
  const want = (real: readonly string[]): void => {
    if (!isVirtual(real)) wanted.set(real.join('/'), real);
  };
  const outputs = planOutputs(root, command, workingDirectory, want);
  const shm = directoryAt(root, ['dev', 'shm']);
  if (shm !== undefined || [...wanted.values()].some((real) => real[0] === 'dev')) want(['dev', 'shm']);
  const temporary = resolveDirectory(root, 'tmp') ?? ['tmp'];
  for (const { name, value } of command.environment) {
    if (name !== 'TMPDIR' || !value.startsWith('/')) continue;
    const real = resolveDirectory(root, value);
    if (real !== undefined && directoryAt(root, real) !== undefined) want(real);
  }
  requireDirectory(overlay, temporary);
  for (const real of wanted.values()) requireDirectory(overlay, real);
  // An empty /tmp costs less in memory than on disk.
  const temporaryEmpty = isEmpty(directoryAt(root, temporary)) && overlayAt(overlay, temporary)?.children.size === 0;
  if (!temporaryEmpty) want(temporary);

  const writable = [...wanted.values()].sort((a, b) => a.length - b.length).map((real, scratch) => ({ real, scratch }));
  for (const { real, scratch } of writable) requireDirectory(overlay, real).scratch = scratch;
  const tree = applyOverlay(root, overlay);
  const memory = wanted.has(temporary.join('/')) ? undefined : temporary;
  return ok({
    workingDirectory: `/${workingDirectory.join('/')}`,
    writable,
    outputs,
    mounts: [...planMounts(root, overlay, writable, memory, options)],
    tree,
    layOut: (manifest) => layOut(manifest, root, tree, overlay, writable, outputs, options),
  });
}

const isEmpty = (node: InputDirectory | undefined): boolean =>
  node === undefined || (node.files.size === 0 && node.directories.size === 0 && node.symlinks.size === 0);

function planOutputs(
  root: InputDirectory,
  command: JobCommand,
  workingDirectory: readonly string[],
  want: (real: readonly string[]) => void,
): PlannedOutput[] {
  const outputs: PlannedOutput[] = [];
  for (const path of command.outputPaths) {
    const parts = splitPath(path);
    const name = parts.pop();
    const base = path.startsWith('/') ? [] : workingDirectory;
    if (name === undefined || name === '..') {
      // The working directory itself, or one above it.
      const real = resolveDirectory(root, [...base, ...parts, ...(name === undefined ? [] : [name])].join('/'));
      const last = real?.at(-1);
      if (real === undefined || last === undefined) continue;
      outputs.push({ path, parent: real.slice(0, -1), name: last });
      continue;
    }
    const parent = resolveDirectory(root, [...base, ...parts].join('/'));
    if (parent !== undefined) outputs.push({ path, parent, name });
  }
  for (const { parent, name } of outputs) {
    want(parent);
    // An output directory that is an input as well: everything in it can be written.
    const node = directoryAt(root, [...parent, name]);
    if (node !== undefined) wantAll(node, [...parent, name], want);
  }
  return outputs;
}

function wantAll(node: InputDirectory, real: readonly string[], want: (real: readonly string[]) => void): void {
  want(real);
  for (const [name, below] of node.directories) wantAll(below, [...real, name], want);
}

const scratchName = (options: PlanOptions, scratch: number): string => `scratch-${options.run}-${scratch}`;
export const ioName = (options: Pick<PlanOptions, 'run'>): string => `io-${options.run}`;

function* planMounts(
  root: InputDirectory,
  overlay: Overlay,
  writable: readonly WritableDirectory[],
  temporaryInMemory: readonly string[] | undefined,
  options: PlanOptions,
): Generator<Mount> {
  if (overlay.scratch === undefined) yield { kind: 'ro-bind', source: 'stage', target: '/' };
  else yield* mountScratch(root, overlay, { real: [], scratch: overlay.scratch }, options);
  yield { kind: 'dev', source: '', target: '/dev' };
  yield { kind: 'proc', source: '', target: '/proc' };
  if (temporaryInMemory !== undefined) yield { kind: 'tmpfs', source: '', target: `/${temporaryInMemory.join('/')}` };
  for (const directory of writable) if (directory.real.length > 0) yield* mountScratch(root, overlay, directory, options);
  yield { kind: 'bind', source: ioName(options), target: IO_PATH };
}

function* mountScratch(root: InputDirectory, overlay: Overlay, { real, scratch }: WritableDirectory, options: PlanOptions): Generator<Mount> {
  yield { kind: 'bind', source: scratchName(options, scratch), target: `/${real.join('/')}` };
  const node = directoryAt(root, real);
  const here = overlayAt(overlay, real);
  for (const name of childNames(node, here)) {
    const below = [...real, name];
    if (isVirtual(below) && name !== '.mosix') continue;
    if (here?.children.get(name)?.scratch !== undefined) continue;
    yield { kind: 'ro-bind', source: `stage/${below.join('/')}`, target: `/${below.join('/')}` };
  }
}

function layOut(
  manifest: Manifest,
  root: InputDirectory,
  tree: InputDirectory,
  overlay: Overlay,
  writable: readonly WritableDirectory[],
  outputs: readonly PlannedOutput[],
  options: PlanOptions,
): void {
  const overwritten = new Set(outputs.map(({ parent, name }) => [...parent, name].join('/')));
  manifest.add('d', 'stage');
  changeTree(manifest, options.before, tree);
  if (options.before === undefined) manifest.add('d', '.mosix', 'l', options.init, 'init', 'u');
  manifest.add('u', 'd', ioName(options), 'o', 'u');
  for (const { real, scratch } of writable) {
    manifest.add('d', scratchName(options, scratch));
    const node = directoryAt(root, real);
    if (node !== undefined) fillScratch(manifest, node, (name) => options.otherUser && !overwritten.has([...real, name].join('/')));
    for (const name of childNames(node, overlayAt(overlay, real))) manifest.add('d', name, 'u');
    manifest.add('o', 'u');
  }
}

function fillScratch(manifest: Manifest, node: InputDirectory, mayLink: (name: string) => boolean): void {
  for (const [name, file] of node.files) {
    if (file.own !== true && mayLink(name)) manifest.add('l', blobName(file), name);
    else addCopy(manifest, name, file, 'job');
  }
  for (const [name, target] of node.symlinks) manifest.add('s', target, name);
}
