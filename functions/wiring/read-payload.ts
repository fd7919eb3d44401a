type ReadLimits = { readonly maxBytes?: number; readonly seconds?: number };

/**
 * Reads the payload of a hook from its presigned URL. Default limits: 20 MB, of which two templates and the properties of 500 resources take a
 * part, and 10 seconds. Throws an error without the URL, which is a credential, and without the payload.
 */
export async function readPayload(
  url: string,
  { maxBytes = 20_000_000, seconds = 10 }: ReadLimits = {},
): Promise<string> {
  const signal = AbortSignal.timeout(seconds * 1000);
  const failed = (error: Error): never => {
    throw new Error(
      `The payload could not be read: ${error.name === "TimeoutError" ? `it took more than ${seconds} seconds` : error.name}.`,
    );
  };
  const response = await fetch(url, { signal, redirect: "error" }).catch(failed);
  if (!response.ok) throw new Error(`The payload could not be read: S3 answered ${response.status}.`);
  const chunks: Uint8Array[] = [];
  let size = 0;
  const reader = response.body?.getReader();
  for (;;) {
    const { done, value } = (await reader?.read().catch(failed)) ?? { done: true };
    if (done || value === undefined) return Buffer.concat(chunks).toString("utf8");
    size += value.length;
    if (size > maxBytes) {
      await reader?.cancel();
      throw new Error(`The payload is larger than ${maxBytes} bytes.`);
    }
    chunks.push(value);
  }
}
