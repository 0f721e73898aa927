// One finding of `mosix doctor`, and how the findings read.

import { plain, type Paint } from '../terminal.js';

export interface Finding {
  /** Stable, for scripts: "bubblewrap", "run-directory". */
  readonly name: string;
  /** broken: mosix will not work as the settings say; warning: it will, less well; note: only good to know. */
  readonly state: 'ok' | 'note' | 'warning' | 'broken';
  readonly message: string;
  /** The command that mends it. */
  readonly fix?: string;
}

export const good = (name: string, message: string): Finding => ({ name, state: 'ok', message });
export const note = (name: string, message: string, fix?: string): Finding => finding('note', name, message, fix);
export const warning = (name: string, message: string, fix?: string): Finding => finding('warning', name, message, fix);
export const broken = (name: string, message: string, fix?: string): Finding => finding('broken', name, message, fix);

const finding = (state: Finding['state'], name: string, message: string, fix: string | undefined): Finding => ({ name, state, message, ...(fix === undefined ? {} : { fix }) });

export const findingLines = (findings: readonly Finding[], paint: Paint = plain): string[] => {
  const marks: Record<Finding['state'], string> = { ok: paint.green('ok     '), note: paint.dim('note   '), warning: paint.yellow('warning'), broken: paint.red('BROKEN ') };
  const count = (state: Finding['state']): number => findings.filter((one) => one.state === state).length;
  return [
    ...findings.flatMap((one) => [`${marks[one.state]}  ${one.message}`, ...(one.fix === undefined ? [] : [`         ${paint.bold('mend it:')} ${one.fix}`])]),
    '',
    count('broken') > 0 ? paint.red(`${count('broken')} broken, ${count('warning')} warnings`) : paint.green(`nothing is broken${count('warning') > 0 ? `, ${count('warning')} warnings` : ''}`),
  ];
};
