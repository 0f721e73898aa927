// Signs of an owner at the machine: when a terminal was last typed at, and whether the desktop calls itself idle.
//
// A terminal device's access time is when its program last read what was typed (what w(1) calls idle); the kernel moves it in steps of
// 8 s. Output alone does not count: a log that scrolls is nobody. A desktop is asked for through logind; it calls itself idle by its
// own rules, mostly after five minutes.
import { execFile } from 'node:child_process';
import { readFileSync, readdirSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { LastUse } from './owner.js';

export interface OwnerSigns {
  /** The last use that is known; undefined: none at all. */
  lastUse(): LastUse | undefined;
}

interface Seen {
  stampMs: number;
  /** By the clock that only goes forward. */
  usedAtMs: number;
}

/** Pseudo terminals, virtual consoles and serial lines; /dev/tty itself stands for whoever opens it. */
const TERMINALS: readonly (readonly [folder: string, names: RegExp])[] = [
  ['/dev/pts', /^\d+$/],
  ['/dev', /^tty[A-Za-z]*\d+$/],
];
/** Which terminals there are is asked anew this often. */
const LIST_MS = 1_000;
const DESKTOP_ASK_MS = 1_000;
const DESKTOP_ANSWER_MS_MAX = 5_000;

const listTerminals = (places: typeof TERMINALS): string[] =>
  places.flatMap(([folder, names]) => {
    try {
      return readdirSync(folder).filter((name) => names.test(name)).map((name) => join(folder, name));
    } catch {
      return [];
    }
  });

const nameOf = (path: string): string => `terminal ${path.startsWith('/dev/') ? path.slice('/dev/'.length) : basename(path)}`;

/**
 * Access times are of the wall clock, which may jump: it is asked once for each terminal, at the first look. After that a new stamp means
 * "now", whatever it says.
 */
export function watchTerminals(places: typeof TERMINALS = TERMINALS, now = (): number => performance.now(), wallNow = (): number => Date.now()): OwnerSigns {
  const seen = new Map<string, Seen>();
  /** Stands when the terminal is closed: who closed it was there. */
  let latest: { readonly usedAtMs: number; readonly what: string } | undefined;
  let paths: readonly string[] = [];
  let listedAtMs = -Infinity;

  const look = (path: string, nowMs: number): void => {
    let stampMs: number;
    try {
      stampMs = statSync(path).atimeMs;
    } catch {
      seen.delete(path);
      return;
    }
    const before = seen.get(path);
    if (before === undefined) seen.set(path, { stampMs, usedAtMs: nowMs - Math.max(0, wallNow() - stampMs) });
    else if (before.stampMs !== stampMs) seen.set(path, { stampMs, usedAtMs: nowMs });
  };

  return {
    lastUse: () => {
      const nowMs = now();
      if (nowMs - listedAtMs >= LIST_MS) {
        paths = listTerminals(places);
        listedAtMs = nowMs;
        for (const path of seen.keys()) if (!paths.includes(path)) seen.delete(path);
      }
      for (const path of paths) {
        look(path, nowMs);
        const usedAtMs = seen.get(path)?.usedAtMs;
        if (usedAtMs !== undefined && (latest === undefined || usedAtMs > latest.usedAtMs)) latest = { usedAtMs, what: nameOf(path) };
      }
      return latest === undefined ? undefined : { secondsAgo: (nowMs - latest.usedAtMs) / 1000, what: latest.what };
    },
  };
}

/** Sessions with a screen of people who are logged in, from the files that logind keeps of them. */
function graphicalSessions(folder: string): string[] {
  try {
    return readdirSync(folder).filter((name) => {
      const facts = /\.ref$/.test(name) ? '' : readFileSync(join(folder, name), 'latin1');
      return /^CLASS=user$/m.test(facts) && /^TYPE=(x11|wayland|mir)$/m.test(facts);
    });
  } catch {
    return []; // no logind here, or a session ended just now
  }
}

/** Asks logind in the background while somebody has a desktop here; the answer is that of the last question. */
export function watchDesktop(sessions = '/run/systemd/sessions', loginctl = 'loginctl'): OwnerSigns {
  let inUse = false;
  let asking = false;
  let askedAtMs = -Infinity;
  const ask = (): void => {
    askedAtMs = performance.now();
    const ids = graphicalSessions(sessions);
    if (ids.length === 0) return void (inUse = false);
    asking = true;
    execFile(loginctl, ['show-session', ...ids, '--property=IdleHint'], { timeout: DESKTOP_ANSWER_MS_MAX }, (problem, stdout) => {
      asking = false;
      inUse = problem === null && /^IdleHint=no$/m.test(stdout);
    });
  };
  return {
    lastUse: () => {
      if (!asking && performance.now() - askedAtMs >= DESKTOP_ASK_MS) ask();
      return inUse ? { secondsAgo: 0, what: 'desktop in use' } : undefined;
    },
  };
}

/** Terminals first: they tell more exactly when. */
export function watchOwnerSigns(terminals: OwnerSigns = watchTerminals(), desktop: OwnerSigns = watchDesktop()): OwnerSigns {
  return {
    lastUse: () => {
      const [typed, desktopUse] = [terminals.lastUse(), desktop.lastUse()];
      return desktopUse !== undefined && (typed === undefined || desktopUse.secondsAgo < typed.secondsAgo) ? desktopUse : typed;
    },
  };
}
