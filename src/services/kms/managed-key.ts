import { arnOf, domainOf, globalArnOf, partitionOf } from "../../aws/arn.ts"
import type { Call } from "../../aws/operations.ts"
import { accountOf, regionOf } from "../../store/changes.ts"
import { newUuid } from "../../world/ids.ts"
import type { NamedKey } from "./find.ts"
import { makeMaterial } from "./material/material.ts"
import { aliases, type Key, keys } from "./tables.ts"

/** The services whose keys AWS makes and looks after, by the end of their aliases. */
const SERVICES: ReadonlyMap<string, string> = new Map([
  ["ebs", "ec2"],
  ["ecr", "ecr"],
  ["elasticfilesystem", "elasticfilesystem"],
  ["s3", "s3"],
  ["secretsmanager", "secretsmanager"],
  ["ssm", "ssm"],
])

/** Makes the key behind an alias of AWS's own, as in `alias/aws/ssm`, at its first use. */
export function beginManagedKey(call: Call, { name, tx }: NamedKey): void {
  const service = SERVICES.get(/^alias\/aws\/(.+)$/.exec(name)?.[1] ?? "")
  if (service === undefined || tx.scope !== call.tx.scope || tx.get(aliases, name) !== undefined) return
  const home = { account: accountOf(tx.scope), region: regionOf(tx.scope) }
  const id = newUuid(call.random)
  const key: Key = {
    id,
    arn: arnOf("kms", home, `key/${id}`),
    description: `Default key that protects what ${service} keeps when no other key is named`,
    spec: "SYMMETRIC_DEFAULT",
    manager: "AWS",
    state: "Enabled",
    deletionAt: undefined,
    pendingWindowInDays: undefined,
    policy: policyFor(service, home),
    rotation: { periodInDays: 365, nextAt: call.now + 365 * DAY_MS },
    version: 1,
    tags: [],
    createdAt: call.now,
  }
  tx.put(keys, key)
  makeMaterial(call, tx, key)
  tx.put(aliases, { name, keyId: id, createdAt: call.now, updatedAt: call.now })
}

/** Everyone in the account may use it through the service, and the account may look at it. */
function policyFor(service: string, home: { readonly account: string; readonly region: string }): string {
  const { account, region } = home
  const through = `${service}.${region}.${domainOf(partitionOf(region))}`
  return JSON.stringify({
    Version: "2012-10-17",
    Id: `auto-${service}-1`,
    Statement: [
      {
        Sid: `Allow access through ${service} for all principals in the account that are authorized to use it`,
        Effect: "Allow",
        Principal: { AWS: "*" },
        Action: [
          "kms:Encrypt",
          "kms:Decrypt",
          "kms:ReEncrypt*",
          "kms:GenerateDataKey*",
          "kms:CreateGrant",
          "kms:DescribeKey",
        ],
        Resource: "*",
        Condition: { StringEquals: { "kms:CallerAccount": account, "kms:ViaService": through } },
      },
      {
        Sid: "Allow direct access to key metadata to the account",
        Effect: "Allow",
        Principal: { AWS: globalArnOf("iam", home, "root") },
        Action: ["kms:Describe*", "kms:Get*", "kms:List*", "kms:RevokeGrant"],
        Resource: "*",
      },
    ],
  })
}

const DAY_MS = 24 * 60 * 60 * 1000
