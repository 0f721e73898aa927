// The flag matrix: every case natively, with a farm, with the warm farm again and with a farm that is gone, in one
// folder; exit status, stdout, stderr and every file must be equal. MOSIX_MATRIX=native checks the fixtures alone (two
// native runs must agree), MOSIX_MATRIX=dead leaves the live farm out; MOSIX_MATRIX_ONLY=text picks cases by title.

import { statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { matrix } from './matrix/index.js';
import type { ExpandedCase } from './matrix/case.js';
import { makeMasquerade } from './support/environment.js';
import { daemonCounters, freePort, startFarm, type Farm } from './support/farm.js';
import { buildId, compareLegs, directoryOf, readLog, runLeg, type Leg, type LegContext } from './support/legs.js';
import { isBuilt, isRoot, launcher, mosix } from './support/paths.js';
import { mustRun } from './support/run.js';
import { makeScratch } from './support/scratch.js';

const mode = process.env['MOSIX_MATRIX'] ?? 'all';
const only = process.env['MOSIX_MATRIX_ONLY'];
const chosen = matrix.filter((one) => only === undefined || one.title.includes(only));
const native: Leg = { name: 'native' };

let context: LegContext | undefined;
let legs: Leg[] = [];
let farm: Farm | undefined;

beforeAll(async () => {
  const closed = `127.0.0.1:${await freePort()}`;
  if (mode !== 'all') {
    const scratch = makeScratch('matrix');
    context = { scratch, home: scratch.folder('home'), masquerade: makeMasquerade(join(scratch.path, 'masquerade')) };
    legs = [mode === 'native' ? { name: 'native again' } : { name: 'dead farm', farm: { directory: scratch.folder('dead'), coordinator: closed } }];
    return;
  }
  if (!isBuilt()) throw new Error('run `npm run build` first');
  farm = await startFarm('matrix', { workers: 2, slots: 2 });
  const { scratch } = farm;
  context = { scratch, home: scratch.folder('home'), masquerade: join(scratch.path, 'masquerade') };
  legs = [
    { name: 'farm', farm: { directory: farm.directory, coordinator: farm.address } },
    { name: 'warm farm', farm: { directory: farm.directory, coordinator: farm.address } },
    { name: 'dead farm', farm: { directory: scratch.folder('dead'), coordinator: closed } },
  ];
});

afterAll(() => (farm === undefined ? context?.scratch.remove() : farm.stop()));

function reasonToSkip(one: ExpandedCase): string | undefined {
  if ((one.asNobody === true || one.ownMounts === true) && !isRoot) return 'needs root';
  if (one.asNobody === true && !isOpenToAll(launcher)) return `users other than this one cannot reach ${dirname(launcher)}`;
  return one.skip?.();
}

/** Every folder above it lets everybody through; that of root's own home does not. */
function isOpenToAll(path: string): boolean {
  for (let folder = dirname(path); ; folder = dirname(folder)) {
    if ((statSync(folder).mode & 0o001) === 0) return false;
    if (folder === '/') return true;
  }
}

/** Where the compiles of the case ran, against what the case says. */
async function placementFaults(one: ExpandedCase, leg: Leg): Promise<{ readonly faults: string[]; readonly onlyTiming: boolean }> {
  if (leg.farm === undefined || leg.name === 'dead farm' || one.remote === undefined) return { faults: [], onlyTiming: false };
  const { compiles, localReasons } = await daemonCounters(directoryOf(one, leg) ?? '', buildId(one, leg));
  const onFarm = compiles.remote + compiles.cacheHits;
  const fits = one.remote === true ? onFarm > 0 && compiles.local === 0 : onFarm === (one.remote === false ? 0 : one.remote);
  const faults = fits ? [] : [`expected remote ${one.remote}, was ${onFarm} on the farm and ${compiles.local} here ${JSON.stringify(localReasons)}`];
  const reasons = Object.keys(localReasons);
  return { faults, onlyTiming: faults.length > 0 && reasons.length > 0 && reasons.every((reason) => reason === 'coordinator-unreachable' || reason === 'inputs-unsettled') };
}

describe.concurrent('same bytes, status and words as the compiler itself', () => {
  for (const one of chosen) {
    const reason = reasonToSkip(one);
    if (reason !== undefined) {
      test.skip(`${one.title} (${reason})`);
      continue;
    }
    test(one.title, async () => {
      if (context === undefined) throw new Error('no farm');
      const expected = await runLeg(one, native, context);
      const faults: string[] = [];
      for (const leg of legs) {
        const found = compareLegs(expected, await runLeg(one, leg, context));
        let placement = await placementFaults(one, leg);
        // A daemon that begins its life on this busy machine may miss its coordinator's first answer; by now it has it. And of several
        // compiles that write into one folder at once, one may see it change at every look; hardly twice.
        if (placement.onlyTiming) {
          const again = { ...leg, again: true };
          found.push(...compareLegs(expected, await runLeg(one, again, context)));
          placement = await placementFaults(one, again);
        }
        faults.push(...[...found, ...placement.faults].map((text) => `${leg.name}: ${text}`));
      }
      const log = faults.length > 0 && farm !== undefined ? readLog(farm.directory) : '';
      expect(faults, log).toEqual([]);
    });
  }
});

describe('the matrix as a whole', () => {
  test('has at least 150 cases', () => expect(matrix.length).toBeGreaterThanOrEqual(150));

  test.skipIf(mode !== 'all' || only !== undefined)('most compiles ran on the farm, and on both nodes', async () => {
    if (farm === undefined) throw new Error('no farm');
    const said = await mustRun([mosix, 'stats', '--json'], { cwd: farm.scratch.path, env: farm.env });
    const stats = JSON.parse(said.stdout.toString()) as Awaited<ReturnType<typeof daemonCounters>>;
    expect((stats.compiles.remote + stats.compiles.cacheHits) / stats.compiles.total).toBeGreaterThan(0.5);
    expect(stats.nodes.filter((node) => node.jobs > 0).length).toBe(2);
  });
});
