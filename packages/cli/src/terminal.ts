// What the commands print with: a place for text, colours when the place is a terminal, tables. Renderers are pure (data in, lines out);
// only `print` and `complain` write.

import { describeFault, type Fault } from '@mosix/core';

export interface Paint {
  readonly bold: (text: string) => string;
  readonly dim: (text: string) => string;
  readonly red: (text: string) => string;
  readonly green: (text: string) => string;
  readonly yellow: (text: string) => string;
}

const sequence =
  (open: number, close: number) =>
  (text: string): string =>
    `\u001b[${open}m${text}\u001b[${close}m`;

const same = (text: string): string => text;

export const plain: Paint = { bold: same, dim: same, red: same, green: same, yellow: same };
const coloured: Paint = { bold: sequence(1, 22), dim: sequence(2, 22), red: sequence(31, 39), green: sequence(32, 39), yellow: sequence(33, 39) };

/** NO_COLOR and TERM=dumb are obeyed, FORCE_COLOR wins. */
export const paintFor = (stream: { isTTY?: boolean }, env: NodeJS.ProcessEnv = process.env): Paint => {
  if (env['FORCE_COLOR'] && env['FORCE_COLOR'] !== '0') return coloured;
  return stream.isTTY === true && !env['NO_COLOR'] && env['TERM'] !== 'dumb' ? coloured : plain;
};

export const print = (...lines: string[]): void => {
  process.stdout.write(lines.map((line) => `${line}\n`).join(''));
};

export const printJson = (value: unknown): void => print(JSON.stringify(value, null, 2));

export const complain = (problem: Fault): void => {
  process.stderr.write(`mosix: ${describeFault(problem)}\n`);
};

const escapes = /\u001b\[[0-9;]*m/g;
const lengthOf = (text: string): number => text.replace(escapes, '').length;

/** Columns of a terminal; of what is no terminal only when COLUMNS says so: `mosix nodes | grep` gets everything. */
export const widthOf = (stream: { isTTY?: boolean; columns?: number }, env: NodeJS.ProcessEnv = process.env): number => {
  const asked = Number(env['COLUMNS']);
  if (Number.isInteger(asked) && asked > 0) return asked;
  return stream.isTTY === true ? (stream.columns ?? 80) : Number.POSITIVE_INFINITY;
};

/** Rows of cells to aligned lines; numbers to the right, as everybody reads them. The first row is the head. */
export const table = (rows: readonly (readonly (string | number)[])[], paint: Paint = plain): string[] => {
  const columns = Math.max(0, ...rows.map((row) => row.length));
  const widths = Array.from({ length: columns }, (_, column) => Math.max(...rows.map((row) => lengthOf(String(row[column] ?? '')))));
  const right = Array.from({ length: columns }, (_, column) => rows.slice(1).some((row) => typeof row[column] === 'number'));
  return rows.map((row, index) => {
    const cells = row.map((cell, column) => {
      const text = String(cell);
      const gap = ' '.repeat(Math.max(0, (widths[column] ?? 0) - lengthOf(text)));
      return right[column] === true ? gap + text : text + gap;
    });
    const line = cells.join('  ').trimEnd();
    return index === 0 ? paint.bold(line) : line;
  });
};

export const seconds = (ms: number): string => (ms < 60_000 ? `${(ms / 1000).toFixed(1)} s` : `${Math.floor(ms / 60_000)} min ${Math.round((ms % 60_000) / 1000)} s`);

export const plural = (count: number, one: string, many = `${one}s`): string => `${count} ${count === 1 ? one : many}`;

export const percent = (part: number, whole: number): string => (whole === 0 ? '-' : `${((100 * part) / whole).toFixed(1)} %`);
