// Entry point of `mosix-make`: make itself, with its compilers on the farm. Every argument is make's, save those that begin with --mosix-.
// Starts in a few milliseconds on top of node: no parser, no gRPC (unless the number of jobs must be asked from a farm far away).

import { loadConfig, schema } from '@mosix/config';
import { farmCapacity } from './builds/farm-capacity.js';
import { makeflagsGiveJobs, readMakeArguments } from './builds/make-arguments.js';
import { runBuild } from './builds/run-build.js';
import { exitStatus } from './command.js';
import { complain, print } from './terminal.js';

const help = `mosix-make: make, with its compiles on every machine of the farm

  mosix-make [make's own arguments]

Without -j it runs as many jobs as the farm has slots. Options of its own:
  --mosix-intercept           also catch compilers that the Makefile calls by absolute path
  --mosix-coordinator=ADDR    ${schema.coordinator.describe}
  --mosix-cache=MODE          ${schema.cache.describe}
  --mosix-help                this text

The exit status is make's. More: mosix --help, mosix doctor, mosix why PATH`;

const main = async (given: readonly string[]): Promise<number> => {
  const read = readMakeArguments(given);
  if (!read.ok) {
    complain(read.error);
    return exitStatus.usage;
  }
  if (read.value.help) {
    print(help);
    return 0;
  }
  const config = loadConfig({ flags: read.value.flags });
  if (!config.ok) {
    complain(config.error);
    return exitStatus.failed;
  }
  const jobs = read.value.jobsGiven || makeflagsGiveJobs(process.env['MAKEFLAGS']) ? [] : [`-j${await farmCapacity(config.value)}`];
  // First, so that a later word of the user's ("--", a target) cannot change what it means.
  return runBuild({ config: config.value, command: ['make', ...jobs, ...read.value.forMake], quiet: read.value.buildsNothing });
};

process.exitCode = await main(process.argv.slice(2));
