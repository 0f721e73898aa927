// Tables for terminals of any width: a wide one shows more columns, a narrow one those that matter most, and long texts are cut.

import { plain, type Paint } from './terminal.js';

export interface Column {
  readonly head: string;
  /** One a row, without colours. */
  readonly cells: readonly string[];
  readonly right?: boolean;
  /** Columns of a higher rank go first where there is no room. 0, the default, is always shown. */
  readonly rank?: number;
  /** May be cut, down to this many characters. */
  readonly least?: number;
  readonly paint?: (text: string, row: number) => string;
}

const gap = 2;

export const cut = (text: string, width: number): string => (text.length <= width ? text : `${text.slice(0, Math.max(0, width - 1))}…`);

/** A head and the rows. Columns without any content are left out. */
export const fitTable = (columns: readonly Column[], width: number, paint: Paint = plain): string[] => {
  const filled = columns.filter((column) => column.cells.some((cell) => cell !== ''));
  const shown = choose(filled, width);
  const widths = share(shown, width);
  const rows = Math.max(0, ...shown.map((column) => column.cells.length));
  const line = (textOf: (column: Column) => string, paintOf: (column: Column, text: string) => string): string =>
    shown
      .map((column, index) => {
        const text = cut(textOf(column), widths[index] ?? 0);
        const space = ' '.repeat(Math.max(0, (widths[index] ?? 0) - text.length));
        return column.right === true ? `${space}${paintOf(column, text)}` : `${paintOf(column, text)}${index === shown.length - 1 ? '' : space}`;
      })
      .join(' '.repeat(gap))
      .trimEnd();
  return [
    paint.bold(line((column) => column.head, (_, text) => text)),
    ...Array.from({ length: rows }, (_, row) => line((column) => column.cells[row] ?? '', (column, text) => column.paint?.(text, row) ?? text)),
  ];
};

const natural = ({ head, cells }: Column): number => cells.reduce((most, cell) => Math.max(most, cell.length), head.length);
const smallest = (column: Column): number => Math.min(natural(column), Math.max(column.least ?? Number.POSITIVE_INFINITY, column.head.length));

/** Rank by rank, as long as all of them have room in their smallest form. */
const choose = (columns: readonly Column[], width: number): Column[] => {
  const kept = new Set(columns.filter((column) => (column.rank ?? 0) === 0));
  let used = [...kept].reduce((sum, column) => sum + smallest(column) + gap, -gap);
  for (const column of columns.filter((one) => !kept.has(one)).sort((a, b) => (a.rank ?? 0) - (b.rank ?? 0))) {
    used += smallest(column) + gap;
    if (used > width) break;
    kept.add(column);
  }
  return columns.filter((column) => kept.has(column));
};

/** What is left goes to the columns that were cut, in equal parts. */
const share = (columns: readonly Column[], width: number): number[] => {
  const most = columns.map(natural);
  const widths = columns.map(smallest);
  let left = width - widths.reduce((sum, one) => sum + one + gap, -gap);
  for (let wanting = widths.flatMap((one, index) => (one < (most[index] ?? 0) ? [index] : [])); left > 0 && wanting.length > 0; ) {
    const part = Math.max(1, Math.floor(left / wanting.length));
    for (const index of wanting) {
      const more = Math.min(part, left, (most[index] ?? 0) - (widths[index] ?? 0));
      widths[index] = (widths[index] ?? 0) + more;
      left -= more;
    }
    wanting = wanting.filter((index) => (widths[index] ?? 0) < (most[index] ?? 0));
  }
  return widths;
};
