import { XMLBuilder } from "fast-xml-parser";
import type { Params } from "../params.ts";
import type { SimulatedError } from "../simulated-error.ts";
import type { Protocol } from "./protocol.ts";

/** The XML element name of each list's items; `member` if absent. */
const elementNames: Readonly<Record<string, string>> = {
  AssociatedRoles: "DBInstanceRole",
  AvailabilityZones: "AvailabilityZone",
  DBClusterMembers: "DBClusterMember",
  DBClusters: "DBCluster",
  DBInstances: "DBInstance",
  DBParameterGroups: "DBParameterGroup",
  EventCategories: "EventCategory",
  Events: "Event",
  DomainMemberships: "DomainMembership",
  GlobalClusterMembers: "GlobalClusterMember",
  GlobalClusters: "GlobalClusterMember",
  OptionGroupMemberships: "OptionGroupMembership",
  ProcessorFeatures: "ProcessorFeature",
  ReadReplicaDBClusterIdentifiers: "ReadReplicaDBClusterIdentifier",
  ReadReplicaDBInstanceIdentifiers: "ReadReplicaDBInstanceIdentifier",
  ReadReplicaIdentifiers: "ReadReplicaIdentifier",
  StatusInfos: "DBInstanceStatusInfo",
  Subnets: "Subnet",
  TagList: "Tag",
  TenantDatabases: "TenantDatabase",
  VpcSecurityGroups: "VpcSecurityGroupMembership",
};

const builder = new XMLBuilder();

/** Converts a value for the XML builder: lists under their element name, dates as text, no missing fields. */
function toBuildable(value: unknown, name = ""): unknown {
  if (value instanceof Date) return value.toISOString();
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return { [elementNames[name] ?? "member"]: value.map((item) => toBuildable(item)) };
  return Object.fromEntries(
    Object.entries(value).flatMap(([field, item]) => (item == null ? [] : [[field, toBuildable(item, field)]])),
  );
}

type Nested = { [part: string]: Nested | string };

/** Nests the parts of a name such as `Filters.Filter.1.Values.Value.2`. */
function nest(fields: URLSearchParams): Nested {
  const root: Nested = {};
  for (const [path, value] of fields) {
    const parts = path.split(".");
    const last = parts.pop() as string;
    let at = root;
    for (const part of parts) {
      const next = at[part];
      at = at[part] = typeof next === "object" ? next : {};
    }
    at[last] = value;
  }
  return root;
}

/** Turns numbered parts into lists and drops the name that wraps them (`Filter`, `member`). */
function collapse(value: Nested | string): unknown {
  if (typeof value === "string") return value;
  const entries = Object.entries(value);
  if (entries.every(([part]) => /^\d+$/.test(part)))
    return entries.sort(([a], [b]) => Number(a) - Number(b)).map(([, item]) => collapse(item));
  const [only] = entries;
  const inner = only && collapse(only[1]);
  if (entries.length === 1 && Array.isArray(inner)) return inner;
  return Object.fromEntries(entries.map(([part, item]) => [part, collapse(item)]));
}

function document(root: string, namespace: string, content: object): string {
  return `<${root} xmlns="${namespace}">${builder.build(toBuildable(content))}</${root}>`;
}

/** The AWS Query protocol of RDS, SNS, and STS: form-encoded requests, XML responses. */
export function queryXml(namespace: string): Protocol {
  return {
    contentType: "text/xml",
    parse: ({ body }) => {
      const fields = new URLSearchParams(body);
      const action = fields.get("Action") ?? "";
      const params = Object.entries(nest(fields)).map(([name, value]) => [name, collapse(value)]);
      return { action, params: Object.fromEntries(params) as Params };
    },
    renderResponse: (action, answer, requestId) => ({
      body: document(`${action}Response`, namespace, {
        [`${action}Result`]: answer,
        ResponseMetadata: { RequestId: requestId },
      }),
    }),
    renderError: ({ code, message, status }: SimulatedError, requestId) => ({
      body: document("ErrorResponse", namespace, {
        Error: { Type: status >= 500 ? "Receiver" : "Sender", Code: code, Message: message },
        RequestId: requestId,
      }),
    }),
  };
}
