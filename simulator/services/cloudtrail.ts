import { pageOf } from "../paging.ts";
import { listIn, numberIn, type Params, requiredIn, textIn } from "../params.ts";
import { json11 } from "../protocol/json.ts";
import { SimulatedError } from "../simulated-error.ts";
import { jsonErrors } from "./errors.ts";
import type { CallContext, Service } from "./service.ts";

function arnOf(name: string, { account, region }: CallContext): string {
  return `arn:${account.partition}:cloudtrail:${region.name}:${account.id}:trail/${name}`;
}

function trailOf(params: Params, name: string, context: CallContext) {
  const wanted = requiredIn(params, name);
  const trail = context.region.workloads.trails.find(({ Name }) => [Name, arnOf(Name, context)].includes(wanted));
  if (trail === undefined) throw new SimulatedError("TrailNotFoundException", `Unknown trail: ${wanted}`);
  return trail;
}

/** CloudTrail keeps events for 90 days and takes one attribute. */
function lookupEvents(params: Params, { region }: CallContext): object {
  const [attribute] = listIn<Params>(params, "LookupAttributes");
  const [key, value] = [textIn(attribute ?? {}, "AttributeKey"), textIn(attribute ?? {}, "AttributeValue")];
  const start = (numberIn(params, "StartTime") ?? 0) * 1000;
  const isWanted = (event: Params): boolean => {
    if (key === undefined) return true;
    if (key === "ResourceName")
      return listIn<Params>(event, "Resources").some((resource) => textIn(resource, "ResourceName") === value);
    return textIn(event, key) === value;
  };
  const { items, next } = pageOf(
    region.workloads.trailEvents.filter((event) => event.EventTime.getTime() >= start && isWanted(event)),
    {
      size: numberIn(params, "MaxResults") ?? 50,
      token: textIn(params, "NextToken"),
      scope: "LookupEvents",
      invalid: () => new SimulatedError("InvalidNextTokenException", "The specified next token is not valid."),
    },
  );
  return { Events: items, NextToken: next };
}

/** AWS CloudTrail: trails and the event history, for reading. */
export const cloudTrail: Service = {
  protocol: json11("message"),
  errors: jsonErrors,
  actions: {
    DescribeTrails: (_params, context) => ({
      trailList: context.region.workloads.trails.map(({ Name }) => ({ Name, TrailARN: arnOf(Name, context) })),
    }),
    GetTrailStatus: (params, context) => ({ IsLogging: trailOf(params, "Name", context).isLogging }),
    GetEventSelectors: (params, context) => {
      const { hasManagementEvents = true } = trailOf(params, "TrailName", context);
      return { EventSelectors: [{ ReadWriteType: "All", IncludeManagementEvents: hasManagementEvents }] };
    },
    LookupEvents: lookupEvents,
  },
};
