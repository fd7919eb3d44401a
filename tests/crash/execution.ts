import type { GrantedApproval } from "../../lib/executions/create-repair.ts";
import type { RemediationRequest } from "../../lib/model/remediation-request.ts";
import type { Remediation } from "../../lib/remediate-database.ts";
import type { Stake } from "./life.ts";
import type { Memory } from "./workflow.ts";
import type { StoreName } from "./world.ts";

/** One execution: what it is to do, where it keeps what it knows, and what became of it. */
export type Execution = {
  readonly name: string;
  readonly request: RemediationRequest;
  readonly storeName: StoreName;
  readonly isAtTerminal: boolean;
  /** Of the person who stands by at a terminal, and does not wait for a window. */
  readonly approval: GrantedApproval | null;
  readonly memory: Memory;
  readonly stake: Stake;
  lives: number;
  end: "ended" | "threw" | null;
  result: Remediation | null;
};

export function createExecution(
  name: string,
  request: RemediationRequest,
  storeName: StoreName,
  approval: GrantedApproval | null = null,
): Execution {
  const isAtTerminal = name.startsWith("terminal-");
  const [memory, stake] = [{ checkpoints: [] }, { isHeld: false }];
  return { name, request, storeName, isAtTerminal, approval, memory, stake, lives: 0, end: null, result: null };
}
