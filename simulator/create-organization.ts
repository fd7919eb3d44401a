import type { Cloud, Organization } from "./state.ts";

/** A member to create. Defaults: active, directly under the root. */
type MemberOptions = { id: string; name: string; state?: string; parent?: string };

/** The root of every simulated organization. */
export const rootId = "r-ab12";

/** Creates the organization of a cloud, and the accounts of its members. Units are given by ID, with their parents. */
export function createOrganization(
  cloud: Cloud,
  {
    managementAccount,
    members,
    units = {},
  }: { managementAccount: string; members: readonly MemberOptions[]; units?: Readonly<Record<string, string>> },
): Organization {
  for (const { id } of members) cloud.account(id);
  cloud.organization = {
    id: "o-a1b2c3d4e5",
    managementAccount,
    featureSet: "ALL",
    delegatedAdministrators: new Set(),
    trustsAccountManagement: true,
    members: new Map(
      members.map(({ id, name, state = "ACTIVE", parent = rootId }) => [id, { name, state, parent }] as const),
    ),
    units: new Map(Object.entries(units)),
    deniedRegions: new Set(),
    pageSize: 20,
    emptyPages: new Set(),
  };
  return cloud.organization;
}
