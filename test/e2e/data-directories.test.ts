// What a coordinator and a worker keep on disk: a folder belongs to one process, and a disk that fills up under a job costs time and
// never a wrong result.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import { environment } from './support/environment.js';
import { freePort, makeFarm, warmUp, type Farm } from './support/farm.js';
import { isBuilt, isRoot, mosix } from './support/paths.js';
import { describe as tell, mustRun, run } from './support/run.js';
import { makeSmallProject, type SmallProject } from './support/small-project.js';

const open: Farm[] = [];

beforeAll(() => {
  if (!isBuilt()) throw new Error('run `npm run build` first');
});

afterEach(() => {
  for (const farm of open.splice(0)) farm.stop();
});

async function emptyFarm(): Promise<Farm> {
  const farm = await makeFarm('data');
  open.push(farm);
  return farm;
}

async function buildsRight(farm: Farm, project: SmallProject, build: string): Promise<void> {
  const outcome = await run(['make', '-j4'], { cwd: project.folder, env: { ...farm.env, MOSIX_BUILD_ID: build }, timeoutMs: 240_000 });
  expect(outcome.status, tell(outcome)).toBe(0);
  expect(outcome.stderr.toString()).toBe('');
  expect(project.faults()).toEqual([]);
}

describe('the data folder of a coordinator', () => {
  test('is not shared: a second process says so and goes, the first one works on; a killed one leaves it free', async () => {
    const farm = await emptyFarm();
    const first = await farm.startCoordinator();
    await farm.startWorker('one');
    await warmUp(farm);
    const second = (port: number) => run([mosix, 'coordinator', '--listen', `127.0.0.1:${port}`, '--data', first.data], { cwd: farm.scratch.path, env: farm.env });
    const refused = await second(await freePort());
    expect(refused.status).not.toBe(0);
    expect(refused.stdout.length).toBe(0);
    expect(refused.stderr.toString()).toContain('data-in-use');
    expect(refused.stderr.toString()).toContain('--data');

    const project = await makeSmallProject(farm.scratch.folder('project'), farm.scratch.folder('home'), { units: 3 });
    await buildsRight(farm, project, 'first');
    expect(await farm.counters('first')).toMatchObject({ compiles: { remote: 3, local: 0 }, localReasons: {} });

    await first.kill('SIGKILL');
    await farm.startCoordinator();
    await farm.waitForNodes(1);
  });
});

describe.skipIf(!isRoot)('a worker on a small disk (needs root for a mount)', () => {
  const startSmall = async (farm: Farm, name: string, size: string): Promise<void> => {
    const folder = farm.scratch.folder('workers', name);
    await mustRun(['mount', '-t', 'tmpfs', '-o', `size=${size},mode=755`, 'none', folder], { cwd: '/', env: environment({ home: '/' }) });
    await farm.startWorker(name);
  };
  const failures = (farm: Farm, name: string): string[] =>
    readFileSync(join(farm.scratch.path, `logs/worker-${name}.log`), 'utf8').split('\n').filter((line) => line.includes('disk-full'));

  test('that fills up under objects of 96 MB: they are made elsewhere, byte for byte', async () => {
    const farm = await emptyFarm();
    await farm.startCoordinator();
    await startSmall(farm, 'small', '300m');
    const project = await makeSmallProject(farm.scratch.folder('project'), farm.scratch.folder('home'), { units: 4, flags: '-DBIG=25165824' });
    await buildsRight(farm, project, 'big');
    expect(failures(farm, 'small').length).toBeGreaterThan(0);
  });

  test('with no room at all from the start: nothing is lost, and the other node does the work', async () => {
    const farm = await emptyFarm();
    await farm.startCoordinator();
    await startSmall(farm, 'small', '80m');
    // So slow that the node without room is the choice as long as it is one at all.
    await farm.startWorker('roomy', 1);
    await mustRun([mosix, 'setspeed', 'roomy', '0.1'], { cwd: farm.scratch.path, env: farm.env });
    await warmUp(farm);
    const project = await makeSmallProject(farm.scratch.folder('project'), farm.scratch.folder('home'), { units: 6 });
    await buildsRight(farm, project, 'tiny');
    const { compiles, nodes, localReasons } = await farm.counters('tiny');
    expect({ ...compiles, localReasons }).toMatchObject({ remote: 6, local: 0, failed: 0, localReasons: {} });
    expect(nodes.map((node) => node.name)).toEqual(['roomy']);
    expect(failures(farm, 'small').length).toBeGreaterThan(0);
  });
});
