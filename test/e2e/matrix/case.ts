// What a case of the flag matrix is: a small project as text and the lines a shell runs in it. The same lines run
// natively, with a farm, with the warm farm again, and with a farm that is gone; all that can be seen afterwards must be equal.

export type Family = 'gcc' | 'clang';

export interface MatrixCase {
  readonly name: string;
  /** The shell sees $CC and $CXX of each family. Default: gcc alone. */
  readonly families?: readonly Family[];
  /** Project files by path. */
  readonly files?: Readonly<Record<string, string>>;
  /** Shell lines that finish the project (links, big files); not compared, $OUTSIDE is a folder out of the project. */
  readonly setup?: string;
  /** Shell lines, each compared on its own: a string is one step. */
  readonly run: string | readonly string[];
  /** On the farm: true = every compile ran remotely, false = none did, a number = so many did; absent = not said. */
  readonly remote?: boolean | number | undefined;
  readonly env?: Readonly<Record<string, string>>;
  readonly stdin?: string;
  /** Replaces the awkward folder name, for commands that cannot bear one natively. */
  readonly folder?: string;
  /** Names of files whose bytes differ between two native runs; their presence and mode still count. */
  readonly unstable?: RegExp;
  /** Text of stdout and stderr that differs between two native runs. */
  readonly unstableText?: RegExp;
  /** Runs without root's rights. */
  readonly asNobody?: boolean;
  /** Runs in a mount namespace of its own, with an empty /usr/local/include. */
  readonly ownMounts?: boolean;
  /** Files keep the time at which they were written instead of one in the past. */
  readonly freshTimes?: boolean;
  /** The case runs once more with colour forced. */
  readonly colour?: boolean;
  /** Why this machine cannot run it. */
  readonly skip?: () => string | undefined;
}

export interface ExpandedCase extends MatrixCase {
  readonly title: string;
  readonly family: Family;
  readonly folder: string;
  readonly index: number;
}

/** Folder names that break careless quoting, taken in turn. */
const awkwardFolders = [
  'with space', "quo'te", 'dou"ble', 'ünï-ço∂é 日本', 'dollar$HOME', 'semi;colon&amp', '#hash', 'back\\slash', 'percent%20', '(paren)[b]{c}',
  '~tilde', 'star*?', 'comma,equals=x', 'tab\tx', '-dash', 'plain', 'ex!claim', 'lt<gt>|pipe', '`tick`', '+plus@at',
];

export function expand(cases: readonly MatrixCase[]): ExpandedCase[] {
  const expanded: ExpandedCase[] = [];
  for (const one of cases) {
    for (const family of one.families ?? (['gcc'] as const)) {
      for (const colour of one.colour === true ? [false, true] : [false]) {
        const index = expanded.length;
        const folder = one.folder ?? awkwardFolders[index % awkwardFolders.length] ?? 'plain';
        const environment = colour ? { ...one.env, COLOUR: '-fdiagnostics-color=always' } : { ...one.env, COLOUR: '' };
        expanded.push({ ...one, env: environment, family, index, folder: `${index} ${folder}`, title: `${one.name} [${family}]${colour ? ' in colour' : ''}` });
      }
    }
  }
  return expanded;
}
