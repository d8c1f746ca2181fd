import { isIPv4 } from "node:net"
import { type DataDirectory, dataDirectory } from "../data.ts"
import { EXIT, Refusal } from "../exit.ts"
import { isLoopback } from "../tls.ts"

// Options that several commands have, written once.

export const dataOption = {
  data: {
    type: "string",
    value: "DIRECTORY",
    help: "where its data is (default /var/lib/homeport as root, else ~/.local/share/homeport)",
  },
} as const

export const logOption = {
  "log-level": { type: "string", value: "LEVEL", help: "debug, info, warn or error (default info)" },
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
  "master-key-command": {
    type: "string",
    value: "COMMAND",
    help: "prints the master key (default HOMEPORT_MASTER_KEY_COMMAND, or the key in HOMEPORT_MASTER_KEY; else a file with the data)",
  },
  postgres: {
    type: "string",
    value: "URL",
    help: "keep the journal in PostgreSQL (default HOMEPORT_POSTGRES; else a file in the data directory)",
  },
  "public-range": {
    type: "string",
    value: "CIDR",
    help: "where public addresses come from (default 198.18.0.0/15, which leads nowhere outside; kept once it is named)",
  },
  "upstream-registry": {
    type: "string",
    multiple: true,
    value: "HOST",
    help: "a registry that pull-through cache rules may name beside those of AWS's list; may be given several times",
  },
  "images-s3": {
    type: "string",
    value: "URL",
    help: "keep images in an S3-compatible store (default: in the data directory); needs a bucket and credentials",
  },
  "images-s3-bucket": { type: "string", value: "NAME", help: "of that store, for images alone; it has to be there" },
  "images-s3-credentials": {
    type: "string",
    value: "FILE",
    help: "the key to it, as the AWS CLI's credentials file has it; readable by its owner only",
  },
  "images-s3-region": { type: "string", value: "NAME", help: "that the store goes by (default us-east-1)" },
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
  ...logOption,
} as const

export const nodeOptions = {
  ...dataOption,
  engine: {
    type: "string",
    value: "NAME",
    help: "what runs the containers: containerd or docker (default: as before, else what works here)",
  },
  containerd: {
    type: "string",
    value: "SOCKET",
    help: "a containerd that runs already (default: Homeport starts one of its own)",
  },
  underlay: {
    type: "string",
    value: "ADDRESS",
    help: "where other machines reach this one (default: the address by which it reaches its region)",
  },
  "no-task-endpoint": {
    type: "boolean",
    help: "tell containers nothing of the region's endpoint (default: AWS_ENDPOINT_URL in their environment)",
  },
  "s3-endpoint": {
    type: "string",
    value: "URL",
    help: "where environment files lie (default: buckets of the region's own); needs --s3-credentials",
  },
  "s3-credentials": {
    type: "string",
    value: "FILE",
    help: "the key to it, as the AWS CLI's credentials file has it; readable by its owner only",
  },
  "stats-interval": {
    type: "string",
    value: "SECONDS",
    help: "between two reports of what containers use (default 20, as ECS)",
  },
  ...logOption,
} as const

export function dataOf({ data }: { readonly data?: string }): DataDirectory {
  return dataDirectory(data)
}

export function wholeNumber(option: string, text: string, min: number, max: number): number {
  const number = /^\d+$/.test(text) ? Number(text) : Number.NaN
  if (number >= min && number <= max) return number
  throw new Refusal(`--${option} takes a whole number from ${min} to ${max}, not "${text}".`, EXIT.usage)
}

/** An IPv4 address by which others know this machine. */
export function ownAddress(option: string, text: string): string {
  if (isIPv4(text) && !isLoopback(text) && text !== "0.0.0.0") return text
  throw new Refusal(`--${option} takes an IPv4 address that this machine has, not "${text}".`, EXIT.usage)
}

export function oneOf<const Choice extends string>(option: string, text: string, choices: readonly Choice[]): Choice {
  const chosen = choices.find((choice) => choice === text)
  if (chosen !== undefined) return chosen
  throw new Refusal(`--${option} takes ${choices.join(" or ")}, not "${text}".`, EXIT.usage)
}
