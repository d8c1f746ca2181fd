import * as fc from "fast-check"
import { expect, test } from "vitest"
import { arnOf, globalArnOf, parseArn, partitionOf, resourceOf } from "./arn.ts"

test.each([
  ["eu-central-1", "aws"],
  ["cn-north-1", "aws-cn"],
  ["us-gov-west-1", "aws-us-gov"],
])("%s is in the partition %s", (region, partition) => {
  expect(partitionOf(region)).toBe(partition)
})

test("an ARN is built in the caller's partition, account and region", () => {
  const caller = { account: "123456789012", region: "cn-north-1" }
  expect(arnOf("ecs", caller, "cluster/shop")).toBe("arn:aws-cn:ecs:cn-north-1:123456789012:cluster/shop")
  expect(globalArnOf("iam", caller, "role/shop")).toBe("arn:aws-cn:iam::123456789012:role/shop")
})

test.each([
  [
    "arn:aws:ecs:eu-central-1:123456789012:task/shop/0123",
    { service: "ecs", resource: "task/shop/0123" },
    { type: "task", id: "shop/0123" },
  ],
  [
    "arn:aws:logs:eu-central-1:123456789012:log-group:/ecs/shop:*",
    { resource: "log-group:/ecs/shop:*" },
    { type: "log-group", id: "/ecs/shop:*" },
  ],
  [
    "arn:aws:iam::aws:policy/AdministratorAccess",
    { region: "", account: "aws" },
    { type: "policy", id: "AdministratorAccess" },
  ],
  ["arn:aws:s3:::bucket", { account: "", resource: "bucket" }, { type: "", id: "bucket" }],
  [
    "arn:aws:cloudwatch:us-east-1:123456789012:alarm:My Alarm",
    { service: "cloudwatch" },
    { type: "alarm", id: "My Alarm" },
  ],
])("%s is read", (text, parts, resource) => {
  const arn = parseArn(text)!
  expect(arn).toMatchObject(parts)
  expect(resourceOf(arn)).toEqual(resource)
})

test.each([
  "",
  "cluster/shop",
  "arn:aws:ecs",
  "arn:aws:ecs:eu-central-1:123456789012:",
  "arn:aws:ecs:eu-central-1:123456789012",
  "arn:gcp:ecs:eu-central-1:123456789012:cluster/shop",
  "arn:aws:ECS:eu-central-1:123456789012:cluster/shop",
  "arn:aws:ecs:here:123456789012:cluster/shop",
  "arn:aws:ecs:eu-central-1:12345:cluster/shop",
  "arn:aws:ecs:eu-central-1:1234567890123:cluster/shop",
  "arn:aws:ecs:eu-central-1:123456789012:cluster/shop\n",
  " arn:aws:ecs:eu-central-1:123456789012:cluster/shop",
])("%j is not an ARN", (text) => {
  expect(parseArn(text)).toBeUndefined()
})

test("what is built is what is read", () => {
  const parts = fc.record({
    region: fc.constantFrom("eu-central-1", "cn-north-1", "us-gov-east-1", "ap-southeast-10"),
    account: fc.stringMatching(/^\d{12}$/),
    service: fc.constantFrom("ecs", "elasticloadbalancing", "ec2"),
    resource: fc.stringMatching(/^[\w/:+=,.@*-]{1,40}$/),
  })
  return fc.assert(
    fc.property(parts, ({ service, resource, ...caller }) => {
      expect(parseArn(arnOf(service, caller, resource))).toEqual({
        partition: partitionOf(caller.region),
        service,
        ...caller,
        resource,
      })
    }),
  )
})
