// Is a database on disk sound? LMDB maps its file into memory and trusts it: a damaged one ends the process by a signal. So another
// process walks through all of it first, and that one may die.
import { spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import { limits } from '@mosix/core';

/** Opens, reads everything, writes and takes back one entry: free pages are used too. */
const SCRIPT = `
const { open } = require(process.argv[1]);
const database = open({ path: process.argv[2], noSubdir: true, encoding: 'binary' });
let bytes = 0;
for (const { key, value } of database.getRange({})) bytes += key.length + value.length;
const name = '\\u0001probe';
database.put(name, Buffer.alloc(1)).then(() => database.remove(name)).then(() => database.close()).then(() => process.exit(0), () => process.exit(1));
`;

/** What is wrong, in words for a log; undefined: nothing. */
export function probeDatabase(path: string): Promise<string | undefined> {
  const library = createRequire(import.meta.url).resolve('lmdb');
  return new Promise((resolve) => {
    const child = spawn(process.execPath, ['-e', SCRIPT, library, path], { stdio: 'ignore' });
    const timer = setTimeout(() => child.kill('SIGKILL'), limits.historyProbeMsMax);
    const end = (problem: string | undefined): void => {
      clearTimeout(timer);
      resolve(problem);
    };
    child.once('error', (problem) => end(problem.message));
    child.once('exit', (code, signal) => end(code === 0 ? undefined : signal === null ? 'reading it fails' : `reading it ends in ${signal}`));
  });
}
