import type { ExecutionOptions } from "../../lib/executions/await-gates.ts";
import { toggleTagKey } from "../../lib/model/database.ts";
import { AwsCallError } from "../../lib/model/errors.ts";
import type { Policy } from "../../lib/model/policy.ts";
import type { RemediationState } from "../../lib/model/remediation-state.ts";
import type { Workflow } from "../../lib/remediate/workflow.ts";
import type { InProcessRegion } from "../support/in-process-region.ts";
import type { Life } from "./life.ts";
import type { Sabotage } from "./run-execution.ts";

type Spoil = Sabotage["spoil"];

const port =
  (change: (port: InProcessRegion, life: Life) => Partial<InProcessRegion>): Spoil =>
  (request, life) => ({ ...request, port: { ...asPort(request), ...change(asPort(request), life) } });
const asPort = ({ port }: ExecutionOptions) => port as InProcessRegion;

const workflow =
  (change: (workflow: Workflow) => Partial<Workflow>): Spoil =>
  (request) => ({ ...request, workflow: { ...request.workflow, ...change(request.workflow) } });

/** Changes what is written, as if the program had never written it otherwise. */
const state =
  (change: (value: RemediationState, life: Life) => RemediationState): Spoil =>
  (request, life) => ({
    ...request,
    state: { ...request.state, write: (value, version) => request.state.write(change(value, life), version) },
  });

/** Polls by these names end after one look. */
const once = (...polled: readonly string[]): Spoil =>
  workflow(({ poll }) => ({
    poll: (name, describe, options) =>
      poll(name, describe, polled.includes(name) ? { ...options, timeoutMinutes: 0 } : options),
  }));

/** Within some steps, what is read is what was read before, outside of them. */
function remembering(...steps: readonly string[]): Spoil {
  return port((real, life) => {
    const known = new Map<string, unknown>();
    const recall = <T>(question: string, ask: () => T): T => {
      if (steps.includes(life.step) && known.has(question)) return known.get(question) as T;
      const answer = ask();
      if (!steps.includes(life.step)) known.set(question, answer);
      return answer;
    };
    const pages = <Args extends readonly unknown[], Item>(
      name: string,
      ask: (...args: Args) => AsyncIterable<readonly Item[]>,
    ) =>
      async function* (...args: Args): AsyncGenerator<readonly Item[]> {
        yield* await recall(`${name} ${JSON.stringify(args)}`, async () => {
          const all: (readonly Item[])[] = [];
          for await (const page of ask(...args)) all.push(page);
          return all;
        });
      };
    const one =
      <Args extends readonly unknown[], T>(name: string, ask: (...args: Args) => Promise<T>) =>
      (...args: Args) =>
        recall(`${name} ${JSON.stringify(args)}`, () => ask(...args));
    return {
      describeDBInstances: pages("instances", real.describeDBInstances),
      describeDBClusters: pages("clusters", real.describeDBClusters),
      describeTenantDatabases: pages("tenants", real.describeTenantDatabases),
      describeGlobalClusters: pages("global", real.describeGlobalClusters),
      describeBlueGreenDeployments: pages("deployments", real.describeBlueGreenDeployments),
      describeDBProxies: pages("proxies", real.describeDBProxies),
      describeSecret: one("secret", real.describeSecret),
      getResourcePolicy: one("policy", real.getResourcePolicy),
      describeKey: one("key", real.describeKey),
      tryKey: one("trial", real.tryKey),
    };
  });
}

const beginnings = [
  "turn rotation on",
  "rotate the password",
  "remember the secret, tag the database",
  "turn management on",
] as const;

const withRemediation = ({ policy }: ExecutionOptions, change: Partial<Policy["remediation"]>): Policy => ({
  ...policy,
  remediation: { ...policy.remediation, ...change },
});

const doNothing = async () => {};
const both =
  (...spoils: readonly Spoil[]): Spoil =>
  (request, life, world) =>
    spoils.reduce((spoiled, spoil) => spoil(spoiled, life, world), request);

/** Steps by these names are not done. */
const skipping = (isSkipped: (name: string) => boolean): Spoil =>
  workflow(({ step }) => ({
    step: <T>(name: string, work: () => Promise<T>) =>
      isSkipped(name) ? step(name, doNothing as () => Promise<T>) : step(name, work),
  }));

/** A removed toggle tag still seems to be there. */
const seeingTheToggleTag: Spoil = port((real, life) => {
  let toggleTag: string | null = null;
  return {
    async tagDatabase(arn, key, value) {
      if (key === toggleTagKey) toggleTag = value;
      await real.tagDatabase(arn, key, value);
    },
    async *describeDBInstances(only) {
      for await (const page of real.describeDBInstances(only))
        yield page.map((database) =>
          toggleTag !== null && life.step === "turn management off" && database.identifier === "orders"
            ? { ...database, tags: { ...database.tags, [toggleTagKey]: toggleTag } }
            : database,
        );
    },
  };
});

/** Every safeguard that can be taken away on its own, or together with the one that stands in for it. */
export const sabotages = {
  "the toggle tag is not written": port((real) => ({
    tagDatabase: (arn, key, value) => (key === toggleTagKey ? doNothing() : real.tagDatabase(arn, key, value)),
  })),
  "the toggle tag is not checked before management is turned off": seeingTheToggleTag,
  "an action starts on an earlier observation": remembering(...beginnings),
  "the gates are not checked again before management is turned off": both(
    remembering("turn management off"),
    seeingTheToggleTag,
  ),
  "management is turned on only once": once("turn management on"),
  "turning off is requested again, and its refusal believed": both(
    remembering("turn management off"),
    seeingTheToggleTag,
    once("turn management on"),
  ),
  "no secret snapshot is stored": state((value) => ({ ...value, secretSnapshots: {} })),
  "an execution takes no slot": state((value, { by }) => ({
    ...value,
    running: value.running.filter(({ execution }) => execution !== by),
  })),
  "an execution keeps its slot": skipping((name) => name === "record the outcome"),
  "the state is written without a version check": (request) => ({
    ...request,
    state: {
      ...request.state,
      write: async (value) => request.state.write(value, (await request.state.read()).version),
    },
  }),
  "an execution has a budget of its own": (request) => ({
    ...request,
    policy: withRemediation(request, { budget: { atOnce: 99, perDay: 99 } }),
  }),
  "an execution ignores the circuit breaker": (request) => {
    let stopped: RemediationState["stopped"] = null;
    return {
      ...request,
      state: {
        name: request.state.name,
        async read() {
          const { value, version } = await request.state.read();
          stopped = value.stopped;
          return { value: { ...value, stopped: null }, version };
        },
        write: (value, version) => request.state.write({ ...value, stopped: value.stopped ?? stopped }, version),
      },
    };
  },
  "no approval is requested": (request) => ({ ...request, policy: withRemediation(request, { approval: [] }) }),
  "no window is waited for": (request) => ({ ...request, policy: withRemediation(request, { window: ["any-time"] }) }),
  "no other key is tried": port((real) => {
    let first: string | null | undefined;
    return {
      turnOn(database, options) {
        first ??= options.keyReference;
        if (options.keyReference === first) return real.turnOn(database, options);
        throw new AwsCallError("rds:ModifyDBInstance", "KMSKeyNotAccessibleFault", "no other key is tried");
      },
    };
  }),
  "pending modifications are applied early": port((real) => ({
    turnOn: (database, options) => real.turnOn(database, { ...options, applyImmediately: true }),
  })),
  "nothing is restored": skipping((name) => name.startsWith("restore ")),
  "what was done is not verified": workflow(({ poll }) => ({
    poll: async (name, describe, options) =>
      name.startsWith("verify ") ? { met: true, value: null, error: null } : poll(name, describe, options),
  })),
  "nothing is notified": (request) => ({ ...request, notify: doNothing }),
  "failures are not notified": (request) => ({
    ...request,
    notify: (event) => (event.type === "remediation.failed" ? doNothing() : request.notify(event)),
  }),
  "the toggle tag stays": port((real) => ({
    untagDatabase: (arn, key) => (key === toggleTagKey ? doNothing() : real.untagDatabase(arn, key)),
  })),
  "a step remembers the password": (request) => {
    let password = "";
    const real = asPort(request);
    return {
      ...request,
      port: {
        ...real,
        turnOff(database, given) {
          password = given;
          return real.turnOff(database, given);
        },
      },
      workflow: {
        ...request.workflow,
        poll: (name, read, options) =>
          request.workflow.poll(name, async (last) => ({ ...(await read(last)), password }), options),
      },
    };
  },
  "the password is logged": port((real) => ({
    turnOff(database, password) {
      // biome-ignore lint/suspicious/noConsole: this is what must be found out.
      console.log(`turning off with ${password}`);
      return real.turnOff(database, password);
    },
  })),
  "another database is touched": port((real) => ({
    rotate: (database) => real.rotate({ ...database, identifier: "bystander" }),
  })),
} satisfies Record<string, Spoil>;

export type SabotageName = keyof typeof sabotages;
