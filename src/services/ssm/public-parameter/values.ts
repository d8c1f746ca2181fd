import { createHash } from "node:crypto"
import { compareStrings } from "../../../base/ordering.ts"

export interface PublicValue {
  readonly value: string
  readonly dataType?: string
}

/**
 * What stands in for AWS's own parameters, so that templates that read them work unchanged. The images are no AWS's:
 * their names say that they are Homeport's, and their ids lead nowhere else.
 */
export function publicValues(): ReadonlyMap<string, PublicValue> {
  values ??= new Map([...ecsImages(), ...linuxImages(), ...regions()].sort(([a], [b]) => compareStrings(a, b)))
  return values
}

let values: ReadonlyMap<string, PublicValue> | undefined

function* ecsImages(): Generator<[string, PublicValue]> {
  for (const [family, { os, image, variants }] of Object.entries(ECS_FAMILIES)) {
    for (const variant of ["", ...variants]) {
      const path = ["/aws/service/ecs/optimized-ami", family, ...(variant === "" ? [] : [variant]), "recommended"].join(
        "/",
      )
      const facts = {
        ecs_agent_version: "homeport",
        ecs_runtime_version: "containerd",
        image_id: imageId(path),
        image_name: `homeport-${image}${variant === "" ? "" : `-${variant.replaceAll("/", "-")}`}`,
        os: `${os} (Homeport)`,
        schema_version: 1,
      }
      yield [path, { value: JSON.stringify(facts) }]
      for (const [fact, value] of Object.entries(facts)) yield [`${path}/${fact}`, { value: String(value) }]
    }
  }
}

function* linuxImages(): Generator<[string, PublicValue]> {
  for (const name of LINUX_IMAGES) {
    const path = `/aws/service/ami-amazon-linux-latest/${name}`
    yield [path, { value: imageId(path), dataType: "aws:ec2:image" }]
  }
}

function* regions(): Generator<[string, PublicValue]> {
  for (const region of REGIONS) yield [`/aws/service/global-infrastructure/regions/${region}`, { value: region }]
}

/** The same for ever, and another for each path. */
function imageId(path: string): string {
  return `ami-${createHash("sha256").update(`homeport${path}`).digest("hex").slice(0, 17)}`
}

const ECS_FAMILIES = {
  "amazon-linux-2023": {
    os: "Amazon Linux 2023",
    image: "al2023-ami-ecs-hvm",
    variants: ["arm64", "gpu", "inf", "neuron"],
  },
  "amazon-linux-2": {
    os: "Amazon Linux 2",
    image: "amzn2-ami-ecs-hvm",
    variants: ["arm64", "gpu", "inf", "kernel-5.10", "kernel-5.10/arm64", "kernel-5.10/gpu", "kernel-5.10/inf"],
  },
} as const

const LINUX_IMAGES = [
  ...["al2023-ami-kernel-default-x86_64", "al2023-ami-kernel-default-arm64"],
  ...["al2023-ami-kernel-6.1-x86_64", "al2023-ami-kernel-6.1-arm64"],
  ...["al2023-ami-minimal-kernel-default-x86_64", "al2023-ami-minimal-kernel-default-arm64"],
  ...["amzn2-ami-hvm-x86_64-gp2", "amzn2-ami-hvm-arm64-gp2", "amzn2-ami-hvm-x86_64-ebs"],
  ...["amzn2-ami-kernel-5.10-hvm-x86_64-gp2", "amzn2-ami-kernel-5.10-hvm-arm64-gp2"],
]

const REGIONS = [
  ...["af-south-1", "ap-east-1", "ap-northeast-1", "ap-northeast-2", "ap-northeast-3", "ap-south-1", "ap-south-2"],
  ...["ap-southeast-1", "ap-southeast-2", "ap-southeast-3", "ap-southeast-4", "ca-central-1", "ca-west-1"],
  ...["eu-central-1", "eu-central-2", "eu-north-1", "eu-south-1", "eu-south-2", "eu-west-1", "eu-west-2", "eu-west-3"],
  ...["il-central-1", "me-central-1", "me-south-1", "sa-east-1", "us-east-1", "us-east-2", "us-west-1", "us-west-2"],
]
