import { isUtf8 } from "node:buffer";
import { createHash } from "node:crypto";
import { constants, createReadStream } from "node:fs";
import { access, mkdtemp, realpath, stat, statfs, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, dirname, join, resolve } from "node:path";
import { UsageError } from "../../lib/model/errors.ts";
import { codeOf, messageOf } from "../error-info.ts";
import { nonEmpty } from "../input/option-values.ts";
import { replaceFile } from "./replace-file.ts";

/** A file could not be written after its content was made. The message says why. */
export class WriteError extends Error {
  override readonly name = "WriteError";
}

/** Reads a text file, at most `maxMegabytes` (10^6 bytes) of it. Throws a UsageError that names the file. */
export function readText(file: string, maxMegabytes: number): Promise<string> {
  return readTextStream(createReadStream(file), file, maxMegabytes);
}

/** Reads UTF-8 text, at most `maxMegabytes` (10^6 bytes) of it. Throws a UsageError that calls it by `name`. */
export async function readTextStream(
  stream: AsyncIterable<Buffer | string>,
  name: string,
  maxMegabytes: number,
): Promise<string> {
  return decode(await readStream(stream, name, maxMegabytes), name);
}

/** Reads a text file as `readText`, and its SHA-256, in hexadecimal. */
export async function readHashedText(file: string, maxMegabytes: number): Promise<{ text: string; sha256: string }> {
  const bytes = await readStream(createReadStream(file), file, maxMegabytes);
  return { text: decode(bytes, file), sha256: createHash("sha256").update(bytes).digest("hex") };
}

async function readStream(stream: AsyncIterable<Buffer | string>, name: string, maxMegabytes: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of stream) {
      size += chunk.length;
      if (size > maxMegabytes * 1_000_000)
        throw new UsageError(`${name} is too large: the limit is ${maxMegabytes} MB.`);
      chunks.push(Buffer.from(chunk));
    }
  } catch (error) {
    if (error instanceof UsageError) throw error;
    throw new UsageError(`${name} cannot be read: ${explainFileError(error)}.`);
  }
  return Buffer.concat(chunks);
}

function decode(bytes: Buffer, name: string): string {
  const isUtf16 = bytes.length > 1 && [0xfeff, 0xfffe].includes(bytes.readUInt16BE(0));
  if (isUtf16) throw new UsageError(`${name} is UTF-16 text: save it as UTF-8.`);
  if (bytes.includes(0) || !isUtf8(bytes)) throw new UsageError(`${name} is not a text file in UTF-8.`);
  return bytes.toString("utf8").replace(/^\uFEFF/, "");
}

/** Throws a UsageError if a file cannot be written, or is one of the files that are read. */
export async function checkWritable(
  file: string,
  option: string,
  read: readonly (string | undefined)[],
): Promise<void> {
  nonEmpty(option)(file);
  for (const other of read)
    if (other !== undefined && (await areSame(other, file)))
      throw new UsageError(`${option} ${file} would overwrite an input file: choose another name.`);
  try {
    const found = await stat(file).catch(() => null);
    if (found?.isDirectory()) throw new UsageError(`${option} ${file} cannot be written: it is a directory.`);
    if (found !== null) await access(file, constants.W_OK);
    if (found !== null && !found.isFile()) return;
    const folder = dirname(await locate(file));
    if (!(await stat(folder)).isDirectory())
      throw new UsageError(`${option} ${file} cannot be written: its folder is a file.`);
    await access(folder, constants.W_OK);
    const { blocks, bavail } = await statfs(folder);
    // A file system that does not count its blocks reports none.
    if (blocks > 0 && bavail === 0)
      throw new UsageError(`${option} ${file} cannot be written: no space is left on the device.`);
  } catch (error) {
    if (error instanceof UsageError) throw error;
    throw new UsageError(
      `${option} ${file} cannot be written: ${explainFileError(error, "its folder does not exist")}.`,
    );
  }
}

/** True if two paths lead to the same file, also through symbolic links. */
export async function areSame(one: string, other: string): Promise<boolean> {
  return (await locate(one)) === (await locate(other));
}

function locate(file: string): Promise<string> {
  return realpath(file).catch(() => resolve(file));
}

/**
 * Writes a whole file or nothing, and the parts of a text one after the other. Writes into a device or pipe, such as /dev/stdout, without
 * replacing it. Throws a WriteError.
 */
export async function writeWhole(file: string, text: string | Iterable<string>): Promise<void> {
  try {
    const found = await stat(file).catch(() => null);
    if (found === null || found.isFile()) replaceFile(file, text);
    else await writeFile(file, text);
  } catch (error) {
    throw new WriteError(`${file} could not be written: ${explainFileError(error)}.`, { cause: error });
  }
}

/** Writes a text to a new file in the folder for temporary files, with the name of the one that could not be written. Returns its path. */
export async function writeElsewhere(text: string | Iterable<string>, file: string): Promise<string> {
  const spare = join(await mkdtemp(join(tmpdir(), "rds-password-audit-")), basename(file));
  await writeWhole(spare, text);
  return spare;
}

/** Why the operating system refused a file, as part of a sentence. */
export function explainFileError(error: unknown, missing = "there is no such file"): string {
  switch (codeOf(error)) {
    case "ENOENT":
      return missing;
    case "EISDIR":
      return "it is a directory";
    case "ENOTDIR":
      return "a part of its path is not a directory";
    case "EACCES":
    case "EPERM":
      return "permission denied";
    case "ENOSPC":
      return "no space is left on the device";
    case "EDQUOT":
      return "the disk quota is used up";
    case "EFBIG":
      return "it is larger than the file system or the limits of the process allow";
    case "ELOOP":
      return "its symbolic links form a loop";
    default:
      return messageOf(error);
  }
}
