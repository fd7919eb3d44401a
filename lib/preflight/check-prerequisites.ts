import { AwsCallError } from "../model/errors.ts";
import type { PermissionStatus, Prerequisite } from "../model/preflight.ts";

/** A configuration recorder of AWS Config. `records` says whether it records a resource type. */
type Recorder = { readonly isRecording: boolean; readonly records: (resourceType: string) => boolean };

/** A trail of CloudTrail, as far as it was read. */
type Trail = { readonly name: string; readonly isLogging: boolean; readonly hasManagementEvents: boolean };

/** Reads what a deployment needs in one Region. A failed call throws an AwsCallError. */
export type PrerequisitePort = {
  listRecorders(): Promise<readonly Recorder[]>;
  /** Concurrent executions that no function has reserved. */
  getUnreservedConcurrency(): Promise<number>;
  /** The trails that cover the Region. */
  listTrails(): Promise<readonly Trail[]>;
  isSecurityHubEnabled(): Promise<boolean>;
  /** True if Lambda knows durable executions in the Region. */
  hasDurableFunctions(): Promise<boolean>;
};

type PrerequisiteVerdict = Pick<Prerequisite, "status" | "detail" | "remedy">;
type PrerequisiteCheck = {
  readonly name: string;
  readonly isOptional?: true;
  readonly run: (port: PrerequisitePort) => Promise<PrerequisiteVerdict>;
};

/** The resource types that AWS Config has to record. */
const recordedTypes = ["AWS::RDS::DBInstance", "AWS::RDS::DBCluster"];

/** Lambda keeps this many executions unreserved. */
const keptUnreserved = 100;

/** Executions that the stack reserves: for audits, rechecks and evaluations, and for repairs. */
const reservedExecutions = { withoutRepairs: 8, withRepairs: 13 };

/** Checks what docs/deploy.md says that a deployment needs, as far as calls that read can tell. */
export async function checkPrerequisites(
  scope: Pick<Prerequisite, "account" | "region">,
  port: PrerequisitePort,
  { hasRepairs }: { readonly hasRepairs: boolean },
): Promise<readonly Prerequisite[]> {
  const checks: readonly PrerequisiteCheck[] = [
    { name: "AWS Config recorder", run: async (one) => judgeRecorders(await one.listRecorders()) },
    {
      name: "Lambda concurrency",
      run: async (one) => judgeConcurrency(await one.getUnreservedConcurrency(), hasRepairs),
    },
    { name: "CloudTrail trail", run: async (one) => judgeTrails(await one.listTrails()) },
    {
      name: "Security Hub CSPM",
      isOptional: true,
      run: async (one) => judgeSecurityHub(await one.isSecurityHubEnabled()),
    },
    ...(hasRepairs
      ? [
          {
            name: "Durable functions",
            run: async (one: PrerequisitePort) => judgeDurable(await one.hasDurableFunctions()),
          },
        ]
      : []),
  ];
  return Promise.all(
    checks.map(async ({ name, isOptional = false, run }) => ({
      ...scope,
      name,
      isOptional,
      ...(await run(port).catch((error: unknown) => toUnknown(error))),
    })),
  );
}

function toUnknown(error: unknown): PrerequisiteVerdict {
  if (!(error instanceof AwsCallError)) throw error;
  const { action, code, message } = error;
  return { status: "unknown", detail: `${action} failed with ${code}: ${message}`, remedy: `Allow ${action}.` };
}

function judge(status: PermissionStatus, detail: string, remedy: string | null = null): PrerequisiteVerdict {
  return { status, detail, remedy };
}

function judgeRecorders(recorders: readonly Recorder[]): PrerequisiteVerdict {
  const unrecorded = recordedTypes.filter((type) => !recorders.some(({ records }) => records(type)));
  if (recorders.length === 0)
    return judge("lack", "There is no configuration recorder.", 'Create one, or set configRules: "off".');
  if (!recorders.some(({ isRecording }) => isRecording))
    return judge(
      "lack",
      "The configuration recorder is off: AWS Config evaluates databases only once a day.",
      'Start the recorder, or set configRules: "off".',
    );
  if (unrecorded.length > 0)
    return judge(
      "lack",
      `The configuration recorder does not record ${unrecorded.join(" and ")}.`,
      "Add these types to the recorder, or evaluate once a day.",
    );
  return judge("have", "It records DB instances and DB clusters.");
}

function judgeConcurrency(unreserved: number, hasRepairs: boolean): PrerequisiteVerdict {
  const needed = keptUnreserved + reservedExecutions[hasRepairs ? "withRepairs" : "withoutRepairs"];
  const detail = `${unreserved} executions are unreserved, and ${needed} are needed.`;
  return unreserved >= needed
    ? judge("have", detail)
    : judge("lack", detail, 'Request a higher quota, or set reservedConcurrency: "off".');
}

function judgeTrails(trails: readonly Trail[]): PrerequisiteVerdict {
  const found = trails.find(({ isLogging, hasManagementEvents }) => isLogging && hasManagementEvents);
  if (found !== undefined) return judge("have", `The trail ${found.name} logs management events.`);
  return judge(
    "lack",
    trails.length === 0 ? "There is no trail." : "No trail logs management events.",
    "Without one, API calls and failed rotations start no recheck: the daily audit finds their effects.",
  );
}

function judgeSecurityHub(isEnabled: boolean): PrerequisiteVerdict {
  return isEnabled
    ? judge("have", "It is enabled.")
    : judge("lack", "It is not enabled.", 'It is needed only with securityHub: "on".');
}

function judgeDurable(isOffered: boolean): PrerequisiteVerdict {
  return isOffered
    ? judge("have", "Lambda knows durable executions in this Region.")
    : judge("lack", "Lambda does not know durable executions in this Region.", "Choose another Region for the stack.");
}
