// A coordinator in a process of its own (built files), so that its CPU time can be told from that of clients and workers.
// Prints its address; for each line on stdin prints its CPU milliseconds and resident MiB so far. Arguments: data folder, and the address
// to listen on, which may be one that other machines reach.
import { createInterface } from 'node:readline';
import { nullLogger } from '@mosix/observe';
import { startCoordinator } from '@mosix/coordinator';

const launcherDirectory = new URL('../../../launcher/build', import.meta.url).pathname;
const started = await startCoordinator({
  listen: process.argv[3] ?? '127.0.0.1:0', insecure: process.argv[3] !== undefined, dataDirectory: process.argv[2], launcherDirectory, storeBytesMax: 10e9, logger: nullLogger,
});
if (!started.ok) throw new Error(started.error.message);
console.log(started.value.address);
for await (const _ of createInterface({ input: process.stdin })) {
  const { user, system } = process.cpuUsage();
  console.log(`${(user + system) / 1000} ${process.memoryUsage().rss / 1048576}`);
}
await started.value.close();
