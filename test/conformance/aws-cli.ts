import { execFile } from "node:child_process"
import { existsSync } from "node:fs"

/** Debian's own, which is what a fresh machine gets. Another `aws` may stand earlier on the path, so it is called by its place. */
const AWS = "/usr/bin/aws"

export interface Answer {
  readonly code: number

  /** What it printed, parsed. */
  readonly output: unknown

  /** What it complained of, without the empty lines around it. */
  readonly complaint: string
}

export interface Caller {
  readonly endpoint: string
  readonly accessKeyId: string
  readonly secretAccessKey: string

  /** Where the CLI finds neither a configuration nor somebody's credentials. */
  readonly home: string
}

/** Runs the real CLI; `words` are separated by single spaces, and further ones may hold anything. */
export function aws(caller: Caller, words: string, ...more: readonly string[]): Promise<Answer> {
  if (!existsSync(AWS)) {
    throw new Error(`These tests run the AWS CLI at ${AWS}, and it is not there. Debian: apt-get install awscli.`)
  }
  const { endpoint, accessKeyId, secretAccessKey, home } = caller
  const args = ["--endpoint-url", endpoint, "--output", "json", "--no-cli-pager", ...words.split(" "), ...more]
  const env = {
    PATH: process.env.PATH,
    HOME: home,
    LANG: "C.UTF-8",
    AWS_REGION: "us-east-1",
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
  }
  return new Promise((resolve, reject) => {
    execFile(AWS, args, { env, encoding: "utf8" }, (error, printed, complaint) => {
      if (error !== null && typeof error.code !== "number") return reject(error)
      const output = printed === "" ? undefined : JSON.parse(printed)
      resolve({ code: Number(error?.code ?? 0), output, complaint: complaint.trim() })
    })
  })
}
