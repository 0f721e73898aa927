// mosix demo: runs it, and leaves nothing behind however it ends.

import { err, ok } from '@mosix/core';
import type { RunCommand } from '../command.js';
import { createCleanUp } from '../demo/clean-up.js';
import { demoLines, demoSucceeded } from '../demo/report.js';
import { runDemo } from '../demo/run-demo.js';
import { signalStatus } from '../builds/run-tool.js';

const eraseLine = '\r\u001b[K';

export const run: RunCommand = async ({ options }) => {
  const live = process.stdout.isTTY === true;
  const say = (line: string): void => {
    process.stdout.write(`${live ? eraseLine : ''}${line}\n`);
  };
  const show = live ? (line: string): void => void process.stdout.write(`${eraseLine}${line.slice(0, (process.stdout.columns || 80) - 1)}`) : undefined;

  const interrupt = new AbortController();
  let received: NodeJS.Signals | undefined;
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => {
      if (received === undefined) say('ending: stopping the farm, removing what was made');
      received ??= signal;
      interrupt.abort();
    });
  }
  const cleanUp = createCleanUp();
  const result = await runDemo({ workers: Number(options['workers'] ?? 4), keep: options['keep'] === true, signal: interrupt.signal, cleanUp, say, show });
  const problems = await cleanUp.run();
  for (const problem of problems) say(`not cleaned up: ${problem}`);
  if (received !== undefined) return ok({ data: {}, lines: () => [], status: signalStatus(received) });
  if (!result.ok) return err(result.error);
  return ok({ data: result.value, lines: (paint) => demoLines(result.value, paint), status: demoSucceeded(result.value) && problems.length === 0 ? 0 : 1 });
};
