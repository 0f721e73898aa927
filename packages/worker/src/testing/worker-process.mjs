// A worker in a process of its own (built files), to be killed or ended. Prints `joined`, and `ended` at the end.
import { nullLogger } from '@mosix/observe';
import { startWorker } from '@mosix/worker';

const [coordinator, dataDirectory, launcherDirectory] = process.argv.slice(2);
const started = await startWorker({ coordinator, name: 'w1', slots: 2, dataDirectory, storeBytesMax: 1e9, launcherDirectory, logger: nullLogger, speed: 1 });
if (!started.ok) throw new Error(`${started.error.code}: ${started.error.message}`);
process.once('SIGTERM', () => started.value.close());
console.log('joined');
await started.value.done;
console.log('ended');
