import { hidesDatabases } from "../../lib/audit/compare-reports.ts";
import { prepare } from "../../lib/audit/judge.ts";
import { type ClassifiedDatabase, describeDatabase } from "../../lib/model/database.ts";
import { UsageError } from "../../lib/model/errors.ts";
import type { Inventory } from "../../lib/model/inventory.ts";
import { suggest } from "../../lib/model/nearest.ts";
import type { Policy } from "../../lib/model/policy.ts";
import { chooseRotations, type Rotations, whyNotRotatable } from "../../lib/plan/choose-rotations.ts";
import { createLayout } from "../../lib/report/terminal/layout.ts";
import { makePrintable } from "../../lib/report/text/printable.ts";
import { listScopes } from "../../lib/report/text/scopes.ts";
import { exitStatus } from "../exit-status.ts";
import { type Io, write } from "../io.ts";
import { terminalOf } from "../output/terminal.ts";
import { isSelection, type RemediateOptions } from "../repairs/remediate-options.ts";
import { type Found, findDatabaseForSure } from "./find-database.ts";
import { refuseBoth } from "./option-values.ts";

type SelectionOptions = Pick<RemediateOptions, "tag" | "all">;

/** What to rotate, and what was selected but cannot be. `unread` lists where databases may be missing; null if nowhere. */
type RotationSelection = Omit<Rotations, "rotatable"> & {
  readonly rotatable: readonly Found[];
  readonly unread: string | null;
};

/** Throws a UsageError unless databases are selected in exactly one way. */
export function checkSelection(names: readonly string[], options: SelectionOptions): void {
  refuseBoth({ "--tag": options.tag, "--all": options.all });
  if (names.length > 0 && isSelection(options))
    throw new UsageError("Name databases, or select them with --tag or --all, not both.");
  if (names.length === 0 && !isSelection(options))
    throw new UsageError("Name the databases to rotate, before any options, or select them with --tag or --all.");
}

/** Selects databases by name, by tags, or all. Throws a UsageError if nothing is selected, or if a named database cannot be rotated. */
export function selectRotations(
  inventory: Inventory,
  names: readonly string[],
  options: SelectionOptions & { readonly policy: Policy },
): RotationSelection {
  if (!isSelection(options))
    return { rotatable: names.map((name) => findRotatable(name, inventory, options.policy)), others: [], unread: null };
  const { policy, tag: tags = {} } = options;
  const rotations = chooseRotations(inventory, { policy, tags });
  const gaps = [...inventory.gaps, ...inventory.targets.flatMap(({ gaps }) => gaps.filter(hidesDatabases))];
  const unread = gaps.length === 0 ? null : listScopes(gaps);
  if (rotations.rotatable.length + rotations.others.length === 0)
    throw new UsageError(`${describeNothing(inventory, tags)}${unread === null ? "" : ` ${describeUnread(unread)}`}`);
  return { ...rotations, unread };
}

function findRotatable(name: string, inventory: Inventory, policy: Policy): Found {
  const found = findDatabaseForSure(name, inventory);
  for (const { database } of prepare(found.target, policy, inventory.observedAt)) {
    if (database.arn !== found.database.arn) continue;
    const reason = whyNotRotatable(database);
    if (reason !== null) throw new UsageError(`${describeDatabase(database)} cannot be rotated: ${reason}.`);
  }
  return found;
}

function describeNothing({ targets }: Inventory, tags: Readonly<Record<string, string>>): string {
  const wanted = Object.entries(tags).map(([key, value]) => `${key}=${value}`);
  if (wanted.length === 0) return "There is no database in the accounts and Regions that were read.";
  const present = targets.flatMap(({ databases }) =>
    databases.flatMap(({ tags }) => Object.entries(tags).map(([key, value]) => `${key}=${value}`)),
  );
  const [tag = ""] = wanted.filter((one) => !present.includes(one));
  return tag === ""
    ? `No database has all of the tags ${wanted.join(", ")}.`
    : `No database has the tag ${tag}${suggest(tag, [...new Set(present)])}.`;
}

function describeUnread(unread: string): string {
  return `${unread} could not be read, so databases may be missing.`;
}

/** Lists the databases whose password stays as it is, and what could not be read. Returns the exit status of the command. */
export async function reportSelection({ others, unread }: RotationSelection, status: number, io: Io): Promise<number> {
  const { wrap, paint } = createLayout(terminalOf(io.stderr, io));
  const byReason = [...Map.groupBy(makePrintable(others), ({ reason }) => reason)];
  const lines = byReason.map(([reason, same]) => wrap(`${listNames(same)}: ${reason}.`, "  ", 4));
  if (lines.length > 0) await write(io.stderr, `\n${[paint.warn("NOT ROTATED"), ...lines].join("\n")}\n`);
  if (unread !== null) await write(io.stderr, `\n${wrap(describeUnread(makePrintable(unread)))}\n`);
  if (status !== exitStatus.clean) return status;
  if (others.length > 0) return exitStatus.findings;
  return unread === null ? exitStatus.clean : exitStatus.incomplete;
}

/** Names listed for one reason; the others are counted. */
const listed = 12;

function listNames(others: readonly { readonly database: ClassifiedDatabase }[]): string {
  const names = others.map(({ database }) => describeDatabase(database)).sort();
  const more = names.length - listed;
  return `${names.slice(0, listed).join(", ")}${more > 0 ? ` and ${more} more` : ""}`;
}
