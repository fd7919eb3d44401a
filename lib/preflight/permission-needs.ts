import { auditActions } from "../audit/permissions.ts";
import type { ActionName } from "../model/action.ts";
import type { PermissionNeed } from "../model/preflight.ts";
import type { Rule } from "../model/rule.ts";
import { actionPermissions, repairReads } from "../plan/repair-permissions.ts";

/** The IAM actions that an audit with these rules and these repairs need, in alphabetical order, each with what needs it. */
export function listPermissionNeeds(rules: readonly Rule[], repairs: readonly ActionName[]): readonly PermissionNeed[] {
  const ofAudit = auditActions(rules);
  const ofRepairs = repairs.flatMap((repair) => {
    const { calls, calledByRds } = actionPermissions[repair];
    return [...repairReads, ...calls, ...calledByRds];
  });
  return [...new Set([...ofAudit, ...ofRepairs])].sort().map((action) => toNeed(action, rules, repairs));
}

function toNeed(action: string, rules: readonly Rule[], repairs: readonly ActionName[]): PermissionNeed {
  const idsOf = (needs: (rule: Rule) => boolean) => rules.filter(needs).map(({ id }) => id);
  const reading = idsOf(({ reads }) => (reads as readonly string[]).includes(action));
  const confirming = idsOf(({ messages }) =>
    Object.values(messages).some(({ confirm }) => (confirm as readonly string[] | undefined)?.includes(action)),
  );
  const isRead = (repairReads as readonly string[]).includes(action);
  return {
    action,
    rules: reading,
    confirms: confirming.filter((id) => !reading.includes(id)),
    repairs: repairs.filter((repair) => {
      const { calls, calledByRds } = actionPermissions[repair];
      return isRead || calls.includes(action) || calledByRds.includes(action);
    }),
    isCalledByRds: repairs.some((repair) => actionPermissions[repair].calledByRds.includes(action)),
  };
}
