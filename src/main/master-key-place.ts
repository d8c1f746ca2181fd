import { execFileSync } from "node:child_process"
import type { Random } from "../world/world.ts"
import type { DataDirectory } from "./data.ts"
import { Refusal } from "./exit.ts"
import { decodeMasterKey, type MasterKey, openMasterKey, readMasterKey } from "./master-key.ts"

/** Where a server finds the master key of its installation. */
export interface MasterKeyPlace {
  /** As a sentence names it. */
  readonly name: string

  /** Undefined where there is none yet. */
  read(): MasterKey | undefined

  /** For a new installation. */
  open(random: Random): MasterKey
}

export interface AskedMasterKeyPlace {
  readonly data: Pick<DataDirectory, "masterKey">

  /** The key itself, as the environment hands it over. */
  readonly given?: string | undefined

  /** What to run to have it told. */
  readonly command?: string | undefined
}

/** A file in the data directory, unless the key is kept apart from it: with whoever starts Homeport, or behind a command. */
export function masterKeyPlace({ data, given, command }: AskedMasterKeyPlace): MasterKeyPlace {
  if (given !== undefined && command !== undefined) {
    throw new Refusal(
      "The master key is given twice: unset HOMEPORT_MASTER_KEY, or leave out the command that tells it.",
    )
  }
  if (given !== undefined) return told("HOMEPORT_MASTER_KEY", given)
  if (command !== undefined) return told(`the command "${command}"`, said(command))
  const { masterKey: path } = data
  return { name: path, read: () => readMasterKey(path), open: (random) => openMasterKey(path, random) }
}

function told(name: string, text: string): MasterKeyPlace {
  const key = decodeMasterKey(text)
  if (key === undefined) {
    throw new Refusal(
      `What ${name} gives is no master key: it has to be 32 bytes in base64, as "openssl rand -base64 32" makes them.`,
    )
  }
  return { name, read: () => key, open: () => key }
}

function said(command: string): string {
  try {
    // What it writes beside the key is for the operator; the key itself goes nowhere else.
    return execFileSync("/bin/sh", ["-c", command], {
      encoding: "utf8",
      stdio: ["ignore", "pipe", "inherit"],
      timeout: COMMAND_MS_MAX,
    })
  } catch (cause) {
    const { code, status } = cause as { readonly code?: string; readonly status?: number | null }
    const why = code === "ETIMEDOUT" ? "gave no answer for 30 seconds" : `ended with ${status ?? code}`
    throw new Refusal(`The command that is to tell the master key ${why}: ${command}`)
  }
}

const COMMAND_MS_MAX = 30_000
