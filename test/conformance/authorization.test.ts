import { describe, expect, test } from "vitest"
import { roles } from "../../src/services/iam/tables.ts"
import { aRole, trusting } from "../../src/services/iam/testing.ts"
import { startLogs } from "../../src/services/logs/testing.ts"
import { startWorld } from "../../src/services/testing.ts"
import { regionScope } from "../../src/store/changes.ts"

// Which resources an operation names, what making something with tags takes, and who may pass a role on.

interface Statement {
  readonly Action: string | readonly string[]
  readonly Resource?: string | readonly string[]
  readonly Condition?: object
}

function allowing(...statements: readonly Statement[]): object {
  const Statement = statements.map((statement) => ({ Effect: "Allow", Resource: "*", ...statement }))
  return { Version: "2012-10-17", Statement }
}

const containerDefinitions = [{ name: "app", image: "app", memory: 64 }]
const tags = [{ key: "team", value: "shop" }]

async function startShop() {
  const region = await startWorld()
  const { ecs, account } = region
  for (const clusterName of ["shop", "lab"]) await ecs.createCluster({ clusterName })
  for (const family of ["web", "worker"]) await ecs.registerTaskDefinition({ family, containerDefinitions })
  const arn = (resource: string, service = "ecs") => `arn:aws:${service}:us-east-1:${account}:${resource}`
  return { ...region, arn }
}

describe("resources", () => {
  test("a policy on one definition runs no other, and says nothing of one that is not there", async () => {
    const { as, arn } = await startShop()
    const { ecs } = as({ user: allowing({ Action: "ecs:RunTask", Resource: arn("task-definition/web:*") }) })
    const run = (taskDefinition: string) => ecs.runTask({ cluster: "shop", taskDefinition })

    await expect(run("web")).rejects.toThrow("No Container Instances were found")
    await expect(run("worker")).rejects.toThrow(`ecs:RunTask on resource: ${arn("task-definition/worker:1")}`)
    await expect(run("absent:7")).rejects.toThrow(`ecs:RunTask on resource: ${arn("task-definition/absent:7")}`)
    await expect(run("web:9")).rejects.toThrow("TaskDefinition not found.")
  })

  test("of several that a call names a policy must allow each", async () => {
    const { as, arn } = await startShop()
    const { ecs } = as({ user: allowing({ Action: "ecs:DescribeClusters", Resource: arn("cluster/shop") }) })
    await ecs.describeClusters({ clusters: ["shop"] })
    await expect(ecs.describeClusters({ clusters: ["shop", "lab"] })).rejects.toThrow(arn("cluster/lab"))
  })

  test("what lists everything is allowed on everything only", async () => {
    const { as, arn } = await startShop()
    const one = as({ user: allowing({ Action: "ecs:ListClusters", Resource: arn("cluster/*") }) })
    await expect(one.ecs.listClusters({})).rejects.toThrow("ecs:ListClusters on resource: *")
    expect(
      (await as({ user: allowing({ Action: "ecs:ListClusters" }) }).ecs.listClusters({})).clusterArns,
    ).toHaveLength(2)
  })

  test("an instance is taken out with a permission on its cluster", async () => {
    const { as, arn } = await startShop()
    const { ecs } = as({ user: allowing({ Action: "ecs:DeregisterContainerInstance", Resource: arn("cluster/shop") }) })
    const containerInstance = "a".repeat(32)
    const out = (cluster: string) => ecs.deregisterContainerInstance({ cluster, containerInstance })
    await expect(out("shop")).rejects.toThrow("The referenced container instance was not found.")
    await expect(out("lab")).rejects.toThrow(arn("cluster/lab"))
  })

  test("a deployment is looked at with a permission on it and on its service", async () => {
    const { ecs, as, arn } = await startShop()
    await ecs.createService({ cluster: "shop", serviceName: "web", taskDefinition: "web", desiredCount: 0 })
    const { serviceDeployments } = await ecs.listServiceDeployments({ cluster: "shop", service: "web" })
    const serviceDeploymentArns = [serviceDeployments![0]!.serviceDeploymentArn!]
    const Action = "ecs:DescribeServiceDeployments"
    const look = (...Resource: string[]) =>
      as({ user: allowing({ Action, Resource }) }).ecs.describeServiceDeployments({ serviceDeploymentArns })
    const [service, deployment] = [arn("service/shop/web"), arn("service-deployment/shop/web/*")]
    await look(service, deployment)
    await expect(look(service)).rejects.toThrow(serviceDeploymentArns[0]!)
    await expect(look(deployment)).rejects.toThrow(`${Action} on resource: ${service} `)
  })

  test("another account's resources are refused, even to root", async () => {
    const { as, arn, ...shop } = await startShop()
    const other = as({ account: "another" })
    const requests = [
      () => other.ecs.describeClusters({ clusters: [arn("cluster/shop")] }),
      () => other.ecs.describeServices({ cluster: arn("cluster/shop"), services: [arn("service/shop/web")] }),
      () => other.ecs.runTask({ taskDefinition: arn("task-definition/web:1") }),
      () => other.ecs.listTagsForResource({ resourceArn: arn("cluster/shop") }),
      () => other.ecs.listContainerInstances({ cluster: arn("cluster/shop") }),
    ]
    for (const request of requests) await expect(request()).rejects.toMatchObject({ name: "AccessDeniedException" })
    expect(other.account).not.toBe(shop.account)
  })

  test("an interface is made with permissions on it, its subnet and its groups", async () => {
    const { ec2, as, arn } = await startShop()
    const { VpcId } = (await ec2.createVpc({ CidrBlock: "10.0.0.0/16" })).Vpc!
    const { SubnetId } = (await ec2.createSubnet({ VpcId, CidrBlock: "10.0.0.0/24" })).Subnet!
    const group = await ec2.createSecurityGroup({ VpcId, GroupName: "web", Description: "web" })
    const request = { SubnetId, Groups: [group.GroupId!] }
    const all = [`subnet/${SubnetId}`, `security-group/${group.GroupId}`, "network-interface/*"].map((one) =>
      arn(one, "ec2"),
    )
    const make = (Resource: readonly string[]) =>
      as({ user: allowing({ Action: "ec2:CreateNetworkInterface", Resource }) }).ec2.createNetworkInterface(request)
    await make(all)
    for (const missing of all) {
      await expect(make(all.filter((one) => one !== missing))).rejects.toThrow(missing)
    }
  })
})

describe("tags", () => {
  test("what is made with tags takes a permission to tag it, in the name of what makes it", async () => {
    const { as, arn } = await startShop()
    const made = { cluster: "shop", taskDefinition: "web" }
    const making: readonly (readonly [string, string, (user: ReturnType<typeof as>) => Promise<unknown>])[] = [
      ["CreateCluster", "cluster/new", ({ ecs }) => ecs.createCluster({ clusterName: "new", tags })],
      ["RunTask", "task/shop/*", ({ ecs }) => ecs.runTask({ ...made, tags })],
      ["CreateService", "service/shop/web", ({ ecs }) => ecs.createService({ ...made, serviceName: "web", tags })],
      [
        "RegisterTaskDefinition",
        "task-definition/web:*",
        ({ ecs }) => ecs.registerTaskDefinition({ family: "web", containerDefinitions, tags }),
      ],
    ]
    for (const [operation, resource, make] of making) {
      const Condition = { StringEquals: { "ecs:CreateAction": operation } }
      const tagging = { Action: "ecs:TagResource", Resource: arn(resource), Condition }
      const Action = `ecs:${operation}`
      await expect(make(as({ user: allowing({ Action }) })), operation).rejects.toThrow(
        `ecs:TagResource on resource: ${arn(resource)}`,
      )
      const words = await make(as({ user: allowing({ Action }, tagging) })).then(String, String)
      expect(words, operation).not.toContain("not authorized")
    }
  })

  test("an account that turns that off needs none", async () => {
    const { ecs, as } = await startShop()
    const user = as({ user: allowing({ Action: "ecs:CreateCluster" }) })
    const make = () => user.ecs.createCluster({ clusterName: "new", tags })
    await expect(make()).rejects.toThrow("ecs:TagResource")
    await ecs.putAccountSettingDefault({ name: "tagResourceAuthorization", value: "off" })
    await make()
  })

  test("the same holds for EC2 and for log groups, which know two permissions to tag", async () => {
    const { as } = await startShop()
    const { ec2 } = as({ user: allowing({ Action: "ec2:CreateVpc" }) })
    const Tags = [{ Key: "team", Value: "shop" }]
    const TagSpecifications = [{ ResourceType: "vpc" as const, Tags }]
    await ec2.createVpc({ CidrBlock: "10.0.0.0/16" })
    await expect(ec2.createVpc({ CidrBlock: "10.0.0.0/16", TagSpecifications })).rejects.toThrow("ec2:CreateTags")

    const { logsAs } = await startLogs()
    const create = (...actions: string[]) =>
      logsAs({ user: allowing({ Action: ["logs:CreateLogGroup", ...actions] }) }).createLogGroup({
        logGroupName: `/${actions.length}-${actions[0]?.slice(5)}`,
        tags: { team: "shop" },
      })
    await expect(create()).rejects.toThrow("logs:TagResource")
    await create("logs:TagResource")
    await create("logs:TagLogGroup")
  })
})

test("events of a log group are read by whom its tags let in", async () => {
  const { logs, logsAs, account } = await startLogs()
  for (const team of ["shop", "lab"]) {
    await logs.createLogGroup({ logGroupName: `/${team}`, tags: { team } })
    await logs.createLogStream({ logGroupName: `/${team}`, logStreamName: "one" })
  }
  const reading = { Action: ["logs:GetLogEvents", "logs:FilterLogEvents"] }
  const byTag = logsAs({
    user: allowing({ ...reading, Condition: { StringEquals: { "aws:ResourceTag/team": "shop" } } }),
  })
  const byArn = logsAs({
    user: allowing({ ...reading, Resource: `arn:aws:logs:us-east-1:${account}:log-group:/shop:*` }),
  })
  for (const user of [byTag, byArn]) {
    for (const logGroupName of ["/shop", "/lab"]) {
      const requests = [
        () => user.getLogEvents({ logGroupName, logStreamName: "one" }),
        () => user.filterLogEvents({ logGroupName }),
      ]
      for (const request of requests) {
        if (logGroupName === "/shop") await request()
        else await expect(request()).rejects.toMatchObject({ name: "AccessDeniedException" })
      }
    }
  }
})

test("a role is passed to tasks by whom a policy lets pass it to them", async () => {
  const { as, account, store } = await startShop()
  store.transact(regionScope(account, "*"), (tx) =>
    tx.put(roles, aRole({ name: "app", trust: trusting({ Service: "ecs-tasks.amazonaws.com" }) })),
  )
  const taskRoleArn = `arn:aws:iam::${account}:role/app`
  const to = (service: string) => ({
    Action: "iam:PassRole",
    Resource: taskRoleArn,
    Condition: { StringEquals: { "iam:PassedToService": service } },
  })
  const register = (...statements: Statement[]) =>
    as({ user: allowing({ Action: "ecs:*" }, ...statements) }).ecs.registerTaskDefinition({
      family: "web",
      containerDefinitions,
      taskRoleArn,
    })
  const run = (...statements: Statement[]) =>
    as({ user: allowing({ Action: "ecs:*" }, ...statements) }).ecs.runTask({
      cluster: "shop",
      taskDefinition: "worker",
      overrides: { taskRoleArn },
    })
  const service = (...statements: Statement[]) =>
    as({ user: allowing({ Action: "ecs:*" }, ...statements) }).ecs.createService({
      cluster: "shop",
      serviceName: "web",
      taskDefinition: "worker",
      desiredCount: 0,
      role: "app",
    })
  const refusal = `iam:PassRole on resource: ${taskRoleArn}`

  await expect(register()).rejects.toThrow(refusal)
  await expect(register(to("ecs.amazonaws.com"))).rejects.toThrow(refusal)
  await register(to("ecs-tasks.amazonaws.com"))
  await expect(run()).rejects.toThrow(refusal)
  await expect(run(to("ecs-tasks.amazonaws.com"))).rejects.toThrow("No Container Instances were found")
  await expect(service(to("ecs-tasks.amazonaws.com"))).rejects.toThrow(refusal)
  await expect(service(to("ecs.amazonaws.com"))).rejects.toThrow("IAM roles are only valid")
})
