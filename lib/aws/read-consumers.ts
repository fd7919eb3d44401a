import { CloudTrailClient, paginateLookupEvents, type Event as TrailEvent } from "@aws-sdk/client-cloudtrail";
import { DescribeTaskDefinitionCommand, ECSClient, paginateListTaskDefinitionFamilies } from "@aws-sdk/client-ecs";
import { LambdaClient, paginateListFunctions } from "@aws-sdk/client-lambda";
import { paginateDescribeDBProxies, paginateDescribeDBProxyTargets, RDSClient } from "@aws-sdk/client-rds";
import { paginateListSecrets, SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import type { ReferencePredicate } from "../model/consumer.ts";
import { AwsCallError } from "../model/errors.ts";
import { call, pages, required } from "./call.ts";
import { type ClientOptions, toClientConfig } from "./client-config.ts";
import { toProxy, toProxyTargets } from "./to-database.ts";

/** Events to read at most: CloudTrail answers two calls a second, with 50 events each. */
const maxEvents = 5_000;

const lookup = "cloudtrail:LookupEvents";

/** Opens the services that may use a database, in one Region. Values of variables do not leave this file, and values of secrets are not read. */
export function createConsumers(options: ClientOptions) {
  const config = toClientConfig(options);
  const rds = new RDSClient(config);
  const lambda = new LambdaClient(config);
  const ecs = new ECSClient(config);
  const secrets = new SecretsManagerClient(config);
  const cloudTrail = new CloudTrailClient(config);

  async function readTaskDefinition(taskDefinition: string, refers: ReferencePredicate) {
    const action = "ecs:DescribeTaskDefinition";
    const answer = await call(action, ecs.send(new DescribeTaskDefinitionCommand({ taskDefinition })));
    const { taskDefinitionArn, containerDefinitions = [] } = required(action, answer.taskDefinition);
    const variables = containerDefinitions.flatMap(({ name, environment = [], secrets: fromSecrets = [] }) =>
      [
        ...environment.map((one) => ({ variable: one.name, value: one.value })),
        ...fromSecrets.map((one) => ({ variable: one.name, value: one.valueFrom })),
      ].flatMap(({ variable, value }) => (refers(value ?? "") ? `${name ?? "container"}/${variable ?? "?"}` : [])),
    );
    return { arn: taskDefinitionArn ?? taskDefinition, variables };
  }

  return {
    async *listProxies() {
      const paginator = paginateDescribeDBProxies({ client: rds }, {});
      for await (const page of pages("rds:DescribeDBProxies", paginator, ({ DBProxies }) => DBProxies))
        yield* page.map(toProxy);
    },
    async *listProxyTargets(DBProxyName: string) {
      const paginator = paginateDescribeDBProxyTargets({ client: rds }, { DBProxyName });
      for await (const page of pages("rds:DescribeDBProxyTargets", paginator, ({ Targets }) => Targets))
        yield* page.flatMap(toProxyTargets);
    },
    async *listFunctions(refers: ReferencePredicate) {
      const action = "lambda:ListFunctions";
      const paginator = inPages(paginateListFunctions({ client: lambda }, {}), ({ NextMarker }) => NextMarker);
      for await (const page of pages(action, paginator, ({ Functions }) => Functions))
        for (const { FunctionArn, FunctionName, Environment } of page) {
          const { Error: failure, Variables = {} } = Environment ?? {};
          if (failure !== undefined)
            throw new AwsCallError(
              action,
              failure.ErrorCode ?? "EnvironmentError",
              `the variables of ${FunctionName} cannot be read: ${failure.Message ?? "no reason given"}`,
            );
          const found = Object.entries(Variables).filter(([, value]) => refers(value));
          yield { arn: FunctionArn ?? FunctionName ?? "?", variables: found.map(([name]) => name) };
        }
    },
    async *listTaskDefinitions(refers: ReferencePredicate) {
      const families = paginateListTaskDefinitionFamilies({ client: ecs }, { status: "ACTIVE" });
      const paginator = inPages(families, ({ nextToken }) => nextToken);
      for await (const page of pages("ecs:ListTaskDefinitionFamilies", paginator, (one) => one.families))
        for (const family of page) yield await readTaskDefinition(family, refers);
    },
    async *listOwnSecrets() {
      const paginator = paginateListSecrets({ client: secrets, pageSize: 100 }, {});
      for await (const page of pages("secretsmanager:ListSecrets", paginator, ({ SecretList }) => SecretList))
        for (const { ARN, Name = "", OwningService, Tags = [] } of page)
          if (OwningService === undefined)
            yield {
              arn: ARN ?? Name,
              name: Name,
              tags: Object.fromEntries(Tags.map(({ Key = "", Value = "" }) => [Key, Value])),
            };
    },
    /** The events name the secret and the principal; CloudTrail does not record the value. */
    async *listSecretReads(isSecret: ReferencePredicate, since: Date) {
      const paginator = paginateLookupEvents(
        { client: cloudTrail },
        { LookupAttributes: [{ AttributeKey: "EventName", AttributeValue: "GetSecretValue" }], StartTime: since },
      );
      const reads = new Map<string, { principal: string; count: number; lastAt: string }>();
      let seen = 0;
      for await (const page of pages(lookup, paginator, ({ Events }) => Events)) {
        for (const event of page) {
          const read = toRead(event, isSecret);
          if (read === null) continue;
          const { principal, at } = read;
          // The history begins with the newest event.
          const { count, lastAt } = reads.get(principal) ?? { count: 0, lastAt: at };
          reads.set(principal, { principal, count: count + 1, lastAt });
        }
        seen += page.length;
        if (seen >= maxEvents) break;
      }
      yield* reads.values();
      if (seen >= maxEvents)
        throw new AwsCallError(
          lookup,
          "TooManyEvents",
          `only the newest ${seen} reads of secrets were looked at: query the trail for the others`,
        );
    },
  };
}

/** Pages whose token has another name than `pages` knows. */
async function* inPages<Page>(
  paginator: AsyncIterable<Page>,
  tokenOf: (page: Page) => string | undefined,
): AsyncGenerator<Page & { NextToken?: string | undefined }> {
  for await (const page of paginator) yield { ...page, NextToken: tokenOf(page) };
}

/** Throws an AwsCallError if the record is not JSON, because the principal in it would be missed. */
function parseEvent(text: string) {
  try {
    return JSON.parse(text);
  } catch {
    throw new AwsCallError(lookup, "UnreadableEvent", "CloudTrail returned an event that is not JSON");
  }
}

/** A role for its sessions, else the caller's ARN, else the AWS service. Null for a read of another secret, and for one that failed. */
function toRead({ CloudTrailEvent, EventTime, Username }: TrailEvent, isSecret: ReferencePredicate) {
  const { userIdentity, requestParameters, errorCode } = parseEvent(CloudTrailEvent ?? "");
  if (errorCode !== undefined || !isSecret(String(requestParameters?.secretId ?? ""))) return null;
  const principal: string =
    userIdentity?.sessionContext?.sessionIssuer?.arn ??
    userIdentity?.arn ??
    userIdentity?.invokedBy ??
    Username ??
    "unknown principal";
  return { principal, at: (EventTime ?? new Date(0)).toISOString() };
}
