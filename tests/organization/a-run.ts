import { type AuditAccountsRequest, auditAccounts } from "../../lib/audit-accounts.ts";
import { type CoordinatedRun, type CoordinateRequest, coordinateRun } from "../../lib/coordinate-run.ts";
import { AwsCallError } from "../../lib/model/errors.ts";
import { emptyLedger } from "../../lib/model/ledger.ts";
import { messageSchema } from "../../lib/model/message.ts";
import type { RunReference } from "../../lib/model/organization-run.ts";
import type { OrganizationSummary, Report } from "../../lib/model/report.ts";
import type { OutgoingMessage } from "../../lib/model/topic-message.ts";
import type { Coordination } from "../../lib/organization/coordinate-accounts.ts";
import { createFindingsDestination } from "../../lib/publish/destinations.ts";
import { expectedAccountsFileOf, lastRunFile } from "../../lib/storage/stored-file.ts";
import type { Stored } from "../../lib/storage/update-stored.ts";
import { rules } from "../../rules/index.ts";
import { createCloud } from "../../simulator/cloud.ts";
import { aPolicy } from "../support/builders.ts";
import { createInProcessRegion, type InProcessCall } from "../support/in-process-region.ts";
import { createMemoryStored, type MemoryStored } from "../support/memory-stored.ts";

export const idOf = (index: number) => String(300_000_000_000 + index);
const region = "eu-west-1";
const policy = aPolicy();

/** When a process dies: at this call, before its effect or after it. */
export type Death = { readonly at: number; readonly when: "before" | "after" };

/** A process: a coordinator, or a worker. Once it is dead, none of its calls returns. */
type Life = { readonly died: Promise<never>; call<T>(perform: () => Promise<T>): Promise<T> };

/** Counts the calls of all processes, and kills the one that makes a given call. */
export function createReaper({ at, when }: Death = { at: 0, when: "before" }) {
  let calls = 0;
  return {
    calls: () => calls,
    start(): Life {
      let isDead = false;
      let die: (error: Error) => void = () => {};
      const died = new Promise<never>((_, reject) => {
        die = reject;
      });
      died.catch(() => {});
      const end = (): Promise<never> => {
        isDead = true;
        die(new Error("killed"));
        return new Promise(() => {});
      };
      return {
        died,
        async call(perform) {
          if (isDead) return new Promise(() => {});
          calls += 1;
          const isLast = calls === at;
          if (isLast && when === "before") return end();
          const result = await perform();
          return isLast ? end() : result;
        },
      };
    },
  };
}

/** Makes each read and write a call of the process. */
function through<T>(life: Life, stored: Stored<T>): Stored<T> {
  return {
    name: stored.name,
    read: () => life.call(() => stored.read()),
    write: (value, version) => life.call(() => stored.write(value, version)),
  };
}

/** An organization on the simulator, whose service stores and publishes in memory. Its accounts are numbered. */
export function createWorld(count: number) {
  let now = new Date("2026-11-24T06:00:00.000Z");
  const cloud = createCloud({ now });
  const regions = Array.from({ length: count }, (_, index) => cloud.region(idOf(index), region));
  const stored = new Map<string, MemoryStored<unknown>>();
  const open = <T>(name: string, empty: T): MemoryStored<T> => {
    const found = stored.get(name) ?? createMemoryStored<T>({ empty });
    stored.set(name, found as MemoryStored<unknown>);
    return found as MemoryStored<T>;
  };
  const published = { findings: [] as OutgoingMessage[], alerts: [] as OutgoingMessage[] };
  const summaries: OrganizationSummary[] = [];
  const files = new Map<string, Report>();
  const alive = new Set<string>();
  const denied = new Set<string>();
  let areAlertsRefused = false;

  const refuse = (account: string) => async (call: InProcessCall, perform: () => object) => {
    if (denied.has(account)) throw new AwsCallError(call.action, "AccessDeniedException", "denied");
    return perform();
  };

  const storeOf = (life: Life): CoordinateRequest["store"] => ({
    lastRun: through(life, open(lastRunFile.name, lastRunFile.empty)),
    expectedOf: (day) => {
      const file = expectedAccountsFileOf(day);
      return through(life, open(file.name, file.empty));
    },
    ledgerOf: (account) => through(life, open(account, emptyLedger)),
    writeSummary: (_day, summary) =>
      life.call(async () => {
        summaries.push(summary);
        return "https://reports.example/summary";
      }),
  });

  const publishTo = (life: Life, topic: "findings" | "alerts") => (messages: readonly OutgoingMessage[]) =>
    life.call(async () => {
      if (topic === "alerts" && areAlertsRefused) throw new Error("access denied");
      published[topic].push(...messages);
      return [];
    });

  /** Runs a worker in a process of its own. */
  async function work(life: Life, { run, accounts }: { run: RunReference; accounts: readonly string[] }) {
    const request: AuditAccountsRequest = {
      ...{ run, accounts, policy, rules, version: "0.0.0", caller: "999999999999", regions: [region] },
      organization: { listRegions: async () => [region] },
      open: (account) => ({
        port: {
          name: account,
          identify: async () => ({ account, partition: "aws" }),
          listRegions: async () => [region],
          region: (scope) => createInProcessRegion(cloud, scope, refuse(scope.account)),
        },
        store: {
          ledger: through(life, open(account, emptyLedger)),
          writeReport: (report) =>
            life.call(async () => {
              files.set(account, report);
              return "https://reports.example/summary";
            }),
        },
        destinations: [createFindingsDestination(publishTo(life, "findings"))],
      }),
      reading: new AbortController().signal,
      now: () => now.toISOString(),
      onPublication: () => {},
    };
    await Promise.race([auditAccounts(request), life.died]);
  }

  return {
    regions,
    /** Accounts whose Regions deny every call. */
    denied,
    published,
    summaries,
    files,
    ledgerOf: (account: string) => open(account, emptyLedger),
    /** A day passes. */
    passDay() {
      now = new Date(now.getTime() + 86_400_000);
    },
    /** Refuses alerts, until the returned function is called. */
    refuseAlerts() {
      areAlertsRefused = true;
      return () => {
        areAlertsRefused = false;
      };
    },
    messages: () => published.findings.map(({ body }) => messageSchema.parse(JSON.parse(body))),
    alertTitles: () => published.alerts.map(({ body }) => JSON.parse(body).content.title as string),

    /** Runs a coordinator until its execution ends. If it is killed, Lambda starts it again, and it continues after the last checkpoint. */
    async run(
      id: string,
      {
        reaper = createReaper(),
        execution = `arn:aws:lambda:eu-west-1:999999999999:function:audit:1/durable-execution/${id}/0`,
        onBatch = () => {},
        restarts = 1,
      }: {
        reaper?: ReturnType<typeof createReaper>;
        execution?: string;
        /** Called for each batch before its worker. */
        onBatch?: (accounts: readonly string[]) => unknown;
        restarts?: number;
      } = {},
    ): Promise<CoordinatedRun> {
      const checkpoints = new Map<string, unknown>();
      const checkpoint = async <T>(life: Life, name: string, perform: () => Promise<T>): Promise<T> => {
        if (!checkpoints.has(name)) {
          const result = await perform();
          await life.call(async () => checkpoints.set(name, structuredClone(result)));
        }
        return checkpoints.get(name) as T;
      };
      const attempt = () => {
        const life = reaper.start();
        const coordination: Coordination = {
          step: (name, perform) => checkpoint(life, name, perform),
          async invokeAll(name, events) {
            const ended: boolean[] = [];
            for (const [index, event] of events.entries()) {
              const invoke = async () => {
                try {
                  await onBatch(event.accounts);
                  await work(reaper.start(), event as Parameters<typeof work>[1]);
                  return true;
                } catch {
                  return false;
                }
              };
              ended.push(await checkpoint(life, `${name} ${index}`, invoke));
            }
            return ended;
          },
        };
        const request: CoordinateRequest = {
          ...{ id, execution, policy, rules, version: "0.0.0", threshold: "low", now: () => now.toISOString() },
          store: storeOf(life),
          organization: {
            describe: async () => ({ id: "o-a1b2c3d4e5", managementAccount: "999999999999", featureSet: "ALL" }),
            async *listAccounts() {
              yield regions.map((_, index) => ({ id: idOf(index), name: `account-${index}`, state: "ACTIVE" }));
            },
            async *listAccountsForParent() {},
            async *listUnitsForParent() {},
            listRegions: async () => [region],
          },
          isRunning: async (other) => alive.has(other),
          publishFindings: publishTo(life, "findings"),
          publishAlerts: publishTo(life, "alerts"),
        };
        return Promise.race([coordinateRun(coordination, request), life.died]);
      };
      alive.add(execution);
      try {
        return await (restarts === 0 ? attempt() : attempt().catch(attempt));
      } finally {
        alive.delete(execution);
      }
    },
  };
}
export type World = ReturnType<typeof createWorld>;
