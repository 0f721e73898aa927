// Takes the shell lines of a step out of the workflow files in examples/ci, so that the tests run what users copy. Reads
// just the YAML that those two files use: jobs at two spaces, steps with `name` and `run`, scripts as lists.

import { readFileSync } from 'node:fs';

const indent = (line: string): number => line.length - line.trimStart().length;

/** Lines of a block that starts after `start` and ends before the next line that is not indented deeper. */
function blockAfter(lines: readonly string[], start: number): string[] {
  const depth = indent(lines[start] ?? '');
  const rest = lines.slice(start + 1);
  const end = rest.findIndex((line) => line.trim() !== '' && indent(line) <= depth);
  return end === -1 ? rest : rest.slice(0, end);
}

function must(index: number, what: string): number {
  if (index === -1) throw new Error(`no ${what}`);
  return index;
}

/** The shell text of a GitHub step. */
export function githubStep(file: string, job: string, step: string): string {
  const lines = readFileSync(file, 'utf8').split('\n');
  const inJob = blockAfter(lines, must(lines.indexOf(`  ${job}:`), `job ${job}`));
  const at = must(inJob.findIndex((line) => line.trim() === `- name: ${step}`), `step ${step} in ${job}`);
  const inStep = blockAfter(inJob, at);
  const run = must(inStep.findIndex((line) => line.trim().startsWith('run:')), `run in ${step}`);
  const inline = (inStep[run] ?? '').trim().slice('run:'.length).trim();
  return inline === '|' ? blockAfter(inStep, run).map((line) => line.trim()).join('\n').trim() : inline;
}

/** The shell text of a GitLab job's script. */
export function gitlabScript(file: string, job: string): string {
  const lines = readFileSync(file, 'utf8').split('\n');
  const inJob = blockAfter(lines, must(lines.indexOf(`${job}:`), `job ${job}`));
  const script = blockAfter(inJob, must(inJob.findIndex((line) => line.trim() === 'script:'), `script of ${job}`));
  return script.map((line) => line.trim()).filter((line) => line.startsWith('- ')).map((line) => line.slice(2)).join('\n');
}
