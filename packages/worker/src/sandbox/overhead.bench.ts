// What a job costs beside the compiler: laying out the tree, making the sandbox, taking the outputs. `npx vitest bench --project unit
// packages/worker --run`; the target is 12 ms a job on the reference node, alone on the machine.
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, bench, describe } from 'vitest';
import { startKeeper } from '../keeper.js';
import type { Keeper } from '../keeper.js';
import { bubblewrap, buildInit, isRoot, nobody, removeInit, sandboxMissing, writeBlobs } from '../testing/test-host.js';
import { treeBuilder } from '../testing/tree-builder.js';
import { harvest } from './harvest.js';
import type { InputDirectory } from './input-tree.js';
import { INIT_PATH } from './plan.js';
import { startSandbox } from './run.js';
import type { SandboxOptions, StageSlot } from './run.js';

const HEADERS = 400;
const DIRECTORIES = 35;

let base: string;
let keeper: Keeper;
let options: SandboxOptions;
let trees: InputDirectory[];
let serial = 0;

const newSlot = (): StageSlot => {
  const directory = join(base, `slot-${(serial += 1)}`);
  mkdirSync(directory);
  return { directory, tree: undefined, runs: 0, intact: true };
};

/** Units of one project: they share all but `own` of their headers, and two directories. */
const unit = (number: number, own: number): InputDirectory => {
  const tree = treeBuilder();
  for (let i = 0; i < HEADERS; i += 1) tree.text(`/usr/include/d${i % DIRECTORIES}/${i < own ? `only-${number}-` : ''}header-${i}.h`, `// ${i}\n`.repeat(50));
  for (const name of ['a', 'b']) tree.text(`/usr/include/${name}${number}/x.h`, 'x');
  tree.text(`/home/u/unit-${number}.c`, `${number}`);
  const built = tree.build();
  writeBlobs(options.blobDirectory, built);
  return built.root;
};

beforeAll(async () => {
  base = mkdtempSync('/var/tmp/mosix-overhead-');
  execFileSync('chmod', ['755', base]);
  cpSync(buildInit(), join(base, 'init'));
  options = { init: join(base, 'init'), bubblewrap, blobDirectory: join(base, 'cas'), jobUser: isRoot ? nobody : undefined, hideAt: undefined, nice: 0 };
  trees = [unit(0, 100), unit(1, 100)];
  const started = await startKeeper(options.init, join(base, 'lock'));
  if (!started.ok) throw new Error(started.error.message);
  keeper = started.value;
});
afterAll(async () => {
  await keeper.close();
  rmSync(base, { recursive: true, force: true });
  removeInit();
});

async function job(slot: StageSlot, root: InputDirectory): Promise<void> {
  const command = { arguments: [INIT_PATH, '--true'], environment: [], workingDirectory: 'home/u', outputPaths: ['obj/a.o', 'obj/a.d'] };
  const sandbox = startSandbox(slot, root, command, options);
  if (!sandbox.ok) throw new Error(sandbox.error.message);
  const ended = await sandbox.value.ended;
  if (!ended.ok) throw new Error(ended.error.message);
  await harvest(sandbox.value);
  for (const path of [sandbox.value.io, ...sandbox.value.scratches.values()]) void keeper.remove(path);
}

describe.skipIf(sandboxMissing !== undefined)(`a job with ${HEADERS} inputs that does nothing`, () => {
  let slot: StageSlot | undefined;
  let turn = 0;
  bench('inputs of the job before', async () => job((slot ??= newSlot()), trees[0] as InputDirectory), { time: 1200 });
  bench('a quarter of the inputs are others than before', async () => job((slot ??= newSlot()), trees[(turn += 1) % 2] as InputDirectory), { time: 1200 });
  bench('first job of a slot', async () => job(newSlot(), trees[0] as InputDirectory), { time: 1200 });
});
