// Records the traces that the simulator runs: `npm run sim:record -- [NAME…]`. One command at a time, on a quiet machine: processor times
// must not be disturbed. Writes traces/NAME.json beside the sources.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, isAbsolute, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { RecordedTrace, RecordedUnit } from '../trace.js';
import { abseilAndRe2, leveldb, lmdb, sqlite } from './projects.js';
import type { Edge, Project } from './projects.js';

const here = dirname(fileURLToPath(import.meta.url));
const packageFolder = join(here, '../..');
const cache = join(packageFolder, '../../.cache');
const scratch = mkdtempSync(join(tmpdir(), 'mosix-record.'));

const measurer = join(scratch, 'measure-one');

const sizeOf = (path: string): number => (existsSync(path) ? statSync(path).size : 0);

/** Files that a make rule names behind its colon. */
export const filesOfDepfile = (text: string): string[] => text.replace(/\\\n/g, ' ').replace(/^[^:]*:/, '').trim().split(/(?<!\\)\s+/).map((path) => path.replace(/\\ /g, ' '));

/** An order in which every command comes after those it needs; else the order of the build file. */
export function inOrder(edges: readonly Edge[]): Edge[] {
  const byOutput = new Map(edges.map((edge) => [edge.output, edge]));
  const placed = new Set<string>();
  const order: Edge[] = [];
  const place = (edge: Edge): void => {
    if (placed.has(edge.output)) return;
    placed.add(edge.output);
    for (const name of edge.needs) {
      const needed = byOutput.get(name);
      if (needed !== undefined) place(needed);
    }
    order.push(edge);
  };
  for (const edge of edges) place(edge);
  return order;
}

function record(project: Project): RecordedTrace {
  const order = inOrder(project.edges);
  const indexes = new Map(order.map((edge, index) => [edge.output, index]));
  const absolute = (path: string): string => (isAbsolute(path) ? path : join(project.directory, path));
  const report = join(scratch, 'report');
  const units = order.map((edge, index): RecordedUnit => {
    mkdirSync(dirname(absolute(edge.output)), { recursive: true });
    const command = typeof edge.command === 'string' ? ['sh', '-c', edge.command] : edge.command;
    execFileSync(measurer, [report, ...command], { cwd: project.directory, stdio: ['ignore', 'ignore', 'inherit'] });
    const [status, wallUs, cpuUs, peakKib] = readFileSync(report, 'utf8').trim().split(' ').map(Number) as [number, number, number, number];
    if (status !== 0) throw new Error(`${project.name}: ${edge.output} ended with ${status}`);
    const inputs = edge.depfile === undefined ? [] : filesOfDepfile(readFileSync(absolute(edge.depfile), 'utf8'));
    const inputBytes = inputs.reduce((sum, path) => sum + sizeOf(absolute(path)), 0);
    process.stderr.write(`\r${project.name} ${index + 1}/${order.length}  `);
    const needs = edge.needs.flatMap((name) => indexes.get(name) ?? []).sort((a, b) => a - b);
    const name = edge.output.replace(/CMakeFiles\/[^/]+\.dir\//, '').replace(/^abseil-cpp\/absl\//, '');
    return [name, edge.kind === 'compile' ? 0 : 1, Math.round(cpuUs / 1000), Math.round(wallUs / 1000), peakKib, sizeOf(absolute(edge.output)), edge.source === undefined ? 0 : sizeOf(absolute(edge.source)), inputBytes, needs];
  });
  process.stderr.write('\n');
  return { name: project.name, build: project.build, units };
}

const projects: Readonly<Record<string, (directory: string) => readonly Project[]>> = {
  lmdb: (directory) => [lmdb(cache, directory)],
  leveldb: (directory) => [leveldb(cache, directory)],
  sqlite: (directory) => [sqlite(cache, directory)],
  abseil: (directory) => abseilAndRe2(cache, directory),
};

try {
  execFileSync('cc', ['-O2', '-o', measurer, join(packageFolder, 'src/record/measure-one.c')]);
  const names = process.argv.length > 2 ? process.argv.slice(2) : Object.keys(projects);
  for (const name of names) {
    const make = projects[name];
    if (make === undefined) throw new Error(`no project ${name}; there are ${Object.keys(projects).join(', ')} (abseil records re2 as well)`);
    const directory = join(scratch, name);
    mkdirSync(directory, { recursive: true });
    for (const project of make(directory)) {
      const trace = record(project);
      const lines = trace.units.map((unit) => JSON.stringify(unit)).join(',\n');
      writeFileSync(join(packageFolder, 'traces', `${trace.name}.json`), `{"name":${JSON.stringify(trace.name)},"build":${JSON.stringify(trace.build)},"units":[\n${lines}\n]}\n`);
    }
  }
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
