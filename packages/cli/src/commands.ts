// The one table of commands and flags.

import { readAddress, readCount, schema, type SettingKey } from '@mosix/config';
import { err, ok } from '@mosix/core';
import { runsMax } from './tune/calibration.js';
import type { ArgumentSpec, CommandSpec, OptionSpec } from './command.js';

/** The flag of a setting: same name as in mosix.toml, checked by the configuration itself. */
const setting = (key: SettingKey, value: string): OptionSpec => ({ flags: `--${schema[key].file} <${value}>`, describe: schema[key].describe, setting: key });

const insecure: OptionSpec = { flags: '--insecure', describe: schema.insecure.describe, setting: 'insecure' };
const coordinator = setting('coordinator', 'address');
const stateFile: OptionSpec = { flags: '--state-file <path>', describe: 'write process and address there when ready', hidden: true };
const slotsMax = 4096;
const workersMax = 1024;

/** Where to listen: as an address, but port 0 ("any") is allowed. */
const readListen: NonNullable<OptionSpec['read']> = (raw) => {
  const text = String(raw);
  const read = readAddress(text.replace(/:0$/, ':1'));
  return read.ok && read.value !== undefined ? ok(text) : err(`"${text}" is not an address to listen at; write HOST:PORT`);
};
const listen = (describe: string): OptionSpec => ({ flags: '--listen <address>', describe, read: readListen });
const node: ArgumentSpec = { name: '<node>', describe: "the node's name, as mosix nodes shows it" };
const data = (describe: string): OptionSpec => ({ flags: '--data <folder>', describe });

export const commands: readonly CommandSpec[] = [
  {
    name: 'up',
    summary: 'start a farm on this machine: a coordinator and some workers, in the background',
    details: 'What runs already is kept, what died is started again. The address is noted, so that mosix-make finds the farm by itself.',
    options: [
      { flags: '--workers <number>', describe: 'nodes to start (default: 2)', read: readCount(1, workersMax) },
      { flags: '--slots <number>', describe: 'compiles at a time on each node (default: cores / workers)', read: readCount(1, slotsMax) },
      data('where stores and logs go (default: farm/ in the cache directory)'),
      listen('where the coordinator listens (default: 127.0.0.1, any free port)'),
      insecure,
      { flags: '--foreground', describe: 'stay, and end the farm on Ctrl-C' },
    ],
    json: true,
    load: () => import('./commands/up.js'),
  },
  { name: 'down', summary: 'stop the farm that `mosix up` started', json: true, load: () => import('./commands/down.js') },
  {
    name: 'status',
    summary: "the farm: its coordinator, nodes, queue and store",
    options: [coordinator, insecure],
    json: true,
    load: () => import('./commands/status.js'),
  },
  {
    name: 'nodes',
    summary: "the farm's nodes: state, speed, jobs, load, memory",
    details: 'A wide terminal shows more. SPEED is of one job, 1.00 being a core of the reference node; FROM says who measured it; RUN is running jobs and slots; WAIT is jobs that are there and have not begun; LOAD is what other people run there; FREE MEM is free and all memory.',
    options: [coordinator, insecure],
    json: true,
    load: () => import('./commands/nodes.js'),
  },
  {
    name: 'ps',
    summary: "the farm's jobs: whose, where, how far, how often moved; or why some were moved",
    details: 'STAYS says why a job cannot be moved. A progress beyond 100 % is a job that is bigger than those like it before.',
    options: [
      { flags: '-a, --all', describe: 'list waiting jobs and old decisions, too' },
      { flags: '--decisions', describe: 'the last moves of running jobs: how, why, from where to where' },
      coordinator,
      insecure,
    ],
    json: true,
    load: () => import('./commands/ps.js'),
  },
  {
    name: 'migrate',
    summary: 'move a job: mosix migrate 17 node3',
    args: [
      { name: '<job>', describe: 'its number, as mosix ps shows it' },
      { name: '<node>', describe: 'where to: a node, "best" (where it ends first) or "home" (compiled by who asked for it)' },
    ],
    options: [coordinator, insecure],
    json: true,
    load: () => import('./commands/migrate.js'),
  },
  {
    name: 'drain',
    summary: 'a node finishes what it has and takes no new jobs, until undrain or until its worker starts again',
    args: [node],
    options: [coordinator, insecure],
    json: true,
    load: async () => ({ run: (await import('./commands/drain.js')).drain }),
  },
  {
    name: 'undrain',
    summary: 'the node takes jobs again',
    args: [node],
    options: [coordinator, insecure],
    json: true,
    load: async () => ({ run: (await import('./commands/drain.js')).undrain }),
  },
  {
    name: 'block',
    summary: 'as drain, but until unblock, whatever is started again',
    args: [node],
    options: [
      { flags: '--off', describe: 'as mosix unblock' },
      { flags: '--ahead', describe: 'also a node that is not there (yet)' },
      coordinator,
      insecure,
    ],
    json: true,
    load: async () => ({ run: (await import('./commands/block.js')).block }),
  },
  {
    name: 'unblock',
    summary: 'the node takes jobs again',
    args: [node],
    options: [coordinator, insecure],
    json: true,
    load: async () => ({ run: (await import('./commands/block.js')).unblock }),
  },
  {
    name: 'expel',
    summary: 'block a node and move its running jobs to others',
    args: [node],
    options: [coordinator, insecure],
    json: true,
    load: () => import('./commands/expel.js'),
  },
  {
    name: 'bring',
    summary: 'bring jobs home: they are compiled by the machines that asked for them',
    details: "Without options it brings your own jobs, those that this machine's daemon sent for you.",
    args: [{ name: '[node]', describe: 'only those on this node' }],
    options: [
      { flags: '--user <user>', describe: 'of this user: NAME@HOST, or NAME on any machine' },
      { flags: '--all', describe: 'of all users' },
      coordinator,
      insecure,
    ],
    json: true,
    load: () => import('./commands/bring.js'),
  },
  {
    name: 'tune',
    summary: "measure nodes with a real compile and set their speed: mosix tune node3, mosix tune --all",
    details: 'The node takes nothing else meanwhile: running jobs end first, then one compile after another is sent to it, with the compiler of this machine. The median counts. From then on the speed follows the real jobs by itself.',
    args: [{ name: '[node]', describe: "the node's name, as mosix nodes shows it" }],
    options: [
      { flags: '--all', describe: 'every node, one after another' },
      { flags: '--runs <number>', describe: 'compiles that count (default: 5)', read: readCount(5, runsMax) },
      coordinator,
      insecure,
    ],
    json: true,
    load: () => import('./commands/tune.js'),
  },
  {
    name: 'setspeed',
    summary: "set a node's speed by hand: mosix setspeed node3 1.5",
    args: [node, { name: '<speed>', describe: 'of one job, 1 being a core of the reference node; "auto": what mosix.map says, or its own benchmark, which it runs again' }],
    options: [coordinator, insecure],
    json: true,
    load: () => import('./commands/setspeed.js'),
  },
  {
    name: 'coordinator',
    summary: 'run a coordinator here',
    details: 'Runs until SIGTERM or Ctrl-C.',
    options: [
      listen('where to listen (default: 127.0.0.1:8980)'),
      data('its store (default: farm/coordinator in the cache directory)'),
      setting('storeSizeBytesMax', 'size'),
      { flags: '--map <file>', describe: 'mosix.map: number, address and count of nodes, with their slots, speeds and labels (default: mosix.map in the data folder, else /etc/mosix/mosix.map, if there)' },
      insecure,
      stateFile,
    ],
    load: () => import('./commands/coordinator.js'),
  },
  {
    name: 'worker',
    summary: 'make this machine a node of a farm',
    details: 'Runs until SIGTERM or Ctrl-C: the first finishes what runs, the second stops at once. Needs bubblewrap, but no compiler.',
    options: [
      coordinator,
      { flags: '--name <name>', describe: "the node's name (default: this machine's)" },
      { flags: '--slots <number>', describe: 'compiles at a time (default: one a core)', read: readCount(1, slotsMax) },
      data('its store and scratch (default: farm/worker in the cache directory)'),
      setting('storeSizeBytesMax', 'size'),
      setting('nice', 'number'),
      setting('ownerLoad', 'processors'),
      setting('ownerIdleMs', 'seconds'),
      setting('hours', 'from-to'),
      insecure,
      stateFile,
    ],
    load: () => import('./commands/worker.js'),
  },
  { name: 'daemon start', summary: 'start the client daemon (the first compile does it, too)', json: true, load: () => import('./commands/daemon-start.js') },
  { name: 'daemon stop', summary: 'stop the client daemon', json: true, load: () => import('./commands/daemon-stop.js') },
  { name: 'daemon status', summary: 'is the client daemon running, and since when', json: true, load: () => import('./commands/daemon-status.js') },
  {
    name: 'exec',
    summary: 'run any build tool with its compilers on the farm: mosix exec -- ninja -C build -j64',
    args: [{ name: '<command...>', describe: 'the build tool and its arguments' }],
    options: [coordinator, setting('cache', 'mode'), { flags: '--mosix-intercept', describe: 'also catch compilers that are called by absolute path' }],
    passThrough: true,
    load: () => import('./commands/exec.js'),
  },
  {
    name: 'stats',
    summary: 'calls, hits, nodes, reasons, in the manner of ccache -s',
    options: [
      { flags: '-z, --zero', describe: 'set the counters to zero' },
      { flags: '-v, --verbose', describe: 'every node, every reason, and how well the scheduler foresees costs' },
    ],
    json: true,
    load: () => import('./commands/stats.js'),
  },
  {
    name: 'why',
    summary: 'where an object was compiled, why there, and what each step took',
    args: [{ name: '<path>', describe: 'an object that a build made' }],
    json: true,
    load: () => import('./commands/why.js'),
  },
  {
    name: 'doctor',
    summary: 'what is missing or wrong on this machine, with the command that mends it',
    options: [coordinator, insecure],
    json: true,
    load: () => import('./commands/doctor.js'),
  },
  {
    name: 'demo',
    summary: 'a farm of four nodes on this machine builds the examples and compares every object with a local build',
    options: [
      { flags: '--workers <number>', describe: 'nodes to start (default: 4)', read: readCount(1, 64) },
      { flags: '--keep', describe: 'leave the temporary folder behind' },
    ],
    load: () => import('./commands/demo.js'),
  },
  { name: 'config show', summary: 'every setting, its value and where it comes from', json: true, load: () => import('./commands/config-show.js') },
  {
    name: 'completions',
    summary: 'completions for a shell: mosix completions bash > /etc/bash_completion.d/mosix',
    args: [{ name: '<shell>', describe: 'bash, zsh or fish' }],
    load: () => import('./commands/completions.js'),
  },
];
