// One line that shows a build at work: how far, where, how long.

import type { BuildCounters } from '../builds/summary.js';
import { seconds } from '../terminal.js';

const barWidth = 20;

export const progressLine = (phase: string, counters: BuildCounters, units: number, elapsedMs: number): string => {
  const { total, cacheHits, local } = counters.compiles;
  const filled = units === 0 ? 0 : Math.min(barWidth, Math.round((barWidth * total) / units));
  const bar = `${'█'.repeat(filled)}${'░'.repeat(barWidth - filled)}`;
  const places = [...counters.nodes.map((node) => `${node.name} ${node.jobs}`), `cache ${cacheHits}`, ...(local > 0 ? [`here ${local}`] : [])];
  return `${phase} ${bar} ${total}/${units}  ${places.join('  ')}  ${seconds(elapsedMs)}`;
};
