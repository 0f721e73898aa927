// No schedule ends sooner: max(total work / total speed, longest job on the fastest node, critical path), with archives and links at home
// and the transfers that nothing can hide. For several users together, since the first started.
import type { Trace } from '../trace.js';
import type { Fault, NodePlan, Scenario } from './scenario.js';

export interface LowerBound {
  readonly ms: number;
  readonly workMs: number;
  readonly longestMs: number;
  readonly pathMs: number;
  readonly homeMs: number;
}

/** What a node can do at best, processor seconds at speed 1 a second, by what its owner and its faults leave at `atMs`. */
function capacityAt(node: NodePlan, index: number, faults: readonly Fault[], atMs: number): number {
  let [cores, factor, there] = [Math.min(node.cores, node.slots), 1, true];
  for (const fault of faults) {
    if (!('node' in fault) || fault.node !== index || fault.atMs > atMs) continue;
    const over = 'lengthMs' in fault && fault.lengthMs !== undefined && fault.atMs + fault.lengthMs <= atMs;
    if (fault.kind === 'owner') {
      if (over) [cores, there] = [Math.min(node.cores, node.slots), true];
      else if (fault.active) there = false;
      else cores = Math.min(node.slots, Math.max(0, node.cores - fault.load));
    } else if (fault.kind === 'degrade') factor = over ? 1 : fault.share * fault.speed;
    else if (fault.kind === 'leave' || fault.kind === 'crash') there = false;
  }
  return there ? node.speed * cores * factor : 0;
}

export function lowerBound(scenario: Scenario, traces: readonly Trace[]): LowerBound {
  const { nodes, users, faults } = scenario;
  const startMs = Math.max(100, Math.min(...users.map((user) => user.startMs)));
  const fastest = Math.max(...nodes.map((node) => node.speed));
  const bytesPerMs = Math.max(...nodes.map((node) => node.bytesPerSecond)) / 1000;
  const bulkMs = scenario.warmNodes ? 0 : scenario.bulkBytes / bytesPerMs;
  let [longestMs, pathMs, homeMs, work, tailMs] = [0, 0, 0, 0, Infinity];
  for (const [which, trace] of traces.entries()) {
    const user = users[which];
    if (user === undefined) continue;
    const offset = Math.max(0, user.startMs - startMs);
    // What each compile pays whoever schedules it: the user's own machine, two messages each way, its own source and object.
    const aroundMs = (unit: Trace['units'][number]): number => user.prepareMs + 4 * scenario.latencyMs + (unit.sourceBytes + 2 * unit.outputBytes) / bytesPerMs;
    const endMs: number[] = [];
    let home = 0;
    for (const unit of trace.units) {
      const ready = Math.max(0, ...unit.needs.map((need) => endMs[need] ?? 0));
      const runMs = unit.kind === 'home' ? (unit.cpuSeconds / user.homeSpeed) * 1000 : (unit.cpuSeconds / fastest) * 1000 + aroundMs(unit) + (ready === 0 ? bulkMs : 0);
      endMs.push(ready + runMs);
      if (unit.kind === 'home') home += unit.cpuSeconds;
      else {
        work += unit.cpuSeconds * user.builds;
        longestMs = Math.max(longestMs, runMs + offset);
      }
    }
    // The last compile of all is followed at least by what waits for it.
    const after = trace.units.map(() => 0);
    for (let index = trace.units.length - 1; index >= 0; index--) {
      const unit = trace.units[index];
      if (unit === undefined) continue;
      const own = unit.kind === 'home' ? (unit.cpuSeconds / user.homeSpeed) * 1000 : (unit.cpuSeconds / fastest) * 1000;
      for (const need of unit.needs) after[need] = Math.max(after[need] ?? 0, (after[index] ?? 0) + own);
      if (unit.kind === 'compile') tailMs = Math.min(tailMs, (after[index] ?? 0) + unit.outputBytes / bytesPerMs);
    }
    const thinkMs = (user.builds - 1) * user.thinkMs;
    pathMs = Math.max(pathMs, offset + user.builds * Math.max(0, ...endMs) + thinkMs);
    homeMs = Math.max(homeMs, offset + (home / (user.homeSpeed * user.homeCores)) * 1000 * user.builds + thinkMs);
  }
  const headMs = Math.min(...users.map((user) => user.prepareMs)) + 2 * scenario.latencyMs + bulkMs;
  const workMs = headMs + timeOfWork(nodes, faults, work, startMs + headMs) + (tailMs === Infinity ? 0 : tailMs);
  return { ms: Math.max(workMs, longestMs, pathMs, homeMs), workMs, longestMs, pathMs, homeMs };
}

/** How long all nodes together take at their best, given when their owners and faults let them. */
function timeOfWork(nodes: readonly NodePlan[], faults: readonly Fault[], work: number, fromMs: number): number {
  const changes = [...new Set(faults.flatMap((fault) => ['lengthMs' in fault && fault.lengthMs !== undefined ? fault.atMs + fault.lengthMs : fault.atMs, fault.atMs]))];
  const times = changes.filter((at) => at > fromMs).sort((a, b) => a - b);
  let left = work;
  let now = fromMs;
  for (const next of [...times, Infinity]) {
    const capacity = nodes.reduce((sum, node, index) => sum + capacityAt(node, index, faults, now), 0);
    const takesMs = capacity > 0 ? (left / capacity) * 1000 : Infinity;
    if (now + takesMs <= next) return now + takesMs - fromMs;
    left -= (capacity * (next - now)) / 1000;
    now = next;
  }
  return Infinity;
}
