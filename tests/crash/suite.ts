import { jest } from "@jest/globals";
import { describeTrial } from "./describe-trial.ts";
import { type Play, type Trial, tryOut } from "./try-out.ts";

/**
 * How much is tried: a quarter of the usual trials in `npm test`, all of them with `CRASH=usual` as in CI, and every point, seed and
 * combination that there is with `CRASH=thorough`.
 */
const size = process.env.CRASH ?? "sample";
const isThorough = size === "thorough";
/** Has no divisor in common with the number of mishaps, deeds or outages: all of them have their turn. */
const thinning = size === "sample" ? 4 : 1;

/** How many seeds a suite tries: as many as given or a quarter of them, or `CRASH_SEEDS`, or twenty times as many where it is to be thorough. */
export function countSeeds(usual: number): number {
  const { CRASH_SEEDS = "" } = process.env;
  return Number(CRASH_SEEDS) || (isThorough ? 20 * usual : Math.ceil(usual / thinning));
}

/** The numbers from 1 on. */
export function seeds(usual: number): number[] {
  return Array.from({ length: countSeeds(usual) }, (_, index) => index + 1);
}

/** Counts trials, and keeps those in which a promise was broken. */
export type Suite = {
  /** Plays, counts, and answers with the trial. */
  readonly play: (play: Play) => Promise<Trial>;
  readonly count: () => number;
  /** How many trials broke a promise. */
  readonly countBroken: () => number;
  /** What was broken since the last report, with all that happened before the first time: nothing, if all is well. */
  readonly report: () => string;
};

/** How many trials are described in a report, and how much of one. */
const described = 5;
const longest = 40_000;

/** `cannotHold` says of a broken promise that it cannot be kept in that trial, and is asked only then. */
export function createSuite(cannotHold: (trial: Trial, promise: string) => boolean = () => false): Suite {
  jest.setTimeout((isThorough ? 120 : 2) * 60_000);
  let count = 0;
  let broken = 0;
  let failed: { trial: Trial; promises: readonly string[] }[] = [];
  return {
    async play(play) {
      count += 1;
      const trial = await tryOut(play);
      const promises = trial.broken.filter((promise) => !cannotHold(trial, promise));
      if (promises.length === 0) return trial;
      broken += 1;
      failed.push({ trial, promises });
      return trial;
    },
    count: () => count,
    countBroken: () => broken,
    report() {
      const [first] = failed;
      if (first === undefined) return "";
      const list = failed.slice(0, described).map(({ trial, promises }) => [trial.name, ...promises].join("\n  "));
      const more = failed.length > described ? [`and ${failed.length - described} more`] : [];
      failed = [];
      return [...list, ...more, "", describeTrial(first.trial)].join("\n").slice(0, longest);
    },
  };
}

/** One line on how much was tried. */
export function say(what: string, { count, countBroken }: Suite): void {
  process.stdout.write(
    `crash: ${what}: ${count().toLocaleString("en")} trials, ${countBroken()} with a broken promise\n`,
  );
}

/** One of so many, or of four times as many in a sample, from the given one on; all of them where it is to be thorough. */
export function every<T>(usualStride: number, all: readonly T[], first = 0): readonly T[] {
  const stride = usualStride * thinning;
  return isThorough ? all : all.filter((_, index) => index % stride === first % stride);
}

/** The fewest trials that a suite of so many usual ones makes. */
export function fewestTrials(usual: number): number {
  return usual / thinning;
}

/**
 * The numbers of the points at which to kill: of those between which nothing happens that somebody could see or that is remembered, the
 * first stands for all, because there it comes to the same.
 */
export function tellingPoints({ points }: Trial): number[] {
  return points.flatMap(({ moves }, index) =>
    isThorough || moves !== points[index - 1]?.moves || index === points.length - 1 ? [index + 1] : [],
  );
}

/** The numbers of the points before calls to AWS. */
export function callPoints({ points }: Trial): number[] {
  return points.flatMap(({ label }, index) => (/^before (rds|kms|secretsmanager):/.test(label) ? [index + 1] : []));
}
