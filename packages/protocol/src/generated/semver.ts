// Made from proto/ by src/generate.ts. Do not edit.

export interface SemVerInput {
  readonly major?: number | undefined;
  readonly minor?: number | undefined;
  readonly patch?: number | undefined;
  readonly prerelease?: string | undefined;
}

export interface SemVer {
  readonly major: number;
  readonly minor: number;
  readonly patch: number;
  readonly prerelease: string;
}
