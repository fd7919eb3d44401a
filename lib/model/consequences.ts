import type { Database } from "./database.ts";

/** What turning management on changes for a database, besides the password itself. */
export type Consequence = {
  readonly code: string;
  /** One or two sentences. */
  readonly text: string;
  readonly source: string;
  /** Month in which the source was last checked. */
  readonly asOf: string;
};

type Affected = Pick<Database, "kind" | "engine" | "replicas">;

type ConditionalConsequence = Omit<Consequence, "text"> & {
  readonly applies: (database: Affected) => boolean;
  readonly text: string | ((database: Affected) => string);
};

const guide = "https://docs.aws.amazon.com/AmazonRDS/latest";
const inUserGuide = { source: `${guide}/UserGuide/rds-secrets-manager.html`, asOf: "2026-10" };
const inAuroraGuide = { source: `${guide}/AuroraUserGuide/rds-secrets-manager.html`, asOf: "2026-10" };

const isAurora = ({ engine }: Affected) => engine.startsWith("aurora");
const isSqlServer = ({ engine }: Affected) => engine.startsWith("sqlserver");
const isTenant = ({ kind }: Affected) => kind === "tenant-database";
const always = () => true;

/** All consequences of turning management on, in the order in which they are shown. */
const consequences: readonly ConditionalConsequence[] = [
  {
    code: "old-password",
    applies: always,
    text: "RDS sets a new password. Clients that keep the old one can no longer log in, nor can an RDS Proxy that has it in a secret of its own.",
    ...inUserGuide,
  },
  {
    code: "weekly-rotation",
    applies: always,
    text: "RDS changes the password every seven days by default. Clients have to read the secret whenever they log in, not once.",
    ...inUserGuide,
  },
  {
    code: "no-new-replicas",
    applies: (database) => !isAurora(database) && !isSqlServer(database) && !isTenant(database),
    text: "RDS creates no new read replicas of the database while it manages the password.",
    ...inUserGuide,
  },
  {
    code: "existing-replicas",
    applies: (database) => database.replicas.length > 0 && !isSqlServer(database),
    text: ({ replicas }) =>
      `The database has read replicas (${replicas.join(", ")}). AWS does not say whether RDS then refuses to manage the password.`,
    ...inUserGuide,
  },
  {
    code: "no-tenant-replicas",
    applies: isTenant,
    text: "The container database can have no read replicas while RDS manages the password of a tenant database.",
    source: `${guide}/UserGuide/oracle-cdb-configuring.adding.pdb.html`,
    asOf: "2026-04",
  },
  {
    code: "no-blue-green-deployment",
    // Source: https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/Concepts.RDS_Fea_Regions_DB-eng.Feature.BlueGreenDeployments.html
    applies: ({ engine }) => !/^(oracle|sqlserver|db2)/.test(engine),
    text: "Blue/green deployments of the database are not possible while RDS manages the password.",
    source: `${guide}/UserGuide/blue-green-deployments-considerations.html`,
    asOf: "2026-10",
  },
  {
    code: "no-global-database",
    applies: isAurora,
    text: "The cluster can have no cross-Region read replica, no replication of binary logs from outside, and no part in an Aurora global database while RDS manages the password.",
    ...inAuroraGuide,
  },
  {
    code: "no-validate-password",
    applies: ({ engine }) => engine === "aurora-mysql",
    text: "The validate_password plugin or component must be off: AWS does not support it with a managed password.",
    ...inAuroraGuide,
  },
  {
    code: "no-data-guard-switchover",
    applies: ({ engine }) => engine.startsWith("oracle"),
    text: "Oracle Data Guard switchover is not possible while RDS manages the password.",
    ...inUserGuide,
  },
  {
    code: "fixed-key",
    applies: always,
    text: "The KMS key of the secret is chosen now. To change it later, management has to be turned off and on, which changes the secret's ARN.",
    ...inUserGuide,
  },
  {
    code: "secret-price",
    applies: always,
    text: "AWS charges for the secret: $0.40 a month in most Regions, and $0.05 for 10,000 calls.",
    source: "https://aws.amazon.com/secrets-manager/pricing/",
    asOf: "2026-11",
  },
];

/** What turning management on changes for a database, by its engine, kind and replicas. */
export function consequencesOf(database: Affected): readonly Consequence[] {
  return consequences
    .filter(({ applies }) => applies(database))
    .map(({ code, text, source, asOf }) => ({
      code,
      text: typeof text === "string" ? text : text(database),
      source,
      asOf,
    }));
}
