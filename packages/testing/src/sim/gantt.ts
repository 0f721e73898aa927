// A run as a picture: a lane for each node's slots, a bar for each lease. SVG, for any browser.
import type { Bar } from './accounts.js';

const LANE = 12;
const LEFT = 110;
const WIDTH = 1200;
const TOP = 34;

const colours: Readonly<Record<string, string>> = { finished: '#4c78a8', cancelled: '#e8a838', moved: '#72b7b2', died: '#e45756', 'out-of-memory': '#b279a2', failed: '#9d755d', recalled: '#bab0ac', open: '#bab0ac' };

const escape = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');

/** Lanes of one node: each bar in the first lane that is free when it begins. */
function lanesOf(bars: readonly Bar[]): Bar[][] {
  const lanes: Bar[][] = [];
  for (const bar of [...bars].sort((a, b) => (a.beganMs ?? 0) - (b.beganMs ?? 0))) {
    const lane = lanes.find((each) => (each.at(-1)?.endedMs ?? 0) <= (bar.beganMs ?? 0));
    if (lane === undefined) lanes.push([bar]);
    else lane.push(bar);
  }
  return lanes;
}

export function gantt(title: string, nodes: readonly string[], bars: Iterable<Bar>): string {
  const began = [...bars].filter((bar) => bar.beganMs !== undefined);
  const endMs = Math.max(1, ...began.map((bar) => bar.endedMs));
  const x = (ms: number): number => LEFT + (ms / endMs) * WIDTH;
  const parts: string[] = [];
  let y = TOP;
  for (const node of nodes) {
    const lanes = lanesOf(began.filter((bar) => bar.node === node));
    const height = Math.max(1, lanes.length) * LANE;
    parts.push(`<text x="4" y="${y + LANE - 2}">${escape(node)}</text>`);
    for (const [lane, own] of lanes.entries()) {
      for (const bar of own) {
        const from = x(bar.beganMs ?? 0);
        parts.push(`<rect x="${from.toFixed(1)}" y="${y + lane * LANE}" width="${Math.max(0.5, x(bar.endedMs) - from).toFixed(1)}" height="${LANE - 2}" fill="${colours[bar.how] ?? '#888'}"><title>${escape(`${bar.label} ${bar.how} ${((bar.endedMs - (bar.beganMs ?? 0)) / 1000).toFixed(2)} s`)}</title></rect>`);
      }
    }
    y += height + 3;
  }
  const marks = Array.from({ length: 11 }, (_, index) => {
    const ms = (endMs * index) / 10;
    return `<line x1="${x(ms)}" x2="${x(ms)}" y1="${TOP - 6}" y2="${y}" stroke="#ddd"/><text x="${x(ms)}" y="${TOP - 10}" text-anchor="middle">${(ms / 1000).toFixed(1)} s</text>`;
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${LEFT + WIDTH + 40}" height="${y + 10}" font-family="sans-serif" font-size="10"><title>${escape(title)}</title><rect width="100%" height="100%" fill="white"/>${marks.join('')}${parts.join('')}</svg>\n`;
}
