import { describe, expect, test } from "@jest/globals";
import { AwsCallError, isTransient } from "../../lib/model/errors.ts";

const refused = (code: string) => new AwsCallError("rds:ModifyDBInstance", code, "No.");

describe("isTransient", () => {
  test.each([
    ...["Throttling", "ThrottlingException", "ThrottledException", "Throttled", "RequestThrottled"],
    ...["EC2ThrottledException", "TooManyRequestsException", "RequestLimitExceeded", "SlowDown"],
    ...["InternalFailure", "InternalError", "InternalErrorException", "InternalServerError", "InternalServerException"],
    ...["InternalServiceError", "InternalServiceErrorException", "KMSInternalException"],
    ...["ServiceUnavailable", "ServiceUnavailableException", "RequestTimeout", "RequestTimeoutException"],
    ...["TimeoutError", "DependencyTimeoutException"],
    ...["ECONNRESET", "ECONNREFUSED", "ECONNABORTED", "EPIPE", "ETIMEDOUT", "EHOSTUNREACH", "ENETUNREACH"],
    ...["ENOTFOUND", "EAI_AGAIN"],
  ])("%s passes", (code) => {
    expect(isTransient(refused(code))).toBe(true);
  });

  test.each([
    ...["AccessDenied", "AccessDeniedException", "ExpiredTokenException", "InvalidDBInstanceState"],
    ...["DBInstanceNotFound", "InvalidParameterCombination", "KMSKeyNotAccessibleFault", "LimitExceededException"],
    ...["EncryptionFailure", "ENOENT", "CERT_HAS_EXPIRED", "UnknownError", ""],
  ])("%s stays", (code) => {
    expect(isTransient(refused(code))).toBe(false);
  });

  test.each([
    Object.assign(new Error("Rate exceeded"), { name: "Throttling", code: "Throttling" }),
    "Throttling",
    null,
  ])("what is no call to AWS stays: %p", (error) => {
    expect(isTransient(error)).toBe(false);
  });
});
