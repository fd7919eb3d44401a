import { enforceable } from "../requirements.ts";

/** One command to run with the policy attached, and what should happen. */
type Trial = { readonly title: string; readonly expect: string; readonly command: string };

const password =
  '--master-user-password "$(aws secretsmanager get-random-password --password-length 30 --exclude-punctuation --query RandomPassword --output text)"';
const small =
  "--db-instance-class db.t4g.micro --engine postgres --allocated-storage 20 --master-username administrator";
const denied = "AccessDenied, and the message names an explicit deny";

/** Harmless if denied. What is allowed creates databases, so the plan deletes them at the end. */
const trials: readonly Trial[] = [
  {
    title: "Create an instance that is explicitly not managed",
    expect: denied,
    command: `aws rds create-db-instance --db-instance-identifier prevent-off ${small} --no-manage-master-user-password ${password}`,
  },
  {
    title: "Create an instance without the parameter",
    expect: `${denied}. If it is created, RDS does not send the condition key: write that down, and rely on the audit`,
    command: `aws rds create-db-instance --db-instance-identifier prevent-omitted ${small} ${password}`,
  },
  {
    title: "Create a managed instance",
    expect: "the instance is created",
    command: `aws rds create-db-instance --db-instance-identifier prevent-on ${small} --manage-master-user-password`,
  },
  {
    title: "Create a cluster that is not managed",
    expect: denied,
    command: `aws rds create-db-cluster --db-cluster-identifier prevent-cluster-off --engine aurora-postgresql --master-username administrator --no-manage-master-user-password ${password}`,
  },
  {
    title: "Create a managed cluster",
    expect: "the cluster is created",
    command:
      "aws rds create-db-cluster --db-cluster-identifier prevent-cluster-on --engine aurora-postgresql --master-username administrator --manage-master-user-password",
  },
  {
    title: "Add a member to the cluster",
    expect: "the member is created. If it is denied, detach the policy, because no one can add cluster members",
    command:
      "aws rds create-db-instance --db-instance-identifier prevent-member --db-cluster-identifier prevent-cluster-on --db-instance-class db.t4g.medium --engine aurora-postgresql",
  },
  {
    title: "Wait for the managed instance",
    expect: "the command returns",
    command: "aws rds wait db-instance-available --db-instance-identifier prevent-on",
  },
  {
    title: "Turn management off",
    expect: denied,
    command: `aws rds modify-db-instance --db-instance-identifier prevent-on --no-manage-master-user-password ${password}`,
  },
  {
    title: "Change something else of the managed instance",
    expect: "the instance is modified",
    command:
      "aws rds modify-db-instance --db-instance-identifier prevent-on --backup-retention-period 2 --apply-immediately",
  },
  {
    title: "Restore a snapshot of an engine other than Oracle, part 1",
    expect: "the snapshot is created",
    command: "aws rds create-db-snapshot --db-instance-identifier prevent-on --db-snapshot-identifier prevent-snapshot",
  },
  {
    title: "Restore a snapshot of an engine other than Oracle, part 2",
    expect: "the command returns",
    command: "aws rds wait db-snapshot-available --db-snapshot-identifier prevent-snapshot",
  },
  {
    title: "Restore a snapshot of an engine other than Oracle, part 3",
    expect: "unknown: AWS does not document it. If it is denied, restores need an exempt role",
    command:
      "aws rds restore-db-instance-from-db-snapshot --db-instance-identifier prevent-restored --db-snapshot-identifier prevent-snapshot",
  },
  {
    title: "As the exempt role: turn management off, which a toggle repair does",
    expect: "the instance is modified",
    command: `aws rds modify-db-instance --db-instance-identifier prevent-on --no-manage-master-user-password ${password}`,
  },
  {
    title: "As the exempt role: turn management on again",
    expect: "the instance is modified",
    command: "aws rds modify-db-instance --db-instance-identifier prevent-on --manage-master-user-password",
  },
];

const cleanUp = [
  ...["prevent-off", "prevent-omitted", "prevent-on", "prevent-member", "prevent-restored"].map(
    (name) => `aws rds delete-db-instance --db-instance-identifier ${name} --skip-final-snapshot`,
  ),
  ...["prevent-cluster-off", "prevent-cluster-on"].map(
    (name) => `aws rds delete-db-cluster --db-cluster-identifier ${name} --skip-final-snapshot`,
  ),
  "aws rds delete-db-snapshot --db-snapshot-identifier prevent-snapshot",
];

/** The test plan as a page of shell commands with comments, to run one by one in a sandbox account that the policy is attached to. */
export function makeTestPlan(): string {
  const tried = enforceable.map(({ action }) => action).join(", ");
  return [
    "# Run these commands one by one in a sandbox account with the policy attached, and compare each answer with what is expected.",
    "# They create databases that cost money until the last section deletes them. Commands that are denied create nothing.",
    `# The policy concerns ${tried}.`,
    ...trials.map(
      ({ title, expect, command }, index) => `\n# ${index + 1}. ${title}\n# Expected: ${expect}.\n${command}`,
    ),
    "\n# Clean up. A name that was never created answers NotFound.",
    ...cleanUp,
    "",
  ].join("\n");
}
