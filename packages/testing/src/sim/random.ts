// Randomness that can be repeated: the same seed gives the same numbers on every machine.

export interface Random {
  /** In [0, 1). */
  next(): number;
  /** A whole number in [0, below). */
  integer(below: number): number;
  between(low: number, high: number): number;
  chance(probability: number): boolean;
  /** `items` must not be empty. */
  pick<T>(items: readonly T[]): T;
  normal(): number;
  logNormal(median: number, sigma: number): number;
  /** Heavy tail: P(x > t) = (least / t)^alpha. */
  pareto(least: number, alpha: number): number;
  /** Independent of what is drawn here later. */
  fork(): Random;
}

/** sfc32, Chris Doty-Humphrey's small fast counting generator, as in PractRand. */
export function createRandom(seed: number): Random {
  let a = seed | 0;
  let b = Math.floor(seed / 0x1_0000_0000) | 0;
  let c = 0x9e37_79b9 | 0;
  let counter = 1;
  const next32 = (): number => {
    const sum = (((a + b) | 0) + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = ((c << 21) | (c >>> 11)) + sum | 0;
    return sum >>> 0;
  };
  for (let warm = 0; warm < 15; warm++) next32();
  const next = (): number => next32() / 0x1_0000_0000;
  const normal = (): number => Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next());
  return {
    next,
    integer: (below) => Math.floor(next() * below),
    between: (low, high) => low + next() * (high - low),
    chance: (probability) => next() < probability,
    pick: (items) => items[Math.floor(next() * items.length)] as (typeof items)[number],
    normal,
    logNormal: (median, sigma) => median * Math.exp(sigma * normal()),
    pareto: (least, alpha) => least * (1 - next()) ** (-1 / alpha),
    fork: () => createRandom(next32() * 0x1_0000 + (next32() & 0xffff)),
  };
}
