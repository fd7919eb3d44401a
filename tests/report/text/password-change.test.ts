import { expect, test } from "@jest/globals";
import { describePasswordChange } from "../../../lib/report/text/password-change.ts";

test.each([
  ["Turn it on: aws rds modify-db-instance --db-instance-identifier a --manage-master-user-password", "then"],
  ["Rotate: aws rds modify-db-cluster --db-cluster-identifier a --rotate-master-user-password", "then"],
  ["Enable rotation: aws secretsmanager rotate-secret --secret-id a --no-rotate-immediately", "at each rotation"],
])("%s: the current password stops working %s", (remediation, when) => {
  expect(describePasswordChange(remediation)).toContain(`The current password stops working ${when}: `);
});

test.each([
  "",
  "Enable the key: aws kms enable-key --key-id a",
  "aws rds modify-db-instance --no-manage-master-user-password",
])("%j does not change the password by RDS", (remediation) => {
  expect(describePasswordChange(remediation)).toBeNull();
});
