// Writes records as fast as it can until it is killed: `node killed-writer.js DIRECTORY FIRST`. Each key's record can be told from the
// key. Prints a number once all records below it are on disk.
import { nullLogger } from '@mosix/observe';
import { openHistoryStore } from '../history-store.js';

const [, , directory = '', first = '0'] = process.argv;
const store = await openHistoryStore({ directory, logger: nullLogger });
store.takeEntries();
for (let next = Number(first); ; ) {
  const end = next + 500;
  for (; next < end; next++) store.put(`k${next}`, { count: next + 1, meanLog: next, varianceLog: 1, memoryBytes: next * 2, outputBytes: next });
  store.write();
  // The pipe must not grow without bound, nor the number wait in this process.
  await new Promise((resolve) => process.stdout.write(`${end}\n`, resolve));
}
