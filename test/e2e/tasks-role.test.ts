import { writeFileSync } from "node:fs"
import { join, resolve } from "node:path"
import { S3 } from "@aws-sdk/client-s3"
import { SecretsManager } from "@aws-sdk/client-secrets-manager"
import { SSM } from "@aws-sdk/client-ssm"
import { afterAll, expect, test } from "vitest"
import { startStack } from "./stack.ts"
import { EXECUTION, taskRole } from "./stack-role.ts"
import { ON, runTask, sh, summaryOf, type Wish } from "./stack-task.ts"
import { until } from "./until.ts"

// What a task is given before its first line runs, and what it may do then: roles, secrets, parameters, files, logs.

const stack = await startStack()
const secrets = new SecretsManager(stack.config)
const parameters = new SSM(stack.config)
const buckets = new S3({ ...stack.config, forcePathStyle: true })
afterAll(() => {
  for (const client of [secrets, parameters, buckets]) client.destroy()
})

const options = { "awslogs-group": "/ecs/acting", "awslogs-region": "us-east-1", "awslogs-stream-prefix": "run" }
const logConfiguration = { logDriver: "awslogs" as const, options }
await stack.logs.createLogGroup({ logGroupName: "/ecs/acting" })

async function said(): Promise<string[]> {
  const { events = [] } = await stack.logs.filterLogEvents({ logGroupName: "/ecs/acting" })
  return events.map(({ message }) => message!)
}

/** Node.js and the official SDK of this machine, inside of a container. */
const PROGRAMS = ["/usr", "/usr/lib", "/usr/lib64"].map((sourcePath) => ({
  sourcePath,
  containerPath: sourcePath === "/usr" ? "/usr" : sourcePath.slice("/usr".length),
}))
const MODULES = resolve(import.meta.dirname, "../../node_modules")
const PLACES = [
  ...PROGRAMS,
  { sourcePath: process.execPath, containerPath: "/node" },
  { sourcePath: MODULES, containerPath: "/modules" },
  { sourcePath: stack.shared, containerPath: "/scripts" },
]
const volumes = PLACES.map(({ sourcePath }, n) => ({ name: `v${n}`, host: { sourcePath } }))
const withSdk: Wish = {
  memory: 256,
  environment: [{ name: "NODE_PATH", value: "/modules" }],
  mountPoints: PLACES.map(({ containerPath }, n) => ({ sourceVolume: `v${n}`, containerPath, readOnly: true })),
}

/** Runs it with nothing but what a task finds in its environment. */
function script(name: string, text: string): string {
  writeFileSync(join(stack.shared, name), text)
  return `/node /scripts/${name}`
}

test("a task has its secret's key, its parameter and its file of variables, all fetched with its execution role", async () => {
  const SecretString = JSON.stringify({ user: "ann", password: "very-secret-1" })
  const { ARN } = await secrets.createSecret({ Name: "shop/db", SecretString })
  await parameters.putParameter({ Name: "/shop/token", Value: "very-secret-2", Type: "SecureString" })
  await buckets.createBucket({ Bucket: "shop" })
  await buckets.putObject({ Bucket: "shop", Key: "shop.env", Body: "# of the shop\nLEVEL=debug\nPLACE=file\n" })
  const executionRoleArn = await taskRole(stack, "ecsTaskExecutionRole", {
    managed: [EXECUTION],
    allows: [
      { Action: "secretsmanager:GetSecretValue", Resource: ARN! },
      { Action: "ssm:GetParameters", Resource: "arn:aws:ssm:*:*:parameter/shop/*" },
      { Action: "s3:GetObject", Resource: "arn:aws:s3:::shop/*" },
    ],
  })

  const task = await runTask(
    stack,
    {
      main: {
        command: sh("echo $PASSWORD $TOKEN $LEVEL $PLACE; exit 0"),
        environment: [{ name: "PLACE", value: "definition" }],
        environmentFiles: [{ value: "arn:aws:s3:::shop/shop.env", type: "s3" }],
        secrets: [
          { name: "PASSWORD", valueFrom: `${ARN}:password::` },
          { name: "TOKEN", valueFrom: "/shop/token" },
        ],
        logConfiguration,
      },
    },
    { executionRoleArn },
  )
  expect(summaryOf(await task.stopped())).toEqual({
    stopCode: "EssentialContainerExited",
    stoppedReason: expect.any(String),
    containers: { main: 0 },
  })
  await until(async () => (await said()).includes("very-secret-1 very-secret-2 debug definition"))

  // Whoever looks at the task, its definition or the logs of Homeport learns nothing of it.
  const { tasks } = await stack.ecs.describeTasks({ tasks: [task.arn] })
  expect(JSON.stringify(tasks)).not.toContain("very-secret")
  expect((await stack.run("logs", "--lines", "10000")).out).not.toContain("very-secret")
})

test("a secret that the role may not have stops the task, in ECS's words", async () => {
  const { ARN } = await secrets.createSecret({ Name: "shop/other", SecretString: "s" })
  const executionRoleArn = await taskRole(stack, "narrow", { managed: [EXECUTION] })

  const wish = { main: { command: sh("exit 0"), secrets: [{ name: "PASSWORD", valueFrom: ARN! }] } }
  const { stoppedReason, stopCode } = await (await runTask(stack, wish, { executionRoleArn })).stopped()
  expect(stopCode).toBe("TaskFailedToStart")
  expect(stoppedReason).toMatch(
    /^ResourceInitializationError: unable to pull secrets or registry auth: execution resource retrieval failed: unable to retrieve secret from asm: .*AccessDeniedException: User: arn:aws:sts::\d+:assumed-role\/narrow\/[0-9a-f]{32} is not authorized to perform: secretsmanager:GetSecretValue on resource: \S+ because no identity-based policy allows the secretsmanager:GetSecretValue action/,
  )
})

test("an SDK in a task finds the region and its role by itself, and may what the role may", async () => {
  const taskRoleArn = await taskRole(stack, "lister", { allows: [{ Action: "ecs:ListClusters", Resource: "*" }] })
  const executionRoleArn = await taskRole(stack, "logging", { managed: [EXECUTION] })
  const command = script(
    "ask.cjs",
    `const { ECS } = require("@aws-sdk/client-ecs")
    const { STS } = require("@aws-sdk/client-sts")
    async function ask() {
      console.log((await new STS().getCallerIdentity({})).Arn)
      console.log((await new ECS().listClusters({})).clusterArns.length)
      await new ECS().deleteCluster({ cluster: "default" })
    }
    ask().catch(({ name, message }) => console.log(name, message))`,
  )
  const wish = { main: { ...withSdk, command: sh(`${command}; ${ON}`), logConfiguration } }
  const task = await runTask(stack, wish, { volumes, taskRoleArn, executionRoleArn })
  await task.running()

  await until(async () => (await said()).some((line) => line.startsWith("AccessDeniedException")))
  const lines = await said()
  expect(lines.find((line) => line.includes("assumed-role/lister/"))).toMatch(
    new RegExp(`^arn:aws:sts::\\d{12}:assumed-role/lister/${task.id}$`),
  )
  expect(lines).toContain("1")
  expect(lines.find((line) => line.startsWith("AccessDeniedException"))).toMatch(
    /User: arn:aws:sts::\d+:assumed-role\/lister\/\w+ is not authorized to perform: ecs:DeleteCluster on resource: arn:aws:ecs:us-east-1:\d+:cluster\/default because no identity-based policy allows the ecs:DeleteCluster action/,
  )
  await task.stop()
  await task.stopped()
})
