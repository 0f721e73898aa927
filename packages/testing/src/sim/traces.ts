// The recorded traces, from their files.
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { fromRecorded } from '../trace.js';
import type { RecordedTrace, Trace } from '../trace.js';
import { generate } from './generate.js';
import type { Scenario, WorkPlan } from './scenario.js';

const folder = join(dirname(fileURLToPath(import.meta.url)), '../../traces');
const read = new Map<string, Trace>();

export const recordedNames = ['abseil', 'leveldb', 'lmdb', 're2', 'sqlite'] as const;

export function recordedTrace(name: string): Trace {
  let trace = read.get(name);
  if (trace === undefined) read.set(name, (trace = fromRecorded(JSON.parse(readFileSync(join(folder, `${name}.json`), 'utf8')) as RecordedTrace)));
  return trace;
}

const generated = new Map<string, Trace>();
const GENERATED_KEPT = 64;

export function traceOfPlan(plan: WorkPlan): Trace {
  if (plan.kind === 'trace') return recordedTrace(plan.name);
  const key = JSON.stringify(plan);
  let trace = generated.get(key);
  if (trace === undefined) {
    if (generated.size >= GENERATED_KEPT) generated.clear();
    generated.set(key, (trace = generate(plan)));
  }
  return trace;
}

export function traceOf(scenario: Scenario, user: number): Trace {
  const plan = scenario.users[user];
  if (plan === undefined) throw new Error(`no user ${user}`);
  return traceOfPlan(plan.work);
}
