// Names that somebody may have meant: few letters away from what was typed, or going on where it ends.

const NAME_CHARS_MAX = 64;
/** Of a farm of tens of thousands, the first so many are compared. */
const COMPARED_MAX = 5_000;
const NEAREST_MAX = 3;

/** At most three, the nearest first; none when nothing is near. */
export const nearestNames = (typed: string, names: Iterable<string>): string[] => {
  const wanted = typed.slice(0, NAME_CHARS_MAX).toLowerCase();
  const farthest = Math.max(1, Math.floor(wanted.length / 3));
  return [...new Set(names)]
    .slice(0, COMPARED_MAX)
    .map((name) => ({ name, far: distance(wanted, name.toLowerCase(), farthest) }))
    .map((one) => (one.name.toLowerCase().startsWith(wanted) && wanted !== '' ? { ...one, far: Math.min(one.far, 1) } : one))
    .filter(({ far }) => far <= farthest)
    .sort((a, b) => a.far - b.far || (a.name < b.name ? -1 : 1))
    .slice(0, NEAREST_MAX)
    .map(({ name }) => name);
};

/** Letters to insert, drop, replace or swap with their neighbour (restricted Damerau-Levenshtein); more than `most` counts as infinity. */
const distance = (a: string, b: string, most: number): number => {
  if (Math.abs(a.length - b.length) > most) return Number.POSITIVE_INFINITY;
  let before: number[] = [];
  let above = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i += 1) {
    const row = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const same = a[i - 1] === b[j - 1] ? 0 : 1;
      let least = Math.min((above[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, (above[j - 1] ?? 0) + same);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) least = Math.min(least, (before[j - 2] ?? 0) + 1);
      row.push(least);
    }
    before = above;
    above = row;
  }
  return above[b.length] ?? 0;
};
