import { type DataDirectory, dataDirectory, isUsualPlace } from "../data.ts"
import { EXIT, Refusal } from "../exit.ts"

// Options that several commands have, written once.

export const dataOption = {
  data: {
    type: "string",
    value: "DIRECTORY",
    help: "where its data is (default /var/lib/homeport as root, else ~/.local/share/homeport)",
  },
} as const

export const serverOptions = {
  ...dataOption,
  port: { type: "string", value: "NUMBER", help: "the port to answer on (default 4566; 0 for any that is free)" },
  listen: {
    type: "string",
    multiple: true,
    value: "ADDRESS",
    help: "listen beyond the loopback, always with TLS; may be given several times",
  },
  postgres: {
    type: "string",
    value: "URL",
    help: "keep the journal in PostgreSQL (default HOMEPORT_POSTGRES; else a file in the data directory)",
  },
  advertise: { type: "string", value: "URL", help: "where other servers of this installation reach this one" },
  "tls-cert": {
    type: "string",
    value: "FILE",
    help: "certificate, with its chain (default: issued by Homeport's own authority)",
  },
  "tls-key": { type: "string", value: "FILE", help: "its private key" },
  dev: {
    type: "boolean",
    help: "accept any credentials, on the loopback only; an access key id of twelve digits names the account",
  },
  "log-level": { type: "string", value: "LEVEL", help: "debug, info, warn or error (default info)" },
} as const

export function dataOf({ data }: { readonly data?: string }): DataDirectory {
  return dataDirectory(data)
}

/** What to add to a command that is to find the same data. */
export function dataHint(data: DataDirectory): string {
  return isUsualPlace(data) ? "" : ` --data ${data.path}`
}

export function wholeNumber(option: string, text: string, min: number, max: number): number {
  const number = /^\d+$/.test(text) ? Number(text) : Number.NaN
  if (number >= min && number <= max) return number
  throw new Refusal(`--${option} takes a whole number from ${min} to ${max}, not "${text}".`, EXIT.usage)
}

export function oneOf<const Choice extends string>(option: string, text: string, choices: readonly Choice[]): Choice {
  const chosen = choices.find((choice) => choice === text)
  if (chosen !== undefined) return chosen
  throw new Refusal(`--${option} takes ${choices.join(" or ")}, not "${text}".`, EXIT.usage)
}
