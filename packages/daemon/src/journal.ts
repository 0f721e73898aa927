// What became of every compile, for `mosix why`: the last ones in memory, and a bounded file of JSON lines between daemons.
import { appendFileSync, mkdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

export interface JournalStep {
  readonly name: string;
  readonly ms: number;
}

export interface JournalEntry {
  /** Absolute paths of the outputs. */
  readonly outputs: readonly string[];
  readonly source?: string;
  /** ISO 8601. */
  readonly time: string;
  readonly outcome: 'remote' | 'cache' | 'local' | 'failed';
  readonly exitStatus?: number;
  readonly node?: string;
  readonly reason?: string;
  readonly explanation?: string;
  readonly detail?: string;
  readonly attempts?: number;
  readonly steps: readonly JournalStep[];
  /** Digest `hash/size` of the action. */
  readonly action?: string;
  readonly inputs?: { readonly files: number; readonly bytes: number };
  readonly sent?: { readonly blobs: number; readonly bytes: number };
  readonly cpuSeconds?: number;
  /** Of the program on the node. */
  readonly wallSeconds?: number;
  /** The coordinator's sentences on where it ran and why. */
  readonly story?: readonly string[];
  readonly command: readonly string[];
  readonly cwd: string;
}

export interface Journal {
  add(entry: JournalEntry): void;
  find(path: string): JournalEntry | undefined;
  flush(): void;
}

const ENTRIES_MAX = 20_000;
const FILE_BYTES_MAX = 16 * 1024 * 1024;
const COMMAND_WORDS_MAX = 200;
const UNWRITTEN_MAX = 500;

export function createJournal(file: string): Journal {
  const byOutput = new Map<string, JournalEntry>();
  let unwritten: string[] = [];
  let fileBytes = 0;

  const index = (entry: JournalEntry): void => {
    for (const output of entry.outputs) {
      byOutput.delete(output);
      byOutput.set(output, entry);
    }
    for (const oldest of byOutput.keys()) {
      if (byOutput.size <= ENTRIES_MAX) break;
      byOutput.delete(oldest);
    }
  };

  try {
    fileBytes = statSync(file).size;
    for (const line of readFileSync(file, 'utf8').split('\n')) {
      if (line === '') continue;
      try {
        index(JSON.parse(line) as JournalEntry);
      } catch {
        // a line that was cut short when a daemon died
      }
    }
  } catch {
    // none yet
  }

  return {
    add(entry) {
      const kept = entry.command.length > COMMAND_WORDS_MAX ? { ...entry, command: [...entry.command.slice(0, COMMAND_WORDS_MAX), '…'] } : entry;
      index(kept);
      unwritten.push(JSON.stringify(kept));
      if (unwritten.length >= UNWRITTEN_MAX) flush();
    },
    find: (path) => byOutput.get(path),
    flush,
  };

  function flush(): void {
      if (unwritten.length === 0) return;
      const text = `${unwritten.join('\n')}\n`;
      unwritten = [];
      try {
        mkdirSync(dirname(file), { recursive: true });
        if (fileBytes > FILE_BYTES_MAX) {
          const recent = [...new Set(byOutput.values())].slice(-ENTRIES_MAX / 4).map((entry) => JSON.stringify(entry));
          writeFileSync(`${file}.tmp`, `${recent.join('\n')}\n`);
          renameSync(`${file}.tmp`, file);
          fileBytes = statSync(file).size;
        } else {
          appendFileSync(file, text);
          fileBytes += Buffer.byteLength(text);
        }
      } catch {
        // no room for the journal is no reason to fail
      }
  }
}
