import { formatNumber } from "./count.ts";

/** Where something is: an account, and a Region or nothing, for what concerns the account as a whole. */
export type Scope = { readonly account: string; readonly region: string };

/** "123456789012 eu-west-1", as headings and lists have it. */
export function describeScope({ account, region }: Scope): string {
  return [account, region].filter((part) => part !== "" && part !== "*").join(" ") || "everywhere";
}

/** How many places a list shows before it says only how many more there are. */
const shown = 6;

/** "123456789012 eu-west-1, us-east-1; 210987654321 eu-west-1; and 40 more": each place once, by account. */
export function listScopes(scopes: readonly Scope[]): string {
  const distinct = [...Map.groupBy(scopes, describeScope).values()].flatMap(([scope]) => scope ?? []);
  const accounts = [...Map.groupBy(distinct.slice(0, shown), ({ account }) => account).values()].map((regions) => {
    const [{ account = "" } = {}] = regions;
    return describeScope({ account, region: regions.map(({ region }) => region).join(", ") });
  });
  const more = distinct.length - shown;
  return more > 0 ? `${accounts.join("; ")}; and ${formatNumber(more)} more` : accounts.join("; ");
}
