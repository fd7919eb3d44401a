import { expect, test } from "@jest/globals";
import { describeExemptionEnd } from "../../../lib/report/text/describe-finding.ts";

const now = "2026-11-24T12:00:00.000Z";

test.each([
  ["2026-11-23", "ended on 2026-11-23"],
  ["2026-11-24", "ends today (2026-11-24)"],
  ["2026-11-25", "ends in 1 day (2026-11-25)"],
  ["2026-11-26", "ends in 2 days (2026-11-26)"],
  ["2026-11-29", "ends in 5 days (2026-11-29)"],
  ["2027-01-23", "ends in 60 days (2027-01-23)"],
  ["2027-01-24", "until 2027-01-24"],
])("an exemption until %s %s", (until, text) => expect(describeExemptionEnd(until, now)).toBe(text));
