import { type Params, textIn } from "../params.ts";
import { restJson } from "../protocol/json.ts";
import { SimulatedError } from "../simulated-error.ts";
import { restErrors } from "./errors.ts";
import type { CallContext, Service } from "./service.ts";

const paths = restJson({
  "/2015-03-31/functions": "ListFunctions",
  "/2015-03-31/functions/": "ListFunctions",
  "/2016-08-19/account-settings": "GetAccountSettings",
  "/2016-08-19/account-settings/": "GetAccountSettings",
});

const durableExecutions = /^\/2025-12-01\/functions\/([^/]+)\/durable-executions(?:\?|$)/;

function arnOf(name: string, { account, region }: CallContext): string {
  return `arn:${account.partition}:lambda:${region.name}:${account.id}:function:${name}`;
}

function listFunctions(_params: Params, context: CallContext): object {
  return {
    Functions: context.region.workloads.functions.map(({ FunctionName, variables }) => ({
      FunctionName,
      FunctionArn: arnOf(FunctionName, context),
      Environment: { Variables: variables },
    })),
  };
}

function listDurableExecutions(params: Params, context: CallContext): object {
  const name = textIn(params, "FunctionName") ?? "";
  const { functions, hasDurableFunctions } = context.region.workloads;
  if (!hasDurableFunctions) throw restErrors.unknownAction("ListDurableExecutionsByFunction");
  if (functions.some(({ FunctionName }) => FunctionName === name)) return { DurableExecutions: [] };
  throw new SimulatedError("ResourceNotFoundException", `Function not found: ${arnOf(name, context)}`, 404);
}

/** AWS Lambda: functions and the account's limits, for reading. */
export const lambda: Service = {
  protocol: {
    ...paths,
    parse: (request) => {
      const [, FunctionName] = durableExecutions.exec(request.path) ?? [];
      return FunctionName === undefined
        ? paths.parse(request)
        : { action: "ListDurableExecutionsByFunction", params: { FunctionName: decodeURIComponent(FunctionName) } };
    },
  },
  errors: restErrors,
  actions: {
    GetAccountSettings: (_params, { region: { workloads } }) => ({
      AccountLimit: {
        ConcurrentExecutions: 1000,
        UnreservedConcurrentExecutions: workloads.unreservedConcurrency,
      },
    }),
    ListDurableExecutionsByFunction: listDurableExecutions,
    ListFunctions: listFunctions,
  },
};
