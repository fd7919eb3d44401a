import { UsageError } from "../../lib/model/errors.ts";
import { suggest } from "../../lib/model/nearest.ts";

/** The words that a parser of `oneOf` takes. */
const choicesByParser = new WeakMap<object, readonly string[]>();

/** The words that an option takes; null if it does not take one of several words. */
export function choicesOf(parser: object | undefined): readonly string[] | null {
  return (parser && choicesByParser.get(parser)) ?? null;
}

/** A parser for an option that takes one of several words, in any case. Suggests the nearest word for an unknown one. */
export function oneOf<T extends string>(option: string, choices: readonly T[]): (value: string) => T {
  const parse = (value: string) => {
    const choice = choices.find((one) => one === value.toLowerCase());
    if (choice !== undefined) return choice;
    const list = choices.length > 1 ? `${choices.slice(0, -1).join(", ")} or ${choices.at(-1)}` : choices.join("");
    throw new UsageError(
      `${option} takes ${list}, not "${value}"${suggest(value, choices).replace(/ \(known.*/, "")}.`,
    );
  };
  choicesByParser.set(parse, choices);
  return parse;
}

/** A parser for an option that takes a name, such as a file's. An empty one is usually a variable that is not set. */
export function nonEmpty(option: string): (value: string) => string {
  return (value) => {
    if (value.trim() !== "") return value;
    throw new UsageError(`${option} is empty: give it a value, or omit the option.`);
  };
}

/** A parser for an option that takes several names, separated by spaces or commas. */
export function listOf(option: string): (value: string, previous?: readonly string[]) => readonly string[] {
  return (value, previous = []) => [...previous, ...value.split(",").map((name) => nonEmpty(option)(name).trim())];
}

/** A parser for an option that takes tags, each as key=value. A value may be empty, and may contain an equals sign. */
export function tagsOf(
  option: string,
): (text: string, previous?: Readonly<Record<string, string>>) => Readonly<Record<string, string>> {
  return (text, previous = {}) => {
    const at = text.indexOf("=");
    if (at < 1) throw new UsageError(`${option} takes key=value, such as team=orders, not "${text}".`);
    return { ...previous, [text.slice(0, at)]: text.slice(at + 1) };
  };
}

/** Throws a UsageError if two options contradict each other; the message names them in the order given. */
export function refuseBoth(given: Readonly<Record<string, unknown>>): void {
  const [one, other] = Object.entries(given).filter(([, value]) => value !== undefined);
  if (one !== undefined && other !== undefined)
    throw new UsageError(`${one[0]} and ${other[0]} cannot be given together.`);
}

/** The longest delay of a timer. */
const maxSeconds = Math.floor((2 ** 31 - 1) / 1000);

/** A parser for an option that takes a number of seconds. */
export function secondsOf(option: string): (value: string) => number {
  return (value) => {
    const seconds = Number(value);
    if (value.trim() !== "" && seconds > 0 && seconds <= maxSeconds) return seconds;
    throw new UsageError(`${option} takes a number of seconds, such as 60, not "${value}".`);
  };
}
