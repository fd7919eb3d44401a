import type { DBCluster, DBInstance } from "@aws-sdk/client-rds";

/** The fields of a DB instance that are read: a fifth of what RDS sends. */
const instanceFields = [
  "DBClusterIdentifier",
  "DBInstanceArn",
  "DBInstanceIdentifier",
  "DBInstanceStatus",
  "DbiResourceId",
  "Engine",
  "EngineVersion",
  "IAMDatabaseAuthenticationEnabled",
  "InstanceCreateTime",
  "KmsKeyId",
  "MasterUserSecret",
  "MultiTenant",
  "PendingModifiedValues",
  "PreferredMaintenanceWindow",
  "ReadReplicaDBClusterIdentifiers",
  "ReadReplicaDBInstanceIdentifiers",
  "ReadReplicaSourceDBClusterIdentifier",
  "ReadReplicaSourceDBInstanceIdentifier",
  "StorageEncrypted",
  "TagList",
] as const satisfies readonly (keyof DBInstance)[];

/** The fields of a DB cluster that are read. */
const clusterFields = [
  "ClusterCreateTime",
  "ClusterScalabilityType",
  "DBClusterArn",
  "DBClusterIdentifier",
  "DbClusterResourceId",
  "Engine",
  "EngineMode",
  "EngineVersion",
  "GlobalClusterIdentifier",
  "GlobalWriteForwardingStatus",
  "IAMDatabaseAuthenticationEnabled",
  "InternetAccessGatewayEnabled",
  "KmsKeyId",
  "MasterUserSecret",
  "PendingModifiedValues",
  "PreferredMaintenanceWindow",
  "RdsCustomClusterConfiguration",
  "ReadReplicaIdentifiers",
  "ReplicationSourceIdentifier",
  "Status",
  "StorageEncrypted",
  "TagList",
  "VPCNetworkingEnabled",
] as const satisfies readonly (keyof DBCluster)[];

export type ReadInstance = Pick<DBInstance, (typeof instanceFields)[number]>;
export type ReadCluster = Pick<DBCluster, (typeof clusterFields)[number]>;

/** The fields by the element that holds them in a page. */
export const fieldsOf: ReadonlyMap<string, ReadonlySet<string>> = new Map<string, ReadonlySet<string>>([
  ["DBInstance", new Set(instanceFields)],
  ["DBCluster", new Set(clusterFields)],
]);

/** An element without its attributes, as the parser of the SDK has it: its text, or its children, in a list where a name repeats. */
type Element = string | Children;
type Children = { [name: string]: Element | Element[] };

/** A page, the position up to which it is read, and its texts so far, each once. */
type Reader = { readonly xml: string; at: number; readonly texts: Map<string, string> };

/** Deeper elements than RDS has. */
const maxDepth = 20;

const pageStart = /^(?:<\?xml [^<>]*\?>)?\s*<(DescribeDB(?:Instances|Clusters)Response)(?: xmlns="[^"<>&]*")?>/;
const tagName = /^[A-Za-z][A-Za-z0-9]*$/;
const entity = /&(?:#x([0-9a-fA-F]{1,6})|#(\d{1,7})|([a-zA-Z][a-zA-Z0-9]{0,30}));/g;
const entities: ReadonlyMap<string, string> = new Map(
  Object.entries({ amp: "&", lt: "<", gt: ">", quot: '"', apos: "'" }),
);

/**
 * Reads a page of DB instances or DB clusters as the parser of the SDK does, but only the fields above, and eight times as fast. Returns the
 * content of the root element. Null for every other answer, and for a page with more than plain elements and text, such as comments, CDATA,
 * attributes, mixed content or a mistake: the SDK must read it.
 */
export function readPage(xml: string): Children | null {
  const [start = "", root] = pageStart.exec(xml) ?? [];
  if (root === undefined || xml.includes("\r")) return null;
  const content = readContent({ xml, at: start.length, texts: new Map() }, root, { depth: 0, skipped: false });
  return typeof content === "string" ? null : content;
}

/** True for a page of DB instances or DB clusters, in whatever form. */
export function isPage(xml: string): boolean {
  return /<(?:\w+:)?DescribeDB(?:Instances|Clusters)Response[\s/>]/.test(xml);
}

/** Reads from the end of a start tag to the end of its end tag. Null for what the SDK must read. A skipped element is only checked. */
function readContent(
  reader: Reader,
  name: string,
  { depth, skipped }: { depth: number; skipped: boolean },
): Element | null {
  const { xml } = reader;
  const fields = fieldsOf.get(name);
  const children: Children = {};
  let isEmpty = true;
  while (depth < maxDepth) {
    const from = xml.indexOf("<", reader.at);
    const to = xml.indexOf(">", from);
    if (from === -1 || to === -1) return null;
    const text = xml.slice(reader.at, from);
    reader.at = to + 1;
    if (xml[from + 1] === "/") {
      if (xml.slice(from + 2, to) !== name) return null;
      if (isEmpty) return skipped ? "" : keep(reader, toText(text));
      return isIndent(text) ? children : null;
    }
    if (!isIndent(text)) return null;
    isEmpty = false;
    const closesItself = xml[to - 1] === "/";
    const tag = xml.slice(from + 1, closesItself ? to - 1 : to);
    if (!tagName.test(tag)) return null;
    const isSkipped = skipped || fields?.has(tag) === false;
    const value = closesItself ? "" : readContent(reader, tag, { depth: depth + 1, skipped: isSkipped });
    if (value === null || (!isSkipped && !add(children, tag, value))) return null;
  }
  return null;
}

/** Copies a text, once a page. A part of a string would keep the whole string in memory, here a page of 500 kB. */
function keep({ texts }: Reader, text: string): string {
  const kept = texts.get(text);
  if (kept !== undefined) return kept;
  const copy = copyText(text);
  texts.set(copy, copy);
  return copy;
}

const bytes = Buffer.alloc(256);

/** Most texts are short and have one byte a character. What is joined with something is a new string too, but takes more memory. */
function copyText(text: string): string {
  const copy = text.length > bytes.length ? "" : bytes.toString("latin1", 0, bytes.write(text, "latin1"));
  return copy === text ? copy : `${text} `.slice(0, -1);
}

/** Adds a child; false for a name that every object has. */
function add(children: Children, name: string, value: Element): boolean {
  const earlier = children[name];
  if (earlier === undefined) children[name] = value;
  else if (!Object.hasOwn(children, name)) return false;
  else if (Array.isArray(earlier)) earlier.push(value);
  else children[name] = [earlier, value];
  return true;
}

/** The SDK keeps blanks, but drops them if they contain a line break. */
function isIndent(text: string): boolean {
  return text === "" || (text.includes("\n") && text.trim() === "");
}

/** As the SDK decodes a text: an unknown entity is nothing. */
function toText(text: string): string {
  const decoded = text.includes("&")
    ? text.replace(entity, (_, hex, decimal, named) =>
        hex !== undefined || decimal !== undefined
          ? String.fromCharCode(hex === undefined ? Number(decimal) : Number.parseInt(hex, 16))
          : (entities.get(named) ?? ""),
      )
    : text;
  return isIndent(decoded) ? "" : decoded;
}
