import { expect, test } from 'vitest';
import { cut, fitTable, type Column } from './fit-table.js';

const columns: readonly Column[] = [
  { head: 'NAME', cells: ['a', 'a-very-long-name'], least: 6 },
  { head: 'JOBS', cells: ['1', '1000'], right: true },
  { head: 'NONE', cells: ['', ''] },
  { head: 'CPU', cells: ['1 s', '2 s'], rank: 2 },
  { head: 'WHY', cells: ['', 'because it is so'], rank: 1, least: 8 },
];

test('all there is, where there is room; empty columns never', () => {
  expect(fitTable(columns, Number.POSITIVE_INFINITY)).toMatchInlineSnapshot(`
    [
      "NAME              JOBS  CPU  WHY",
      "a                    1  1 s",
      "a-very-long-name  1000  2 s  because it is so",
    ]
  `);
});

test('first texts are cut, then columns go, the least important ones first', () => {
  expect(fitTable(columns, 38)).toEqual(['NAME          JOBS  CPU  WHY', 'a                1  1 s', 'a-very-long…  1000  2 s  because it i…']);
  expect(fitTable(columns, 24)).toEqual(['NAME     JOBS  WHY', 'a           1', 'a-very…  1000  because …']);
  expect(fitTable(columns, 12)).toEqual(['NAME    JOBS', 'a          1', 'a-ver…  1000']);
});

test('never wider than the place, as long as what cannot be cut fits', () => {
  for (let width = 12; width < 60; width += 1) expect(Math.max(...fitTable(columns, width).map((line) => line.length))).toBeLessThanOrEqual(width);
});

test('colour does not shift anything', () => {
  const coloured = fitTable([{ head: 'A', cells: ['x', 'yy'], paint: (text) => `\u001b[1m${text}\u001b[22m` }, { head: 'B', cells: ['1', '2'] }], 80);
  expect(coloured[1]).toBe('\u001b[1mx\u001b[22m   1');
});

test('cut', () => {
  expect([cut('abc', 3), cut('abcd', 3), cut('abc', 0)]).toEqual(['abc', 'ab…', '…']);
});
