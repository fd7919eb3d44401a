/** Options of the AWS CLI by when the password changes, and the sentence for each. */
const changes: readonly [RegExp, string][] = [
  [
    / --(manage|rotate)-master-user-password\b/,
    "The current password stops working then: clients must read the new one from the secret.",
  ],
  [
    /\baws secretsmanager rotate-secret\b/,
    "The current password stops working at each rotation: clients must read the new one from the secret.",
  ],
];

/** Warns about the password, in a sentence, if the commands of a remediation turn management on or rotate it; otherwise null. */
export function describePasswordChange(remediation: string): string | null {
  return changes.find(([command]) => command.test(remediation))?.[1] ?? null;
}
