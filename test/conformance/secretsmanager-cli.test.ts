import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, beforeAll, expect, test } from "vitest"
import { type ServerProcess, startServer } from "../e2e/process.ts"
import { aws, type Caller } from "./aws-cli.ts"

// The AWS CLI against a real process, with keys, secrets and parameters. Starting takes the CLI most of a second, so calls are few.

let folder: string
let server: ServerProcess
let caller: Caller

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "homeport-secrets-cli-"))
  server = startServer(join(folder, "data"))
  const endpoint = await server.ready
  const { accessKeyId, secretAccessKey } = await server.credentials()
  caller = { endpoint, accessKeyId, secretAccessKey, home: folder }
}, 60_000)

afterAll(async () => {
  await server.kill()
  rmSync(folder, { recursive: true })
})

async function answered<T>(words: string, ...more: readonly string[]): Promise<T> {
  const { code, output, complaint } = await aws(caller, words, ...more)
  expect({ code, complaint }).toEqual({ code: 0, complaint: "" })
  return output as T
}

const refused = async (words: string) => (await aws(caller, words)).complaint

const SECRET = "correct-horse-battery-staple"

test("the CLI works with keys", { timeout: 120_000 }, async () => {
  const kms = <T>(words: string, ...more: readonly string[]) => answered<T>(`kms ${words}`, ...more)
  const { KeyMetadata } = await kms<{ KeyMetadata: { KeyId: string; Arn: string } }>("create-key --description shop")
  const { KeyId } = KeyMetadata
  await kms(`create-alias --alias-name alias/shop --target-key-id ${KeyId}`)
  const { CiphertextBlob } = await kms<{ CiphertextBlob: string }>(
    "encrypt --key-id alias/shop --encryption-context order=7 --plaintext",
    Buffer.from(SECRET).toString("base64"),
  )
  const opened = await kms<{ Plaintext: string }>(
    "decrypt --encryption-context order=7 --ciphertext-blob",
    CiphertextBlob,
  )
  expect(Buffer.from(opened.Plaintext, "base64").toString()).toBe(SECRET)
  await kms(`enable-key-rotation --key-id ${KeyId}`)
  expect(await kms(`get-key-rotation-status --key-id ${KeyId}`)).toMatchObject({ KeyRotationEnabled: true })
  expect(await refused("kms describe-key --key-id alias/none")).toContain(
    "An error occurred (NotFoundException) when calling the DescribeKey operation: Alias arn:aws:kms:us-east-1:",
  )
})

test("the CLI works with secrets", { timeout: 120_000 }, async () => {
  const secrets = <T>(words: string, ...more: readonly string[]) => answered<T>(`secretsmanager ${words}`, ...more)
  const { ARN } = await secrets<{ ARN: string }>("create-secret --name shop/db --secret-string", SECRET)
  expect(await secrets("get-secret-value --secret-id shop/db")).toMatchObject({ ARN, SecretString: SECRET })
  await secrets(`put-secret-value --secret-id ${ARN} --secret-string ${SECRET}-2`)
  expect(await secrets("get-secret-value --secret-id shop/db --version-stage AWSPREVIOUS")).toMatchObject({
    SecretString: SECRET,
  })
  expect(await secrets("list-secrets --filters Key=name,Values=shop/")).toMatchObject({ SecretList: [{ ARN }] })
  const password = await secrets<{ RandomPassword: string }>("get-random-password --password-length 20")
  expect(password.RandomPassword).toHaveLength(20)
  await secrets("delete-secret --secret-id shop/db --recovery-window-in-days 7")
  expect(await refused("secretsmanager get-secret-value --secret-id shop/db")).toBe(
    "An error occurred (InvalidRequestException) when calling the GetSecretValue operation: You can't perform this operation on the secret because it was marked for deletion.",
  )
  await secrets("restore-secret --secret-id shop/db")
})

test("the CLI works with parameters", { timeout: 120_000 }, async () => {
  const ssm = <T>(words: string, ...more: readonly string[]) => answered<T>(`ssm ${words}`, ...more)
  await ssm(`put-parameter --name /shop/password --type SecureString --value ${SECRET}`)
  await ssm(`put-parameter --name /shop/url --type String --value ${SECRET}`)
  expect(await ssm("get-parameters-by-path --path /shop --with-decryption")).toMatchObject({
    Parameters: [
      { Name: "/shop/password", Value: SECRET },
      { Name: "/shop/url", Value: SECRET },
    ],
  })
  const path = "/aws/service/ecs/optimized-ami/amazon-linux-2023/recommended"
  const { Parameter } = await ssm<{ Parameter: { Value: string } }>(`get-parameter --name ${path}`)
  expect(JSON.parse(Parameter.Value)).toMatchObject({ image_id: expect.stringMatching(/^ami-/) })
  expect(await refused("ssm get-parameter --name /none")).toContain("(ParameterNotFound)")
  const filters = "--parameter-filters Key=Path,Option=Recursive,Values=/shop"
  expect(await ssm(`describe-parameters ${filters}`)).toMatchObject({ Parameters: [{}, {}] })
})

test("nothing of all that was kept lies on the disk or in the log in the clear", async () => {
  await server.kill()
  const files = readdirSync(join(folder, "data"), { recursive: true, withFileTypes: true }).filter((file) =>
    file.isFile(),
  )
  const contents = files.map(({ parentPath, name }) => readFileSync(join(parentPath, name)))
  const holds = (text: string) => contents.some((content) => content.includes(text))
  expect(holds("shop/db")).toBe(true)
  for (const form of [
    SECRET,
    Buffer.from(SECRET).toString("base64").slice(0, -4),
    Buffer.from(SECRET).toString("hex"),
  ]) {
    expect(holds(form)).toBe(false)
    expect(server.log()).not.toContain(form)
  }
})
