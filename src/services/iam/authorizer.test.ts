import { expect, test } from "vitest"
import { startWorld } from "../testing.ts"

function policy(...Statement: object[]): object {
  return { Version: "2012-10-17", Statement }
}

const allow = (Action: string | string[], rest: object = {}) => ({ Effect: "Allow", Action, Resource: "*", ...rest })

test("a user may what its policy allows, and is told which kind of policy does not allow the rest", async () => {
  const world = await startWorld()
  const ann = world.as({ user: policy(allow("ecs:Describe*")) })
  await expect(ann.ecs.describeClusters({})).resolves.toMatchObject({ clusters: [] })
  const { Arn } = await ann.sts.getCallerIdentity({})
  await expect(ann.ecs.createCluster({ clusterName: "shop" })).rejects.toMatchObject({
    name: "AccessDeniedException",
    message:
      `User: ${Arn} is not authorized to perform: ecs:CreateCluster on resource: ` +
      `arn:aws:ecs:us-east-1:${world.account}:cluster/shop because no identity-based policy allows the ecs:CreateCluster action`,
  })
})

test("a policy is about the resources that it names, for a role's session as well", async () => {
  const world = await startWorld()
  const Resource = `arn:aws:ecs:*:${world.account}:cluster/shop-*`
  const deploy = world.as({ role: policy(allow("ecs:CreateCluster", { Resource })) })
  await deploy.ecs.createCluster({ clusterName: "shop-1" })
  await expect(deploy.ecs.createCluster({ clusterName: "other" })).rejects.toThrow("no identity-based policy")
})

test("a denial counts more than every allowance, and a change of a policy counts at once", async () => {
  const { iam, as, account } = await startWorld()
  const ann = as({ user: policy(allow("*")) })
  const UserName = (await ann.sts.getCallerIdentity({})).Arn!.split("/").at(-1)!
  await ann.ecs.createCluster({ clusterName: "a" })
  const PolicyDocument = JSON.stringify(policy({ ...allow("ecs:Create*"), Effect: "Deny" }))
  await iam.putUserPolicy({ UserName, PolicyName: "no", PolicyDocument })
  await expect(ann.ecs.createCluster({ clusterName: "b" })).rejects.toThrow(
    `arn:aws:ecs:us-east-1:${account}:cluster/b with an explicit deny in an identity-based policy`,
  )
  await iam.deleteUserPolicy({ UserName, PolicyName: "no" })
  await ann.ecs.createCluster({ clusterName: "b" })
})

test("a boundary that is AWS's own bounds", async () => {
  const { iam, as } = await startWorld()
  const ann = as({ user: policy(allow("*")) })
  const UserName = (await ann.sts.getCallerIdentity({})).Arn!.split("/").at(-1)!
  const PermissionsBoundary = "arn:aws:iam::aws:policy/ReadOnlyAccess"
  await iam.putUserPermissionsBoundary({ UserName, PermissionsBoundary })
  await ann.ecs.listClusters({})
  await expect(ann.ecs.createCluster({})).rejects.toThrow(
    "because no permissions boundary allows the ecs:CreateCluster action",
  )
})

test("policies look at where, when and with what a request is made", async () => {
  const world = await startWorld()
  const wanted = {
    StringEquals: { "aws:RequestedRegion": "eu-west-1" },
    DateGreaterThan: { "aws:CurrentTime": "2000-01-01T00:00:00Z" },
    Null: { "aws:TokenIssueTime": "true" },
  }
  const ann = world.as({ user: policy(allow("ecs:*", { Condition: wanted })), region: "eu-west-1" })
  await ann.ecs.listClusters({})
  const abroad = world.as({ credentials: ann.credentials, region: "us-east-1" })
  await expect(abroad.ecs.listClusters({})).rejects.toThrow("no identity-based policy")
})
