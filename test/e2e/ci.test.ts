// The workflow files of examples/ci, run here: two jobs in two fresh clones at the same path, each with a home of its own
// that knows nothing; the second must find at least 95 % of its compiles in the cache.

import { cpSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import { githubStep, gitlabScript } from './support/ci-steps.js';
import { environment, systemPath } from './support/environment.js';
import { startFarm } from './support/farm.js';
import type { Counters } from './support/control.js';
import { binDirectory, isBuilt, repository, which } from './support/paths.js';
import { makeScratch, type Scratch } from './support/scratch.js';
import { shell } from './support/shell.js';
import { differences, snapshot, type Tree } from './support/tree.js';

const github = join(repository, 'examples/ci/github-actions.yml');
const gitlab = join(repository, 'examples/ci/gitlab-ci.yml');
const product = (name: string): boolean => /\.(o|a)$|numeric-check$/.test(name) && !name.includes('CompilerId');

let scratch: Scratch;
const more: { stop(): void }[] = [];

beforeAll(() => {
  if (!isBuilt()) throw new Error('run `npm run build` first');
});

afterEach(() => {
  for (const farm of more.splice(0)) farm.stop();
  scratch?.remove();
});

/** A repository with the example project, as the CI system would clone it. */
async function makeOrigin(): Promise<string> {
  const origin = scratch.folder('origin');
  cpSync(join(repository, 'examples/cpp-cmake'), origin, { recursive: true });
  rmSync(join(origin, 'build'), { recursive: true, force: true });
  const identity = { GIT_AUTHOR_NAME: 't', GIT_AUTHOR_EMAIL: 't', GIT_COMMITTER_NAME: 't', GIT_COMMITTER_EMAIL: 't' };
  const { $ } = shell({ cwd: origin, env: { ...environment({ home: scratch.folder('home') }), ...identity } });
  await $`git init -q && git add -A && git commit -qm origin`;
  return origin;
}

interface Job {
  readonly stats: Counters;
  readonly products: Tree;
}

/** One job: a fresh clone at the path of all jobs, the build step, what `mosix stats` says, the closing step. */
async function runJob(origin: string, home: string, env: Record<string, string>, build: string, closing: string): Promise<Job> {
  const checkout = join(scratch.path, 'checkout');
  rmSync(checkout, { recursive: true, force: true });
  const job = { ...environment({ home }), ...env, PATH: `${binDirectory}:${systemPath}`, CI_PROJECT_DIR: checkout };
  await shell({ cwd: scratch.path, env: job }).$`git clone -q ${origin} checkout`;
  const { $ } = shell({ cwd: checkout, env: job, timeoutMs: 400_000 });
  await $`set -e; eval ${build}`;
  const stats = JSON.parse((await $`mosix stats --json`).stdout) as Counters;
  const products = snapshot(checkout, product);
  await $`set -e; eval ${closing}`;
  return { stats, products };
}

function secondIsCached(first: Job, second: Job): void {
  expect(first.stats.compiles.remote).toBeGreaterThanOrEqual(40);
  const { remote, cacheHits, local } = second.stats.compiles;
  expect(cacheHits / (remote + cacheHits + local), JSON.stringify(second.stats)).toBeGreaterThanOrEqual(0.95);
  expect(second.products.size).toBeGreaterThan(40);
  expect(differences(first.products, second.products)).toEqual([]);
}

describe.skipIf(which('ninja') === undefined || which('git') === undefined)('two CI jobs in two fresh clones', () => {
  test('with a farm, GitHub', async () => {
    scratch = makeScratch('ci');
    const farm = await startFarm('ci-farm', { workers: 2, slots: 2 });
    more.push(farm);
    const origin = await makeOrigin();
    const [build, closing] = [githubStep(github, 'farm', 'Build'), githubStep(github, 'farm', 'Where it was compiled')];
    expect(build).toContain('mosix-cc');
    const jobs: Job[] = [];
    for (const name of ['one', 'two']) {
      const env = { MOSIX_COORDINATOR: farm.address, MOSIX_DIR: scratch.folder('run', name) };
      jobs.push(await runJob(origin, scratch.folder('home', name), env, build, closing));
    }
    secondIsCached(jobs[0] as Job, jobs[1] as Job);
  });

  test('with a cache only, GitLab', async () => {
    scratch = makeScratch('ci');
    const origin = await makeOrigin();
    const lines = gitlabScript(gitlab, 'cache-only').split('\n');
    const ends = lines.findIndex((line) => line === 'mosix stats');
    const store = join(scratch.path, 'store');
    const jobs: Job[] = [];
    for (const name of ['one', 'two']) {
      // The CI system puts the kept store back into the checkout before the script, and takes it out afterwards.
      const build = [`if [ -d '${store}' ]; then mv '${store}' .mosix-store; fi`, ...lines.slice(0, ends)].join('\n');
      const closing = [...lines.slice(ends), `mv .mosix-store '${store}'`].join('\n');
      jobs.push(await runJob(origin, scratch.folder('home', name), { MOSIX_DIR: scratch.folder('run', name) }, build, closing));
    }
    secondIsCached(jobs[0] as Job, jobs[1] as Job);
  });

  test('the two files build alike', () => {
    const [one, two] = [githubStep(github, 'farm', 'Build'), gitlabScript(gitlab, 'farm')];
    expect(two.startsWith(one)).toBe(true);
  });
});
