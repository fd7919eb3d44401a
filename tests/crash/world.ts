import type { RegionPort } from "../../lib/collect/region-port.ts";
import { type Database, toggleTagKey } from "../../lib/model/database.ts";
import type { Policy } from "../../lib/model/policy.ts";
import type { RemediationEvent } from "../../lib/model/remediation-event.ts";
import { emptyRemediationState, type RemediationState } from "../../lib/model/remediation-state.ts";
import type { RepairPort } from "../../lib/remediate/repair.ts";
import { createCloud } from "../../simulator/cloud.ts";
import { arnOf, databaseWithArn, isCluster, isInstance, statusOf } from "../../simulator/databases.ts";
import type { SimulatedDatabase, SimulatedSecret } from "../../simulator/resources.ts";
import type { Cloud, Region } from "../../simulator/state.ts";
import type { InProcessCall } from "../support/in-process-region.ts";
import { createMemoryStored, type MemoryStored } from "../support/memory-stored.ts";

export const scope = { account: "111111111111", region: "eu-west-1", partition: "aws" } as const;
export const startAt = "2026-11-24T12:00:00.000Z";

/** The database that something is wrong with, and what is to become of it. */
export type Subject = {
  readonly arn: string;
  readonly resourceId: string;
  readonly kind: Database["kind"];
  readonly identifier: string;
  /** What its secret was when all began; null where it was not managed. */
  readonly before: SimulatedSecret | null;
};

/** Something that happened, in order. */
export type Entry =
  | {
      readonly type: "call";
      readonly at: string;
      readonly by: string;
      readonly step: string;
      readonly action: string;
      /** The ARN or identifier that a changing call is about; null for one that only reads. */
      readonly changes: string | null;
      readonly answer: string;
    }
  | { readonly type: "note"; readonly at: string; readonly by: string; readonly what: string };

/** Where an execution stores its state: S3 for the service, a file for a terminal, another file for a laptop. */
export type StoreName = "service" | "terminal" | "laptop";

/** A setting that a person changed, since which entry of the journal it waits, and until when. */
type Pending = {
  readonly field: string;
  readonly value: unknown;
  readonly since: number;
  readonly notBefore: string;
};

/** Everything there is in one trial: a cloud, what is stored beside it, and all that happened so far. */
export type World = {
  readonly cloud: Cloud;
  readonly here: Region;
  readonly affectedDatabases: Subject[];
  readonly policy: Policy;
  readonly stores: Readonly<Record<StoreName, MemoryStored<RemediationState>>>;
  readonly journal: Entry[];
  readonly notified: RemediationEvent[];
  /** The last event of each execution. */
  readonly lastEvent: Map<string, RemediationEvent>;
  readonly passwords: Set<string>;
  /** Promises that were broken, as sentences. */
  readonly broken: Set<string>;
  /** ARNs of databases whose master password is unknown: the service set a temporary one. */
  readonly orphaned: Set<string>;
  /** ARNs of databases whose toggle tag a person removed, and the journal entry since then. */
  readonly untagged: Map<string, number>;
  /** When an unknown password was last set, when it was replaced, and when the last trouble happened. */
  readonly last: { off: string; onAgain: string; blow: string };
  /** Settings that a person changed and that wait for their window, by database. */
  readonly pendings: Map<string, Pending>;
  /** Gates that a person closed, by database: since which entry of the journal. */
  readonly closed: Map<string, Map<string, number>>;
  /** Names that a person took away from a database, and since which entry of the journal. */
  readonly replaced: Map<string, number>;
  /**
   * Executions that have changed something and have not ended, and until when they count: each call renews it. One that was silent for longer
   * than a lease finishes what it started, whatever the budget is by then.
   */
  readonly changing: Map<string, { readonly arn: string; until: string; hasLapsed: boolean }>;
  /** Executions that a person has approved. */
  readonly approved: Set<string>;
  /** True once an execution with another state than the service's has run. */
  hasStrangers: boolean;
  /** Who began to change something, and when. */
  readonly started: { readonly by: string; readonly storeName: StoreName; readonly at: string }[];
  /** The journal entry since which the circuit breaker is open; null while it is closed. */
  readonly stopped: { since: number | null };
  /** True once the store was down for days: a toggle is finished without its snapshot then. */
  hasLostState: boolean;
  /** Number of runs at terminals. */
  terminals: number;
  /** Number of visible or checkpointed events so far, waits included, reads not. */
  moves: number;
  /** The last two different answers to each question; null where no answer is ever stale, because it takes time. */
  answers: Map<string, readonly { readonly text: string; readonly answer: object }[]> | null;
  /** The SDK's clients, connected to a server of the cloud; null if the cloud is called in this process. */
  port: (RegionPort & RepairPort) | null;
  now(): string;
};

export function createWorld(policy: Policy, build: (here: Region) => readonly SimulatedDatabase[]): World {
  const cloud = createCloud({ now: new Date(startAt) });
  const here = cloud.region(scope.account, scope.region);
  const store = () => createMemoryStored({ empty: emptyRemediationState, pause: async () => {} });
  const affectedDatabases = build(here).map((database) => toSubject(here, database));
  return {
    ...{ cloud, here, policy, affectedDatabases },
    stores: { service: store(), terminal: store(), laptop: store() },
    journal: [],
    notified: [],
    lastEvent: new Map(),
    passwords: new Set(),
    broken: new Set(),
    orphaned: new Set(),
    untagged: new Map(),
    last: { off: startAt, onAgain: startAt, blow: startAt },
    pendings: new Map(),
    closed: new Map(),
    replaced: new Map(),
    changing: new Map(),
    approved: new Set(),
    hasStrangers: false,
    hasLostState: false,
    started: [],
    stopped: { since: null },
    terminals: 0,
    moves: 0,
    ...{ answers: null, port: null },
    now: () => cloud.now().toISOString(),
  };
}

function toSubject(here: Region, database: SimulatedDatabase): Subject {
  const arn = arnOf(database);
  const before = here.secrets.get(database.MasterUserSecret?.SecretArn ?? "") ?? null;
  if (isCluster(database)) {
    const { DBClusterIdentifier: identifier, DbClusterResourceId: resourceId } = database;
    return { arn, resourceId, before, kind: "cluster", identifier };
  }
  const { DBInstanceIdentifier: instance } = database;
  if (isInstance(database))
    return { arn, resourceId: database.DbiResourceId, before, kind: "instance", identifier: instance };
  const { TenantDBName, TenantDatabaseResourceId: resourceId } = database;
  return { arn, resourceId, before, kind: "tenant-database", identifier: `${instance}/${TenantDBName}` };
}

/** The database as the simulator has it; undefined where it is gone, or on its way out. */
export function liveOne({ here }: World, { arn }: Pick<Subject, "arn">): SimulatedDatabase | undefined {
  const database = databaseWithArn(here, arn);
  return database === undefined || statusOf(database) === "deleting" ? undefined : database;
}

/** The secrets that were made for a database and are not waiting for their deletion. */
export function livingSecretsOf({ here }: World, arn: string): SimulatedSecret[] {
  return [...here.secrets.values()].filter(({ owner, DeletedDate }) => owner === arn && DeletedDate === undefined);
}

/** The value of the tag that a toggle leaves. */
export function toggleTagOf(database: SimulatedDatabase): string | undefined {
  return database.TagList.find(({ Key }) => Key === toggleTagKey)?.Value;
}

/** The password is unknown from now on. */
export function orphan({ orphaned, last, now }: World, arn: string): void {
  orphaned.add(arn);
  last.off = now();
}

/** The password is known again. */
export function adopt({ orphaned, last, now }: World, arn: string): void {
  if (orphaned.delete(arn)) last.onAgain = now();
}

/** Notes something that is no call. */
export function note({ journal, now }: World, by: string, what: string): void {
  journal.push({ type: "note", at: now(), by, what });
}

const reads = /^(rds|secretsmanager|kms):(Describe|List|Get|Generate)/;

/** Whether a call only looks. A data key is only ever tried. */
export function isRead({ action }: Pick<InProcessCall, "action">): boolean {
  return reads.test(action);
}

/** The target of a changing call. */
export function targetOf({ params }: InProcessCall): string {
  const { ResourceName, SecretId, DBClusterIdentifier, DBInstanceIdentifier, TenantDBName } = params as Record<
    string,
    string
  >;
  const name = ResourceName ?? SecretId ?? DBClusterIdentifier ?? DBInstanceIdentifier ?? "";
  return TenantDBName === undefined ? name : `${name}/${TenantDBName}`;
}

/** A generator of numbers from 0 to 1 that gives the same ones for the same seed. */
export function createRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
