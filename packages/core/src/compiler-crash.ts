// A compiler that died is not a compile error: bad memory on a node looks like that, too.

/** REAPI has one exit code: death by signal is 128 + signal there, as a shell sees it. gcc and clang catch most signals and say so in words. */
export const isCompilerCrash = (exitCode: number, stderr: Buffer): boolean =>
  exitCode >= 128 || (exitCode !== 0 && /internal compiler error|PLEASE submit a (?:full )?bug report/.test(stderr.toString('utf8')));
