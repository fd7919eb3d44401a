import { AwsCallError } from "../../lib/model/errors.ts";
import { addMinutes } from "../../lib/model/time.ts";
import type { FaultOptions } from "../../simulator/faults.ts";
import type { Tag } from "../../simulator/resources.ts";
import { type Deed, perform, takeBack } from "./people.ts";
import type { Trouble } from "./try-out.ts";
import { calm, storeError, type Weather } from "./weather.ts";
import { liveOne, targetOf, type World } from "./world.ts";

/** Killed at one point, or at several. */
export function killedAt(...numbers: readonly number[]): Trouble {
  return {
    name: `killed at ${numbers.join(" and ")}`,
    at: ({ number }) => (numbers.includes(number) ? "die" : undefined),
  };
}

/** What may happen to one call. `lasts` is whether it goes on, for all calls of the action or of AWS, until the third day. */
type Mishap = {
  readonly name: string;
  readonly fault: Omit<FaultOptions, "action"> | "stale";
  readonly lasts?: "for the action" | "for all of AWS";
};

export const mishaps: readonly Mishap[] = [
  { name: "is throttled", fault: { kind: "throttle" } },
  { name: "fails with an error of AWS's own", fault: { kind: "error" } },
  { name: "is denied", fault: { kind: "deny" } },
  { name: "is refused", fault: { kind: "error", code: "InvalidParameterCombination", status: 400 } },
  { name: "is not answered", fault: { kind: "hang" } },
  { name: "works, and is not answered", fault: { kind: "disconnect", takesEffect: true } },
  { name: "is answered with what was", fault: "stale" },
  { name: "is throttled from then on", fault: { kind: "throttle" }, lasts: "for the action" },
  { name: "is denied from then on", fault: { kind: "deny" }, lasts: "for the action" },
  {
    name: "works, and is not answered from then on",
    fault: { kind: "hang", takesEffect: true },
    lasts: "for the action",
  },
  {
    name: "is the first that is not answered, as nothing is from then on",
    fault: { kind: "hang" },
    lasts: "for all of AWS",
  },
];

/** Ends all that is wrong with AWS, the store and the topic. */
function clearUp({ cloud }: World, weather: Weather): boolean {
  const { isStale, storeFails, notifyFails } = weather;
  const isCalm = cloud.faults.length === 0 && !isStale && storeFails === null && notifyFails === null;
  cloud.faults.splice(0);
  Object.assign(weather, calm());
  return !isCalm;
}

/** One call, by the number of the point before it, meets with a mishap. */
export function mishapAt(number: number, { name, fault, lasts }: Mishap): Trouble {
  return {
    name: `the call after point ${number} ${name}`,
    remembersAnswers: fault === "stale",
    at({ number: present, call }, { cloud }, weather) {
      if (present !== number || call === null) return undefined;
      if (fault === "stale") weather.isStale = true;
      else
        cloud.fault({ ...fault, action: lasts === "for all of AWS" ? "*" : call.action, ...(!lasts && { times: 1 }) });
      return undefined;
    },
    lift: clearUp,
    ...(lasts === undefined && { liftDay: 1 }),
  };
}

/** How the store, or the topic, may fail. */
export const outages = [
  { name: "fails", lasts: false, isDone: false },
  { name: "does its work, and does not answer,", lasts: false, isDone: true },
  { name: "is down from then on", lasts: true, isDone: false },
] as const;

/** The store, or the topic, fails once or until the third day. */
export function outageAt(number: number, what: "store" | "topic", outage: (typeof outages)[number]): Trouble {
  const { name, lasts, isDone } = outage;
  const error =
    what === "store"
      ? storeError(!lasts)
      : new AwsCallError("sns:Publish", "InternalError", "no topic", { isTransient: true });
  return {
    name: `the ${what} ${name} at ${number}`,
    at({ number: present }, _world, weather) {
      if (present !== number) return undefined;
      let isSpent = false;
      const fail = () => {
        if (isSpent && !lasts) return null;
        isSpent = true;
        return { error, isDone };
      };
      Object.assign(
        weather,
        what === "store" ? { storeFails: fail, isStoreDown: lasts } : { notifyFails: fail, isTopicDown: lasts },
      );
      return undefined;
    },
    ...(lasts && { lift: clearUp }),
  };
}

/** A person does something at a point; then, perhaps, the execution is killed as well. */
export function deedAt(number: number, deed: Deed, killedAtNumber?: number): Trouble {
  let isDone = false;
  let isLasting = false;
  return {
    name: `${deed.name} at ${number}${killedAtNumber === undefined ? "" : `, killed at ${killedAtNumber}`}`,
    at({ number: present }, world) {
      if (present === number) isDone = isLasting = perform(world, deed);
      return present === killedAtNumber ? "die" : undefined;
    },
    ...(deed.undo && {
      lift(world) {
        const isOver = isLasting && takeBack(world, deed);
        if (isOver) isLasting = false;
        return isOver;
      },
    }),
    expects: () => (isDone ? deed.expects : "goal"),
  };
}

/** Nothing can be modified until the third day. */
export function nothingTurnsOff(): Trouble {
  return {
    name: "nothing can be turned off",
    at({ number }, { cloud }) {
      if (number === 1) cloud.fault({ action: "rds:ModifyDBInstance", kind: "deny" });
      return undefined;
    },
    lift: clearUp,
  };
}

/** RDS returns the tags of a database as they were until so many minutes after each change of them. */
export function laggingTags(minutes: number): Trouble {
  const earlier = new Map<string, { readonly TagList: readonly Tag[]; readonly until: string }>();
  let isOver = false;
  const lag = (now: string, database: Record<string, unknown>) => {
    const { DBInstanceArn, DBClusterArn, TenantDatabaseARN } = database;
    const known = earlier.get(String(TenantDatabaseARN ?? DBInstanceArn ?? DBClusterArn));
    return known === undefined || isOver || now >= known.until ? database : { ...database, TagList: known.TagList };
  };
  return {
    name: `tags show after ${minutes} minutes`,
    at({ label, call }, world, weather) {
      weather.change = (_call, answer) =>
        Object.fromEntries(
          Object.entries(answer).map(([name, value]) => [
            name,
            Array.isArray(value) ? value.map((one) => lag(world.now(), one)) : value,
          ]),
        );
      if (call === null || !/^before rds:(AddTagsTo|RemoveTagsFrom)Resource$/.test(label)) return undefined;
      const arn = targetOf(call);
      const TagList = structuredClone(liveOne(world, { arn })?.TagList ?? []);
      earlier.set(arn, { TagList, until: addMinutes(world.now(), minutes) });
      return undefined;
    },
    lift(world, weather) {
      isOver = true;
      return clearUp(world, weather);
    },
  };
}

/** AWS repeats in its refusal what it was given. */
export function echoedPassword(): Trouble {
  let isOver = false;
  return {
    name: "RDS repeats the password in its refusal",
    at(_point, _world, weather) {
      weather.refuse = ({ action, params }) =>
        params.MasterUserPassword === undefined || isOver
          ? null
          : new AwsCallError(
              action,
              "InvalidParameterValue",
              `The password ${params.MasterUserPassword} is not valid.`,
            );
      return undefined;
    },
    lift(_world, weather) {
      isOver = true;
      return clearUp(_world, weather);
    },
  };
}
