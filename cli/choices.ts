import { UsageError } from "../lib/model/errors.ts";
import { suggest } from "../lib/model/nearest.ts";

/** A parser for an option that takes one of some words; it names the nearest where it is given another. */
export function oneOf<T extends string>(option: string, choices: readonly T[]): (value: string) => T {
  return (value) => {
    const choice = choices.find((one) => one === value);
    if (choice !== undefined) return choice;
    const list = choices.length > 1 ? `${choices.slice(0, -1).join(", ")} or ${choices.at(-1)}` : choices.join("");
    throw new UsageError(
      `${option} takes ${list}, not "${value}"${suggest(value, choices).replace(/ \(known.*/, "")}.`,
    );
  };
}

/** Throws a UsageError where two options are given that contradict each other; `given` has them in the order of their importance. */
export function refuseBoth(given: Readonly<Record<string, unknown>>): void {
  const [one, other] = Object.entries(given).filter(([, value]) => value !== undefined);
  if (one !== undefined && other !== undefined)
    throw new UsageError(`${one[0]} and ${other[0]} cannot be given together.`);
}
