import { existsSync, readdirSync } from "node:fs"
import { join } from "node:path"
import { EC2, type IpPermission } from "@aws-sdk/client-ec2"
import { afterAll, onTestFinished } from "vitest"
import type { Stack } from "./stack.ts"
import { runTask, type TaskWish, type Wish } from "./stack-task.ts"
import { until } from "./until.ts"

// Tasks with an interface of their own, and the part of EC2's API that says what reaches them.

export interface VpcWish {
  readonly launchType?: "FARGATE" | "EC2"
  readonly subnets: readonly string[]

  /** The VPC's default one, when there are none. */
  readonly groups?: readonly string[]
  readonly assignPublicIp?: boolean
  readonly executionRoleArn?: string

  /** On the container instance with this attribute, of launch type EC2. */
  readonly machine?: string
}

export interface VpcTask extends Awaited<ReturnType<typeof runTask>> {
  readonly address: string
  readonly interfaceId: string

  /** Where its containers are, as any process of the machine may enter it. */
  readonly namespace: string
}

/** What every task definition for FARGATE says. */
export const onFargate = {
  networkMode: "awsvpc",
  requiresCompatibilities: ["FARGATE"],
  cpu: "256",
  memory: "512",
} satisfies TaskWish

/** Says who it is on port 80, and gives back on port 7 what it is given. */
export function serving(name: string): string {
  return `nc -ll -p 80 -e echo ${name} & nc -ll -p 7 -e cat &`
}

export function startVpcs(stack: Stack) {
  const { environment } = stack
  const ec2 = new EC2({
    endpoint: environment.AWS_ENDPOINT_URL!,
    region: environment.AWS_REGION!,
    credentials: {
      accessKeyId: environment.AWS_ACCESS_KEY_ID!,
      secretAccessKey: environment.AWS_SECRET_ACCESS_KEY!,
    },
    maxAttempts: 1,
  })
  afterAll(() => ec2.destroy())
  let count = 0

  return {
    ec2,

    /** By their ids, the interfaces and then the VPCs that have a namespace on the machine. */
    inKernel(): string[] {
      const folders = ["elastics", "routers"].map((kind) => join(stack.directory.containerd, "machine/netns", kind))
      return folders.flatMap((folder) => (existsSync(folder) ? readdirSync(folder) : []))
    },

    async defaultVpc() {
      const { Vpcs } = await ec2.describeVpcs({ Filters: [{ Name: "is-default", Values: ["true"] }] })
      const id = Vpcs![0]!.VpcId!
      const { Subnets } = await ec2.describeSubnets({ Filters: [{ Name: "vpc-id", Values: [id] }] })
      return { id, subnets: Subnets!.map(({ SubnetId }) => SubnetId!) }
    },

    /** Lets out everything, and in what it is given. */
    async group(vpcId: string, ingress: readonly IpPermission[] = []): Promise<string> {
      const name = `group-${++count}`
      const { GroupId } = await ec2.createSecurityGroup({ GroupName: name, Description: name, VpcId: vpcId })
      if (ingress.length > 0) await ec2.authorizeSecurityGroupIngress({ GroupId, IpPermissions: [...ingress] })
      return GroupId!
    },

    /** Runs it, and stops it when the test is over, however that ends. */
    async run(container: Wish, wish: VpcWish): Promise<VpcTask> {
      const { machine, subnets, groups, assignPublicIp = false, executionRoleArn } = wish
      const { launchType = machine === undefined ? "FARGATE" : "EC2" } = wish
      const placementConstraints = [{ type: "memberOf" as const, expression: `attribute:machine == ${machine}` }]
      const awsvpcConfiguration = {
        subnets: [...subnets],
        ...(groups !== undefined && { securityGroups: [...groups] }),
        ...(launchType === "FARGATE" && {
          assignPublicIp: assignPublicIp ? ("ENABLED" as const) : ("DISABLED" as const),
        }),
      }
      const task = await runTask(
        stack,
        { main: container },
        {
          ...onFargate,
          ...(executionRoleArn !== undefined && { executionRoleArn }),
          requiresCompatibilities: [launchType],
          run: {
            launchType,
            networkConfiguration: { awsvpcConfiguration },
            ...(machine !== undefined && { placementConstraints }),
          },
        },
      )
      onTestFinished(async () => {
        await task.stop()
        await task.stopped()
      })
      const { containers, attachments } = await task.running()
      const details = Object.fromEntries(attachments![0]!.details!.map(({ name, value }) => [name, value]))
      const [pid] = await until(async () => {
        const pids = await task.exec("main")
        return pids.length > 0 && pids
      })
      return {
        ...task,
        address: containers![0]!.networkInterfaces![0]!.privateIpv4Address!,
        interfaceId: details.networkInterfaceId!,
        namespace: `/proc/${pid}/ns/net`,
      }
    },
  }
}

export function tcp(port: number, from: Pick<IpPermission, "IpRanges" | "UserIdGroupPairs"> = ANYONE): IpPermission {
  return { IpProtocol: "tcp", FromPort: port, ToPort: port, ...from }
}

const ANYONE = { IpRanges: [{ CidrIp: "0.0.0.0/0" }] }
