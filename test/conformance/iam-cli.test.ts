import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, beforeAll, expect, test } from "vitest"
import { testIssuer } from "../../src/services/sts/testing.ts"
import { type ServerProcess, startServer } from "../e2e/process.ts"
import { aws, type Caller } from "./aws-cli.ts"

// The AWS CLI against a real process. Starting takes the CLI most of a second, so calls are few.

const ISSUER = "token.example.com"

let folder: string
let server: ServerProcess
let root: Caller
let account: string

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "homeport-iam-cli-"))
  server = startServer(join(folder, "data"))
  const endpoint = await server.ready
  const credentials = await server.credentials()
  account = credentials.account
  const { accessKeyId, secretAccessKey } = credentials
  root = { endpoint, accessKeyId, secretAccessKey, home: folder }
})

afterAll(async () => {
  await server.kill()
  rmSync(folder, { recursive: true })
})

async function answered<T>(caller: Caller, words: string, ...more: readonly string[]): Promise<T> {
  const { code, output, complaint } = await aws(caller, words, ...more)
  expect({ code, complaint }).toEqual({ code: 0, complaint: "" })
  return output as T
}

const complaint = async (caller: Caller, words: string) => (await aws(caller, words)).complaint

function policy(...statements: object[]): string {
  return JSON.stringify({ Version: "2012-10-17", Statement: statements })
}

interface Taken {
  readonly Credentials: {
    readonly AccessKeyId: string
    readonly SecretAccessKey: string
    readonly SessionToken: string
  }
  readonly AssumedRoleUser: { readonly Arn: string }
}

function session({ Credentials }: Taken): Caller {
  const { AccessKeyId, SecretAccessKey, SessionToken } = Credentials
  return { ...root, accessKeyId: AccessKeyId, secretAccessKey: SecretAccessKey, sessionToken: SessionToken }
}

test("a user with a policy for some of ECS is refused the rest, and takes the role that it may take", async () => {
  const allowed = { Effect: "Allow", Action: ["ecs:ListClusters", "sts:AssumeRole"], Resource: "*" }
  await answered(root, "iam create-user --user-name ann --tags Key=team,Value=a")
  await answered(root, "iam put-user-policy --user-name ann --policy-name own --policy-document", policy(allowed))
  interface Made {
    readonly AccessKey: { readonly AccessKeyId: string; readonly SecretAccessKey: string }
  }
  const { AccessKey } = await answered<Made>(root, "iam create-access-key --user-name ann")
  const ann: Caller = { ...root, accessKeyId: AccessKey.AccessKeyId, secretAccessKey: AccessKey.SecretAccessKey }

  expect(await answered(ann, "ecs list-clusters")).toEqual({ clusterArns: [] })
  expect(await complaint(ann, "ecs create-cluster --cluster-name shop")).toBe(
    `An error occurred (AccessDeniedException) when calling the CreateCluster operation: User: arn:aws:iam::${account}:user/ann is not authorized to perform: ecs:CreateCluster on resource: arn:aws:ecs:us-east-1:${account}:cluster/shop because no identity-based policy allows the ecs:CreateCluster action`,
  )
  expect(await complaint(ann, "ec2 describe-vpcs")).toContain("(UnauthorizedOperation)")

  await answered(
    root,
    "iam create-role --role-name deploy --assume-role-policy-document",
    policy({ Effect: "Allow", Principal: { AWS: `arn:aws:iam::${account}:user/ann` }, Action: "sts:AssumeRole" }),
  )
  await answered(
    root,
    "iam attach-role-policy --role-name deploy --policy-arn arn:aws:iam::aws:policy/AmazonECS_FullAccess",
  )
  const RoleArn = `arn:aws:iam::${account}:role/deploy`
  const taken = await answered<Taken>(ann, `sts assume-role --role-arn ${RoleArn} --role-session-name ci`)
  const deploy = session(taken)
  expect(await answered(deploy, "sts get-caller-identity")).toMatchObject({
    Arn: `arn:aws:sts::${account}:assumed-role/deploy/ci`,
  })
  await answered(deploy, "ecs create-cluster --cluster-name shop")
  expect(await complaint(deploy, "iam create-user --user-name eve")).toContain(
    `User: arn:aws:sts::${account}:assumed-role/deploy/ci is not authorized to perform: iam:CreateUser`,
  )
  const torn = { ...deploy, sessionToken: `${deploy.sessionToken!.slice(0, -6)}AAAA==` }
  expect(await complaint(torn, "sts get-caller-identity")).toContain("(InvalidClientTokenId)")
})

test("what is there is listed, shown and deleted", async () => {
  const trusting = policy({ Effect: "Allow", Principal: { Service: "ec2.amazonaws.com" }, Action: "sts:AssumeRole" })
  await answered(root, "iam create-role --role-name machine --path /edge/ --assume-role-policy-document", trusting)
  const { Role } = await answered<{ Role: object }>(root, "iam get-role --role-name machine")
  expect(Role).toMatchObject({ Path: "/edge/", AssumeRolePolicyDocument: JSON.parse(trusting) })
  await answered(root, "iam create-instance-profile --instance-profile-name machine")
  await answered(root, "iam add-role-to-instance-profile --instance-profile-name machine --role-name machine")
  expect(await complaint(root, "iam delete-role --role-name machine")).toBe(
    "An error occurred (DeleteConflict) when calling the DeleteRole operation: Cannot delete entity, must remove roles from instance profile first.",
  )
  const scoped = await answered<{ Policies: { Arn: string }[] }>(
    root,
    "iam list-policies --scope AWS --path-prefix /service-role/ --max-items 3",
  )
  expect(scoped.Policies).toHaveLength(3)
  expect(await complaint(root, "iam get-user --user-name nobody")).toBe(
    "An error occurred (NoSuchEntity) when calling the GetUser operation: The user with name nobody cannot be found.",
  )
})

test("an identity from elsewhere gets in by a token, with the issuer's keys beside the data", async () => {
  const issuer = testIssuer(ISSUER, () => Date.now())
  mkdirSync(join(folder, "data", "issuers"), { recursive: true })
  writeFileSync(
    join(folder, "data", "issuers", `${ISSUER}.json`),
    JSON.stringify({ keys: await issuer.keys.of(ISSUER) }),
  )
  await answered(
    root,
    `iam create-open-id-connect-provider --url https://${ISSUER} --client-id-list tests --thumbprint-list ${"a".repeat(40)}`,
  )
  const Federated = `arn:aws:iam::${account}:oidc-provider/${ISSUER}`
  const Condition = { StringEquals: { [`${ISSUER}:sub`]: "ann" } }
  await answered(
    root,
    "iam create-role --role-name ci --assume-role-policy-document",
    policy({ Effect: "Allow", Principal: { Federated }, Action: "sts:AssumeRoleWithWebIdentity", Condition }),
  )
  const asked = `sts assume-role-with-web-identity --role-arn arn:aws:iam::${account}:role/ci --role-session-name build`
  const taken = await answered<Taken>(root, `${asked} --web-identity-token ${issuer.token({})}`)
  expect(await answered(session(taken), "sts get-caller-identity")).toMatchObject({ Arn: taken.AssumedRoleUser.Arn })
  expect(await complaint(root, `${asked} --web-identity-token ${issuer.token({ sub: "eve" })}`)).toContain(
    "(AccessDenied)",
  )
})
