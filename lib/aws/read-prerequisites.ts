import {
  CloudTrailClient,
  DescribeTrailsCommand,
  GetEventSelectorsCommand,
  type GetEventSelectorsResponse,
  GetTrailStatusCommand,
} from "@aws-sdk/client-cloudtrail";
import {
  ConfigServiceClient,
  DescribeConfigurationRecorderStatusCommand,
  DescribeConfigurationRecordersCommand,
  type RecordingGroup,
} from "@aws-sdk/client-config-service";
import {
  GetAccountSettingsCommand,
  LambdaClient,
  ListDurableExecutionsByFunctionCommand,
} from "@aws-sdk/client-lambda";
import { DescribeHubCommand, InvalidAccessException, SecurityHubClient } from "@aws-sdk/client-securityhub";
import { call, required, toCallError } from "./call.ts";
import { type ClientOptions, toClientConfig } from "./client-config.ts";
import { withSignal } from "./time-limit.ts";

/** A function that does not exist. */
const absentFunction = "rds-password-audit-preflight";

/** Opens the services that a deployment uses in one Region, to read whether they are ready. A failed call throws an AwsCallError. */
export function createPrerequisites(options: ClientOptions) {
  const config = toClientConfig(options);
  const configService = withSignal(new ConfigServiceClient(config), options.signal);
  const lambda = withSignal(new LambdaClient(config), options.signal);
  const cloudTrail = withSignal(new CloudTrailClient(config), options.signal);
  const securityHub = withSignal(new SecurityHubClient(config), options.signal);

  async function readTrail(TrailARN: string, name: string) {
    const { IsLogging } = await call(
      "cloudtrail:GetTrailStatus",
      cloudTrail.send(new GetTrailStatusCommand({ Name: TrailARN })),
    );
    const selectors = await call(
      "cloudtrail:GetEventSelectors",
      cloudTrail.send(new GetEventSelectorsCommand({ TrailName: TrailARN })),
    );
    return { name, isLogging: IsLogging === true, hasManagementEvents: hasManagementEvents(selectors) };
  }

  return {
    async listRecorders() {
      const { ConfigurationRecorders } = await call(
        "config:DescribeConfigurationRecorders",
        configService.send(new DescribeConfigurationRecordersCommand({})),
      );
      const recorders = required("config:DescribeConfigurationRecorders", ConfigurationRecorders);
      const { ConfigurationRecordersStatus } = await call(
        "config:DescribeConfigurationRecorderStatus",
        configService.send(new DescribeConfigurationRecorderStatusCommand({})),
      );
      const statuses = required("config:DescribeConfigurationRecorderStatus", ConfigurationRecordersStatus);
      return recorders.map(({ name, recordingGroup }) => ({
        isRecording: statuses.some((status) => status.name === name && status.recording === true),
        records: (resourceType: string) => isRecorded(resourceType, recordingGroup),
      }));
    },
    async getUnreservedConcurrency(): Promise<number> {
      const action = "lambda:GetAccountSettings";
      const { AccountLimit } = await call(action, lambda.send(new GetAccountSettingsCommand({})));
      return required(action, AccountLimit?.UnreservedConcurrentExecutions);
    },
    async listTrails() {
      const action = "cloudtrail:DescribeTrails";
      const { trailList } = await call(action, cloudTrail.send(new DescribeTrailsCommand({})));
      return Promise.all(
        required(action, trailList).flatMap(({ TrailARN, Name }) =>
          TrailARN === undefined ? [] : [readTrail(TrailARN, Name ?? TrailARN)],
        ),
      );
    },
    async isSecurityHubEnabled(): Promise<boolean> {
      const action = "securityhub:DescribeHub";
      try {
        const { HubArn } = await securityHub.send(new DescribeHubCommand({}));
        required(action, HubArn);
        return true;
      } catch (error) {
        if (error instanceof InvalidAccessException) return false;
        throw toCallError(action, error);
      }
    },
    /** Asks about a function that does not exist: Lambda answers so only where it knows the operation. */
    async hasDurableFunctions(): Promise<boolean> {
      const failure = await lambda
        .send(new ListDurableExecutionsByFunctionCommand({ FunctionName: absentFunction, MaxItems: 1 }))
        .then(
          () => null,
          (error: unknown) => toCallError("lambda:ListDurableExecutionsByFunction", error),
        );
      if (failure === null || failure.code === "ResourceNotFoundException") return true;
      if (failure.code === "UnknownOperationException") return false;
      throw failure;
    },
  };
}

/** Without a recording group, AWS Config records everything that it supports. */
function isRecorded(resourceType: string, group: RecordingGroup | undefined): boolean {
  const excluded: readonly string[] = group?.exclusionByResourceTypes?.resourceTypes ?? [];
  const included: readonly string[] = group?.resourceTypes ?? [];
  if (group?.recordingStrategy?.useOnly === "EXCLUSION_BY_RESOURCE_TYPES") return !excluded.includes(resourceType);
  return group === undefined || group.allSupported === true || included.includes(resourceType);
}

/** A trail without selectors logs management events. The events of a service are writes, or come without a read-write type. */
function hasManagementEvents({ EventSelectors = [], AdvancedEventSelectors = [] }: GetEventSelectorsResponse): boolean {
  if (EventSelectors.length === 0 && AdvancedEventSelectors.length === 0) return true;
  const isManagement = AdvancedEventSelectors.some(({ FieldSelectors = [] }) =>
    FieldSelectors.some(({ Field, Equals = [] }) => Field === "eventCategory" && Equals.includes("Management")),
  );
  return (
    isManagement ||
    EventSelectors.some(
      ({ IncludeManagementEvents = true, ReadWriteType }) => IncludeManagementEvents && ReadWriteType !== "ReadOnly",
    )
  );
}
