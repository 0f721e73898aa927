// A whole build: environment, tool, last line. What goes wrong with mosix never stops the tool from running.

import { runFiles, type Config } from '@mosix/config';
import { limits } from '@mosix/core';
import { exitStatus } from '../command.js';
import { knock } from '../farm/address.js';
import { complain, seconds } from '../terminal.js';
import { prepareBuild } from './environment.js';
import { runTool } from './run-tool.js';
import { readBuildCounters, summaryLines } from './summary.js';

export interface BuildRequest {
  readonly config: Config;
  readonly command: readonly string[];
  /** No last line: the tool was not asked to build anything. */
  readonly quiet: boolean;
}

/** The exit status for the shell: the tool's, or one of ours when it cannot be started. */
export const runBuild = async ({ config, command, quiet }: BuildRequest): Promise<number> => {
  const over = new AbortController();
  const prepared = prepareBuild(config);
  if (!prepared.ok) say(`${prepared.error.message}; this build runs without mosix (${prepared.error.hint ?? prepared.error.code})`);
  else if (!prepared.value.nested && !quiet) void warnWhenAlone(config, over.signal);

  const startedMs = performance.now();
  const status = await runTool(command, prepared.ok ? prepared.value.env : process.env);
  over.abort();
  if (!status.ok) {
    complain(status.error);
    return status.error.code === 'tool-missing' ? 127 : exitStatus.failed;
  }
  if (prepared.ok && !prepared.value.nested && !quiet) {
    const counters = await readBuildCounters(runFiles(config.directories.run).socket, prepared.value.buildId);
    for (const line of summaryLines(counters, performance.now() - startedMs, { intercepting: config.settings.intercept === 'exec' })) process.stderr.write(`${line}\n`);
  }
  return status.value;
};

const say = (text: string): void => {
  process.stderr.write(`mosix: ${text}\n`);
};

/** One line when the build will stay on this machine. Runs beside the tool, which does not wait for it. */
const warnWhenAlone = async (config: Config, over: AbortSignal): Promise<void> => {
  const address = config.settings.coordinator;
  if (address === undefined) return say('no farm is configured, everything is compiled here (try: mosix up)');
  const answer = await knock(address, limits.farmQuestionMsMax, over);
  if (answer !== 'open' && answer !== 'aborted') say(`no coordinator can be reached at ${address} (${answer === 'silent' ? `no answer in ${seconds(limits.farmQuestionMsMax)}` : answer}); what is not in the cache is compiled here (try: mosix doctor)`);
};
