// Expected failures are values: a function that can fail for reasons outside the program returns a Result, never throws.

export type Result<T, E = Fault> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly error: E };

/** A failure that a person may read: `code` is stable and greppable, `hint` names the next command to try. */
export interface Fault {
  readonly code: string;
  readonly message: string;
  readonly hint?: string;
  readonly cause?: unknown;
}

export const ok = <T>(value: T): { readonly ok: true; readonly value: T } => ({ ok: true, value });

export const err = <E>(error: E): { readonly ok: false; readonly error: E } => ({ ok: false, error });

export const fault = (code: string, message: string, more: { hint?: string; cause?: unknown } = {}): Fault => ({ code, message, ...more });

/** One line for a terminal or a log: `mosix: message (code)` and the hint on a line of its own. */
export const describeFault = (problem: Fault): string =>
  `${problem.message} [${problem.code}]${problem.hint === undefined ? '' : `\n  hint: ${problem.hint}`}`;

/** Marks a place that a correct program cannot reach. Throws, because getting here is a bug and not an operating error. */
export function unreachable(value: never, where: string): never {
  throw new Error(`unreachable in ${where}: ${JSON.stringify(value)}`);
}
