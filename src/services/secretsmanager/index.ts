/**
 * AWS Secrets Manager.
 *
 * Covers: secrets by name, ARN and partial ARN; their versions and staging labels, text and binary; reading one or many;
 * listing with filters; resource policies; deletion that can be taken back, and at once; random passwords; tags.
 *
 * Leaves out, and says so when asked: replicas in other regions, secrets that a partner manages (`Type`) and
 * `RotationToken`. `primary-region` and `owning-service` as filters find nothing, as there is nothing to find.
 *
 * Kept without effect: what RotateSecret says of a Lambda function and when it is to run. There is no Lambda, so a
 * rotation at once is refused; whoever rotates puts a version and moves the labels.
 *
 * Unlike AWS on purpose: what takes AWS a while is there at once. A key that is changed for one that the caller may not use
 * is refused, where AWS would leave the old versions as they are. There are no quotas of requests.
 *
 * Values are sealed through KMS, in the caller's name, under the secret's key or the account's `aws/secretsmanager`.
 */
import { service } from "../../aws/service.ts"
import { deletionOperations, secretPurge } from "./deletion.ts"
import { unfit } from "./fault.ts"
import { listOperations } from "./list.ts"
import { randomPasswordOperations } from "./random-password.ts"
import { resourcePolicyOperations } from "./resource-policy.ts"
import { rotationOperations } from "./rotation.ts"
import { secretOperations } from "./secret.ts"
import { secrets, secretVersions } from "./tables.ts"
import { tagOperations } from "./tag.ts"
import { valueOperations } from "./value.ts"
import { versionOperations } from "./version.ts"

/** For services that read secrets in the name of a role of their own. */
export const readSecretValue = valueOperations.GetSecretValue

export const secretsManager = service({
  name: "secretsmanager",
  targetPrefix: "secretsmanager",
  protocols: ["awsJson1_1"],
  sdk: () => import("@aws-sdk/client-secrets-manager"),
  operations: {
    ...secretOperations,
    ...valueOperations,
    ...versionOperations,
    ...listOperations,
    ...deletionOperations,
    ...resourcePolicyOperations,
    ...rotationOperations,
    ...randomPasswordOperations,
    ...tagOperations,
  },
  tables: [secrets, secretVersions],
  controllers: [secretPurge],
  missing: ([path = ""]) => unfit(null, `${path.charAt(0).toLowerCase()}${path.slice(1)}`, "Member must not be null"),
})
