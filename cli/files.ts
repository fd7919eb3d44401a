import { constants } from "node:fs";
import { access, readFile, realpath, stat, writeFile } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import writeFileAtomic from "write-file-atomic";
import { UsageError } from "../lib/model/errors.ts";
import { codeOf, messageOf } from "./error-info.ts";

/** Reads a file that the user named. Throws a UsageError of one sentence. */
export async function readText(file: string): Promise<string> {
  try {
    return await readFile(file, "utf8");
  } catch (error) {
    throw new UsageError(`${file} cannot be read: ${explain(error)}.`);
  }
}

/** Makes sure that a file can be written, before anything is done for it; the files that are read may not be written. */
export async function checkWritable(
  file: string,
  option: string,
  read: readonly (string | undefined)[],
): Promise<void> {
  for (const other of read)
    if (other !== undefined && (await areSame(other, file)))
      throw new UsageError(`${option} ${file} would overwrite a file that is read.`);
  try {
    const found = await stat(file).catch(() => null);
    if (found?.isDirectory()) throw new UsageError(`${option} ${file} cannot be written: it is a directory.`);
    if (found !== null) await access(file, constants.W_OK);
    if (found !== null && !found.isFile()) return;
    const folder = dirname(await locate(file));
    if (!(await stat(folder)).isDirectory())
      throw new UsageError(`${option} ${file} cannot be written: its folder is a file.`);
    await access(folder, constants.W_OK);
  } catch (error) {
    if (error instanceof UsageError) throw error;
    throw new UsageError(`${option} ${file} cannot be written: ${explain(error, "its folder does not exist")}.`);
  }
}

/** Whether two paths lead to one file, be it by way of a symbolic link. */
export async function areSame(one: string, other: string): Promise<boolean> {
  return (await locate(one)) === (await locate(other));
}

function locate(file: string): Promise<string> {
  return realpath(file).catch(() => resolve(file));
}

/** Writes a file as a whole or not at all. A device or a pipe, as in /dev/stdout, is written to, not replaced. */
export async function writeWhole(file: string, text: string): Promise<void> {
  const found = await stat(file).catch(() => null);
  if (found === null || found.isFile()) await writeFileAtomic(file, text);
  else await writeFile(file, text);
}

function explain(error: unknown, missing = "there is no such file"): string {
  const code = codeOf(error);
  if (code === "ENOENT") return missing;
  if (code === "EISDIR") return "it is a directory";
  if (code === "ENOTDIR") return "a part of its path is no directory";
  if (code === "EACCES" || code === "EPERM") return "it is not allowed";
  return messageOf(error);
}
