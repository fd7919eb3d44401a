import { expect, test } from "@jest/globals";
import { openAws } from "../../cli/input/aws-environment.ts";
import type { Aws, Io } from "../../cli/io.ts";
import { UsageError } from "../../lib/model/errors.ts";
import { runCli } from "./run-cli.ts";

const loadAws = async () => ({ profileNames: async () => ["production", "staging"] }) as unknown as Aws;
const list = '"aws configure list-profiles" lists the profiles.';

test.each<[Io["env"], string[], string]>([
  [
    { AWS_ENDPOINT_URL: "foo" },
    [],
    'AWS_ENDPOINT_URL is "foo", not a URL: set it to one, such as http://127.0.0.1:4566, or unset it.',
  ],
  [
    { AWS_ENDPOINT_URL_RDS: "localhost:4566" },
    [],
    'AWS_ENDPOINT_URL_RDS is "localhost:4566", not a URL: set it to one, such as http://127.0.0.1:4566, or unset it.',
  ],
  [
    { https_proxy: "proxy:3128" },
    [],
    'https_proxy is "proxy:3128", not a URL: set it to one, such as http://proxy.example.com:3128, or unset it.',
  ],
  [
    { AWS_ACCESS_KEY_ID: "x" },
    [],
    "AWS_ACCESS_KEY_ID is set, but AWS_SECRET_ACCESS_KEY is not: set both, or unset both.",
  ],
  [
    { AWS_SECRET_ACCESS_KEY: "x", AWS_ACCESS_KEY_ID: "" },
    [],
    "AWS_SECRET_ACCESS_KEY is set, but AWS_ACCESS_KEY_ID is not: set both, or unset both.",
  ],
  [{}, ["stagng"], `There is no AWS profile "stagng" (did you mean "staging"?): correct --profile; ${list}`],
  [{}, ["staging", "x"], `There is no AWS profile "x" (known: production, staging): correct --profile; ${list}`],
  [
    { AWS_PROFILE: "prodution" },
    [],
    `There is no AWS profile "prodution" (did you mean "production"?): correct AWS_PROFILE; ${list}`,
  ],
])("refuses %j with the profiles %j", async (env, profiles, message) => {
  await expect(openAws({ env, loadAws }, profiles)).rejects.toThrow(UsageError);
  await expect(openAws({ env, loadAws }, profiles)).rejects.toThrow(message);
});

test.each<[Io["env"], string[]]>([
  [{}, []],
  [{ AWS_ENDPOINT_URL: "http://127.0.0.1:4566", AWS_ENDPOINT_URL_S3: "" }, []],
  [{ HTTPS_PROXY: "http://proxy:3128", http_proxy: "", NO_PROXY: "x" }, []],
  [{ AWS_ACCESS_KEY_ID: "x", AWS_SECRET_ACCESS_KEY: "x" }, []],
  [{ AWS_ACCESS_KEY_ID: "x", AWS_PROFILE: "staging" }, []],
  [{ AWS_PROFILE: "stagng" }, ["production"]],
  [{ AWS_PROFILE: "" }, ["default"]],
])("accepts %j with the profiles %j", async (env, profiles) => {
  await expect(openAws({ env, loadAws }, profiles)).resolves.toBeDefined();
});

test.each([
  ["audit"],
  ["explain", "orders"],
  ["plan"],
  ["remediate", "orders"],
  ["approve", "id"],
  ["stop", "--state", "s3://bucket"],
])("%s checks the settings before it calls AWS", async (...argv) => {
  const ended = await runCli(argv, { env: { AWS_ENDPOINT_URL: "foo" } });
  expect(ended).toMatchObject({ status: 2, stdout: "", stderr: expect.stringContaining("AWS_ENDPOINT_URL") });
});
