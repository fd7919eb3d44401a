import { formatNumber } from "./count.ts";
import { groupBy } from "./group.ts";

/** A scope: an account and a Region; "" or "*" for the account as a whole. */
export type AccountRegion = {
  readonly account: string;
  readonly region: string;
  readonly location?: { readonly file: string } | undefined;
};

/** "123456789012 eu-west-1", or the file that `check` judged. */
export function describeScope({ account, region, location }: AccountRegion): string {
  if (location !== undefined) return location.file;
  return [account, region].filter((part) => part !== "" && part !== "*").join(" ") || "everywhere";
}

/** Scopes listed by name; the others are counted. */
const listed = 6;

/** "123456789012 eu-west-1, us-east-1; 210987654321 eu-west-1; and 40 more": distinct scopes, grouped by account. */
export function listScopes(scopes: readonly AccountRegion[]): string {
  const distinct = groupBy(scopes, describeScope).map(([, [scope]]) => scope);
  const files = distinct.slice(0, listed).flatMap(({ location }) => location?.file ?? []);
  const accounts =
    files.length > 0
      ? files
      : groupBy(distinct.slice(0, listed), ({ account }) => account).map(([account, regions]) =>
          describeScope({ account, region: regions.map(({ region }) => region).join(", ") }),
        );
  const more = distinct.length - listed;
  return [...accounts, ...(more > 0 ? [`and ${formatNumber(more)} more`] : [])].join("; ");
}
