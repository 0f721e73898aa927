import { createOurPolicy } from './our-policy.js';
import { createFifoPolicy } from './rivals/fifo.js';
import { rivalRules } from './rivals/rules.js';
import { run } from './run.js';
import { calmScenario, workloads, type Row } from './workloads.js';
const rows = (process.argv[2] ?? 'homogeneous,mixed').split(',') as Row[];
for (const row of rows) for (const w of workloads) {
const scenario = calmScenario(row, w, 1, true);
console.log(scenario.name);
const first = createOurPolicy();
for (const policy of [first, createOurPolicy(first.history), ...rivalRules(1).map(createFifoPolicy)]) {
  const t = process.hrtime.bigint();
  const r = run(scenario, policy);
  const { bound } = r;
  console.log(policy.name.padEnd(14), r.ended, r.makespanMs.toFixed(0), bound.workMs.toFixed(0), bound.pathMs.toFixed(0), bound.homeMs.toFixed(0), r.ratio.toFixed(3), r.hash, r.events, 'waste', r.wasteShare.toFixed(3), [...r.accounts.decisions].join(' '), Number((process.hrtime.bigint() - t) / 1000n) / 1000, 'ms', r.violations.slice(0, 3).join('; '));
}}
