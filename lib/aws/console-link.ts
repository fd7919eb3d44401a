/** The page of an object in the S3 console, from where whoever may read it can open it. The key is one that needs no escaping. */
export function toConsoleLink(region: string, bucket: string, key: string): string {
  return `https://${toHost(region)}/s3/object/${bucket}?region=${region}&prefix=${key}`;
}

/** The partitions with a domain of their own have no host for each Region. */
function toHost(region: string): string {
  if (region.startsWith("cn-")) return "console.amazonaws.cn";
  if (region.startsWith("us-gov-")) return "console.amazonaws-us-gov.com";
  return `${region}.console.aws.amazon.com`;
}
