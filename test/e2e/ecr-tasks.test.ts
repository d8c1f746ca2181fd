import { execFileSync } from "node:child_process"
import { writeFileSync } from "node:fs"
import { join } from "node:path"
import { ECR } from "@aws-sdk/client-ecr"
import { IAM } from "@aws-sdk/client-iam"
import { afterAll, beforeAll, expect, test } from "vitest"
import { ociArchive } from "../image/archive.ts"
import { anImage } from "../image/image.ts"
import { startStack } from "./stack.ts"
import { runTask, sh } from "./stack-task.ts"

// Tasks whose images lie in the region's own registry, with definitions as they are written for AWS.

const stack = await startStack()
const { environment, endpoint } = stack
const config = {
  endpoint,
  region: environment.AWS_REGION!,
  credentials: { accessKeyId: environment.AWS_ACCESS_KEY_ID!, secretAccessKey: environment.AWS_SECRET_ACCESS_KEY! },
  maxAttempts: 1,
}
const ecr = new ECR(config)
const iam = new IAM(config)
afterAll(() => {
  ecr.destroy()
  iam.destroy()
})

let uri: string
let account: string

beforeAll(async () => {
  const { repository } = await ecr.createRepository({ repositoryName: "shop/web" })
  uri = repository!.repositoryUri!
  account = repository!.registryId!
  const archive = join(stack.shared, "web.tar")
  writeFileSync(archive, await ociArchive(await anImage({ files: { "etc/which": "ours\n" } }), "web:v1"))
  const { authorizationData } = await ecr.getAuthorizationToken({})
  const login = Buffer.from(authorizationData![0]!.authorizationToken!, "base64").toString()
  execFileSync("skopeo", [
    "copy",
    "--insecure-policy",
    "--dest-tls-verify=false",
    `--dest-creds=${login}`,
    `oci-archive:${archive}`,
    `docker://${uri}:v1`,
  ])
})

const command = sh("cat /etc/which; echo done")

test("an image of AWS's name for the registry is pulled from here, with the key of the machine", async () => {
  const image = `${account}.dkr.ecr.us-east-1.amazonaws.com/shop/web:v1`
  expect(await (await runTask(stack, { main: { image, command } })).output()).toEqual(["ours"])
})

test("an image is pulled by its repositoryUri, which need not resolve on the machine that runs it", async () => {
  expect(await (await runTask(stack, { main: { image: `${uri}:v1`, command } })).output()).toEqual(["ours"])
})

test("the execution role has to be allowed to pull, and then is enough", async () => {
  const trust = { Effect: "Allow", Principal: { Service: "ecs-tasks.amazonaws.com" }, Action: "sts:AssumeRole" }
  const document = JSON.stringify({ Version: "2012-10-17", Statement: [trust] })
  const { Role } = await iam.createRole({ RoleName: "puller", AssumeRolePolicyDocument: document })
  const image = `${account}.dkr.ecr.us-east-1.amazonaws.com/shop/web:v1`
  const run = () => runTask(stack, { main: { image, command } }, { executionRoleArn: Role!.Arn! })
  const refused = await run()
  const { containers, stoppedReason } = await refused.stopped()
  expect(`${stoppedReason} ${containers![0]!.reason}`).toMatch(
    /CannotPullECRContainerError: unable to get the registry's password: .*not authorized to perform: ecr:GetAuthorizationToken/,
  )
  await iam.attachRolePolicy({
    RoleName: "puller",
    PolicyArn: "arn:aws:iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy",
  })
  expect(await (await run()).output()).toEqual(["ours"])
})
