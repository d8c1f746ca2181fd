import { expect, test } from "vitest"
import { HOME, startStore } from "../../store/testing.ts"
import { attachInterface, defaultVpc, deleteInterface, describeSubnet, ec2, type InterfaceForService } from "./index.ts"
import { networkInterfaces, privateAddresses, publicAddresses, resourceTags, subnets, vpcs } from "./tables.ts"

async function started() {
  const { store, world } = await startStore(ec2.tables)
  const now = world.now()
  const maker = <T>(
    work: (maker: { tx: Parameters<typeof attachInterface>[0]; now: number; random: typeof world.random }) => T,
  ) => store.transact(HOME, (tx) => work({ tx, now, random: world.random }))
  const vpc = maker((made) => defaultVpc(made)!)
  const [subnet] = maker(({ tx }) => tx.where(subnets, "vpc", vpc.id))
  const attach = (changes: Partial<InterfaceForService> = {}) =>
    maker(({ tx }) =>
      attachInterface(tx, {
        subnetId: subnet!.id,
        securityGroupIds: [],
        description: "of a task",
        requester: "amazon-ecs",
        now,
        random: world.random,
        ...changes,
      }),
    )
  return { store, maker, vpc, subnet: subnet!, attach }
}

test("an account that has never asked for anything has a default VPC to put an interface in", async () => {
  const { vpc, subnet, attach } = await started()
  expect(attach()).toMatchObject({
    vpcId: vpc.id,
    subnetId: subnet.id,
    zone: "us-east-1a",
    securityGroupIds: [vpc.defaultSecurityGroupId],
    requesterId: "amazon-ecs",
    attachment: { deviceIndex: 1 },
  })
})

test("whether an interface has a public address is up to whoever asks, and else to its subnet", async () => {
  const { attach } = await started()
  expect(attach().publicAddress).toBeDefined()
  expect(attach({ assignPublicIp: true }).publicAddress).toBeDefined()
  expect(attach({ assignPublicIp: false }).publicAddress).toBeUndefined()
})

test("what is not there, or belongs to another VPC, is refused in EC2's words, and nothing is made", async () => {
  const { maker, subnet, attach } = await started()
  expect(() => attach({ subnetId: "subnet-00000000000000000" })).toThrow(
    expect.objectContaining({
      code: "InvalidSubnetID.NotFound",
      message: "The subnet ID 'subnet-00000000000000000' does not exist",
    }),
  )
  expect(() => attach({ securityGroupIds: ["sg-00000000000000000"] })).toThrow(
    expect.objectContaining({ code: "InvalidGroup.NotFound" }),
  )
  expect(() => maker((made) => describeSubnet(made, "subnet-1"))).toThrow(
    expect.objectContaining({ code: "InvalidSubnetID.Malformed" }),
  )
  expect(maker(({ tx }) => tx.all(networkInterfaces))).toEqual([])
  expect(maker((made) => describeSubnet(made, subnet.id))).toEqual(subnet)
})

test("an interface that goes leaves nothing but an address that rests, and may go twice", async () => {
  const { maker, attach } = await started()
  const { id } = attach({ tags: [{ key: "aws:ecs:clusterName", value: "shop" }] })
  expect(maker(({ tx }) => tx.count(resourceTags))).toBe(1)
  for (let times = 0; times < 2; times++) maker(({ tx, now }) => deleteInterface(tx, id, { now }))

  expect(maker(({ tx }) => [tx.count(networkInterfaces), tx.count(resourceTags)])).toEqual([0, 0])
  expect(maker(({ tx }) => tx.count(publicAddresses))).toBe(0)
  expect(maker(({ tx }) => tx.all(privateAddresses))).toMatchObject([{ interfaceId: undefined }])
  expect(maker(({ tx }) => tx.count(vpcs))).toBe(1)
})
