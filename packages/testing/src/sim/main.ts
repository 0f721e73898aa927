// `npm run sim -- …`: one run, the comparison, the soak, the scale. Ends with status 1 when a promise was broken.
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { compare, rows } from './compare.js';
import { gantt } from './gantt.js';
import { createOurPolicy } from './our-policy.js';
import type { Policy } from './policy.js';
import { randomScenario, withHostileNumbers } from './random-scenario.js';
import { between, report } from './report.js';
import { createFifoPolicy } from './rivals/fifo.js';
import { rivalRules } from './rivals/rules.js';
import { run } from './run.js';
import { scale, scaleTable } from './scale.js';
import type { Scenario } from './scenario.js';
import { soak } from './soak.js';
import { calmScenario, faultsOf, workloads } from './workloads.js';
import type { Row } from './workloads.js';

const usage = `npm run sim -- [SCENARIO] [--seed N] [--policy NAME] [--svg FILE] [--log FILE] [--hostile]
npm run sim -- compare [--seeds N] [--rows A,B] [--write]
npm run sim -- scale [--nodes N] [--jobs N] [--rounds N] [--write]
npm run sim -- soak [--seeds N] [--from K] [--hostile] [--out FILE]

SCENARIO: random (default), a JSON file of the soak, or ROW[:BUILD], as in "mixed:0";
rows: ${rows.join(', ')}
builds: ${workloads.map((workload, index) => `${index} ${workload.name}`).join(', ')}
policies: mosix, ${rivalRules(1).map((rule) => rule.name).join(', ')}`;

const documentPath = join(dirname(fileURLToPath(import.meta.url)), '../../../../docs/scheduling.md');

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    seed: { type: 'string', default: '1' }, seeds: { type: 'string' }, from: { type: 'string', default: '1' }, nodes: { type: 'string' }, jobs: { type: 'string', default: '100000' },
    rows: { type: 'string' }, rounds: { type: 'string' }, policy: { type: 'string', default: 'mosix' }, svg: { type: 'string' }, log: { type: 'string' }, out: { type: 'string' },
    write: { type: 'boolean', default: false }, hostile: { type: 'boolean', default: false }, help: { type: 'boolean', default: false },
  },
});

const fail = (text: string): never => {
  console.error(text);
  process.exit(2);
};
const whole = (text: string | undefined, name: string, otherwise: number): number => {
  const number = text === undefined ? otherwise : Number(text);
  return Number.isInteger(number) && number >= 0 ? number : fail(`--${name} takes a whole number, not ${text ?? ''}`);
};
const isRow = (text: string): text is Row => (rows as readonly string[]).includes(text);

/** Puts text between the marks of docs/scheduling.md that name the command. */
function writeDocument(command: string, text: string): void {
  const changed = between(readFileSync(documentPath, 'utf8'), text, `<!-- made by npm run sim -- ${command}: begin -->`, `<!-- made by npm run sim -- ${command}: end -->`);
  if (changed === undefined) fail(`${documentPath} has no marks for ${command}`);
  else writeFileSync(documentPath, changed);
}

function scenarioOf(name: string, seed: number): Scenario {
  if (name === 'random') return values.hostile ? withHostileNumbers(randomScenario(seed)) : randomScenario(seed);
  if (name.endsWith('.json')) return JSON.parse(readFileSync(name, 'utf8')) as Scenario;
  const [row = '', build = '0'] = name.split(':');
  const workload = workloads[Number(build)];
  if (!isRow(row) || workload === undefined) return fail(usage);
  const calm = calmScenario(row, workload, seed, true);
  return { ...calm, faults: faultsOf(row, calm, 20_000, seed) };
}

function policyOf(name: string, seed: number): Policy {
  if (name === 'mosix') return createOurPolicy();
  const rule = rivalRules(seed).find((each) => each.name === name);
  return rule === undefined ? fail(usage) : createFifoPolicy(rule);
}

function runOne(name: string): boolean {
  const seed = whole(values.seed, 'seed', 1);
  const scenario = scenarioOf(name, seed);
  const lines: string[] = [];
  const result = run(scenario, policyOf(values.policy, seed), values.log === undefined ? {} : { log: (line) => lines.push(line) });
  if (values.log !== undefined) writeFileSync(values.log, `${lines.join('\n')}\n`);
  if (values.svg !== undefined) writeFileSync(values.svg, gantt(scenario.name, scenario.nodes.map((node) => node.name), result.accounts.bars.values()));
  console.log(`scenario     ${scenario.name}, seed ${scenario.seed}: ${scenario.nodes.length} nodes, ${scenario.users.length} users, ${scenario.faults.length} faults`);
  console.log(`hash         ${result.hash} of ${result.events} events and effects`);
  console.log(`makespan     ${(result.makespanMs / 1000).toFixed(3)} s`);
  console.log(`lower bound  ${(result.bound.ms / 1000).toFixed(3)} s (work ${(result.bound.workMs / 1000).toFixed(3)}, longest ${(result.bound.longestMs / 1000).toFixed(3)}, path ${(result.bound.pathMs / 1000).toFixed(3)}, home ${(result.bound.homeMs / 1000).toFixed(3)})`);
  console.log(`ratio        ${result.ratio.toFixed(3)}`);
  console.log(`waste        ${(result.wasteShare * 100).toFixed(1)} % (${Object.entries(result.accounts.waste()).filter(([, seconds]) => seconds > 0).map(([cause, seconds]) => `${cause} ${seconds.toFixed(1)} s`).join(', ') || 'none'})`);
  console.log(`at home      ${result.fellBack} units that the farm did not compile`);
  console.log(`moves        ${[...result.accounts.decisions].map(([what, count]) => `${what} ${count}`).join(', ') || 'none'}`);
  for (const violation of result.violations) console.log(`BROKEN       ${violation}`);
  return result.violations.length === 0;
}

function runCompare(): boolean {
  const seeds = whole(values.seeds, 'seeds', 3);
  const wanted = values.rows === undefined ? rows : values.rows.split(',').filter(isRow);
  if (wanted.length === 0) fail(usage);
  const cells = compare({ seeds, rows: wanted, onProgress: (text) => process.stderr.write(`\r\u001b[K${text}`) });
  process.stderr.write('\r\u001b[K');
  const text = report(cells, seeds);
  console.log(text);
  if (values.write) writeDocument('compare', text);
  const broken = cells.flatMap((cell) => cell.violations.map((violation) => `${cell.row}, ${cell.workload}: ${violation}`));
  for (const line of broken) console.log(`BROKEN ${line}`);
  return broken.length === 0;
}

function runScale(): boolean {
  const most = whole(values.nodes, 'nodes', 65_535);
  const jobs = whole(values.jobs, 'jobs', 100_000);
  const sizes = [...[10, 100, 1_000, 10_000].filter((size) => size < most), most];
  // Whatever else the machine does makes it slower only: of some rounds over all sizes the quickest of each counts.
  const rounds = Array.from({ length: Math.max(1, whole(values.rounds, 'rounds', 3)) }, () => sizes.map((nodes) => scale({ nodes, jobs, seed: whole(values.seed, 'seed', 1) })));
  const text = scaleTable(sizes.map((_, at) => {
    const rows = rounds.flatMap((round) => round[at] ?? []);
    const best = rows.reduce((least, row) => (row.jobUs < least.jobUs ? row : least));
    // What an earlier round left behind counts as given back, and never as used: the most is nearest to the truth.
    const bytes = rows.flatMap((row) => row.bytesPerIdleNode ?? []);
    return { ...best, bytesPerIdleNode: bytes.length === 0 ? undefined : Math.max(...bytes) };
  }));
  console.log(text);
  if (values.write) writeDocument('scale', text);
  return true;
}

function runSoak(): boolean {
  const seeds = whole(values.seeds, 'seeds', 200);
  const failures = soak({
    from: whole(values.from, 'from', 1), seeds, hostile: values.hostile, failuresMax: 5,
    onProgress: (done) => done % 50 === 0 && process.stderr.write(`\r\u001b[K${done}/${seeds}`),
  });
  process.stderr.write('\r\u001b[K');
  for (const { seed, violations, small } of failures) {
    const file = values.out === undefined ? `soak-${seed}.json` : failures.length === 1 ? values.out : values.out.replace(/(\.json)?$/, `-${seed}.json`);
    writeFileSync(file, `${JSON.stringify(small, undefined, 1)}\n`);
    console.log(`BROKEN seed ${seed}: ${violations.slice(0, 3).join('; ')}`);
    console.log(`  whole:   npm run sim -- random --seed ${seed}${values.hostile ? ' --hostile' : ''}`);
    console.log(`  smaller: npm run sim -- ${file} (${small.nodes.length} nodes, ${small.users.length} users, ${small.faults.length} faults)`);
  }
  console.log(`${seeds} seeds, ${failures.length} failed`);
  return failures.length === 0;
}

const [command = 'random'] = positionals;
if (values.help) {
  console.log(usage);
} else {
  const commands: Readonly<Record<string, () => boolean>> = { compare: runCompare, scale: runScale, soak: runSoak };
  process.exitCode = (commands[command] ?? (() => runOne(command)))() ? 0 : 1;
}
