import { execFile, spawn } from "node:child_process"
import { once } from "node:events"
import { existsSync } from "node:fs"

/** Debian's own, which is what a fresh machine gets. Another `aws` may stand earlier on the path, so it is called by its place. */
const AWS = "/usr/bin/aws"

export interface Answer {
  readonly code: number

  /** As it stands, for the commands that print lines and no JSON. */
  readonly printed: string

  /** What it printed, parsed; undefined where that is nothing, or no JSON. */
  readonly output: unknown

  /** What it complained of, without the empty lines around it. */
  readonly complaint: string
}

export interface Caller {
  readonly endpoint: string
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sessionToken?: string

  /** Where the CLI finds neither a configuration nor somebody's credentials. */
  readonly home: string
}

/** Runs the real CLI; `words` are separated by single spaces, and further ones may hold anything. */
export function aws(caller: Caller, words: string, ...more: readonly string[]): Promise<Answer> {
  const { args, env } = commandLine(caller, words, more)
  return new Promise((resolve, reject) => {
    execFile(AWS, args, { env, encoding: "utf8" }, (error, printed, complaint) => {
      if (error !== null && typeof error.code !== "number") return reject(error)
      resolve({ code: Number(error?.code ?? 0), printed, output: parsed(printed), complaint: complaint.trim() })
    })
  })
}

export interface Following {
  /** Resolves with all that was printed so far once the text is part of it, however long that takes. */
  until(text: string): Promise<string>

  /** Ends it as Ctrl-C does. */
  stop(): Promise<void>
}

/** Starts the real CLI with a command that goes on until it is stopped. */
export function awsFollowing(caller: Caller, words: string, ...more: readonly string[]): Following {
  const { args, env } = commandLine(caller, words, more)
  const child = spawn(AWS, args, { env: { ...env, PYTHONUNBUFFERED: "1" }, stdio: ["ignore", "pipe", "inherit"] })
  const ended = once(child, "exit")
  let printed = ""
  child.stdout.setEncoding("utf8").on("data", (part: string) => {
    printed += part
  })
  return {
    async until(text) {
      while (!printed.includes(text)) {
        const hasEnded = await Promise.race([once(child.stdout, "data").then(() => false), ended.then(() => true)])
        if (hasEnded && !printed.includes(text)) throw new Error(`It ended without "${text}": ${printed}`)
      }
      return printed
    },
    async stop() {
      child.kill("SIGINT")
      await ended
    },
  }
}

function commandLine(caller: Caller, words: string, more: readonly string[]) {
  const { endpoint, accessKeyId, secretAccessKey, sessionToken, home } = caller
  if (!existsSync(AWS)) {
    throw new Error(`These tests run the AWS CLI at ${AWS}, and it is not there. Debian: apt-get install awscli.`)
  }
  const args = ["--endpoint-url", endpoint, "--output", "json", "--no-cli-pager", ...words.split(" "), ...more]
  const env = {
    PATH: process.env.PATH,
    HOME: home,
    LANG: "C.UTF-8",
    AWS_REGION: "us-east-1",
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
    ...(sessionToken !== undefined && { AWS_SESSION_TOKEN: sessionToken }),
  }
  return { args, env }
}

function parsed(printed: string): unknown {
  try {
    return JSON.parse(printed)
  } catch {
    return undefined
  }
}
