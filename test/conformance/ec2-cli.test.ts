import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, beforeAll, expect, test } from "vitest"
import { type ServerProcess, startServer } from "../e2e/process.ts"
import { aws, type Caller } from "./aws-cli.ts"

// The AWS CLI against a real process. Starting takes the CLI most of a second, so calls are few.

let folder: string
let server: ServerProcess
let caller: Caller

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "homeport-ec2-cli-"))
  server = startServer(join(folder, "data"))
  const endpoint = await server.ready
  const { accessKeyId, secretAccessKey } = await server.credentials()
  caller = { endpoint, accessKeyId, secretAccessKey, home: folder }
})

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

test("a network is built, looked at and taken down in the order of dependencies", async () => {
  const ec2 = <T>(words: string, ...more: readonly string[]) => answered<T>(`ec2 ${words}`, ...more)
  const tags = "ResourceType=vpc,Tags=[{Key=Name,Value=shop}]"
  const { Vpc } = await ec2<{ Vpc: { VpcId: string } }>(
    `create-vpc --cidr-block 10.0.0.0/16 --tag-specifications ${tags}`,
  )
  const { VpcId } = Vpc
  const inVpc = `--filters Name=vpc-id,Values=${VpcId}`
  const { Subnet } = await ec2<{ Subnet: { SubnetId: string } }>(
    `create-subnet --vpc-id ${VpcId} --cidr-block 10.0.1.0/24`,
  )
  const { SubnetId } = Subnet
  await ec2(`modify-subnet-attribute --subnet-id ${SubnetId} --map-public-ip-on-launch`)
  const { GroupId } = await ec2<{ GroupId: string }>(
    `create-security-group --vpc-id ${VpcId} --group-name web --description`,
    "the web",
  )
  await ec2(`authorize-security-group-ingress --group-id ${GroupId} --protocol tcp --port 80-81 --cidr 0.0.0.0/0`)
  expect(await ec2(`describe-security-groups --group-ids ${GroupId}`)).toMatchObject({
    SecurityGroups: [
      { GroupName: "web", IpPermissions: [{ FromPort: 80, ToPort: 81, IpRanges: [{ CidrIp: "0.0.0.0/0" }] }] },
    ],
  })
  const { NetworkInterface } = await ec2<{ NetworkInterface: { NetworkInterfaceId: string } }>(
    `create-network-interface --subnet-id ${SubnetId} --groups ${GroupId} --private-ip-address 10.0.1.10`,
  )
  expect(await ec2(`describe-subnets ${inVpc}`)).toMatchObject({
    Subnets: [{ SubnetId, AvailableIpAddressCount: 250, MapPublicIpOnLaunch: true }],
  })
  expect(await ec2("describe-vpcs --filters Name=tag:Name,Values=sh*")).toMatchObject({ Vpcs: [{ VpcId }] })
  expect(await refused(`ec2 delete-vpc --vpc-id ${VpcId}`)).toBe(
    `An error occurred (DependencyViolation) when calling the DeleteVpc operation: The vpc '${VpcId}' has dependencies and cannot be deleted.`,
  )
  await ec2(`delete-network-interface --network-interface-id ${NetworkInterface.NetworkInterfaceId}`)
  await ec2(`delete-security-group --group-id ${GroupId}`)
  await ec2(`delete-subnet --subnet-id ${SubnetId}`)
  await ec2(`delete-vpc --vpc-id ${VpcId}`)
})

test.each([
  [
    "ec2 describe-vpcs --vpc-ids vpc-0123456789abcdef0",
    "An error occurred (InvalidVpcID.NotFound) when calling the DescribeVpcs operation: The vpc ID 'vpc-0123456789abcdef0' does not exist",
  ],
  [
    "ec2 create-vpc --cidr-block 10.0.0.0/16 --dry-run",
    "An error occurred (DryRunOperation) when calling the CreateVpc operation: Request would have succeeded, but DryRun flag is set.",
  ],
  [
    "ec2 describe-instances",
    "An error occurred (NotImplemented) when calling the DescribeInstances operation: Homeport does not have ec2:DescribeInstances yet.",
  ],
])("what cannot be is refused in AWS's words: %s", async (words, sentence) => {
  expect(await refused(words)).toBe(sentence)
})

test("nothing that the CLI did was an error of ours", () => {
  expect(server.log()).not.toContain('"level":"error"')
})
