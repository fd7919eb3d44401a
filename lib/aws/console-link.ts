/** Link to an object in the S3 console, which opens it for users who may read it. The key must need no URL encoding. */
export function toConsoleLink(region: string, bucket: string, key: string): string {
  return `https://${toHost(region)}/s3/object/${bucket}?region=${region}&prefix=${key}`;
}

/** China and GovCloud have one console host for all Regions. */
function toHost(region: string): string {
  if (region.startsWith("cn-")) return "console.amazonaws.cn";
  if (region.startsWith("us-gov-")) return "console.amazonaws-us-gov.com";
  return `${region}.console.aws.amazon.com`;
}
