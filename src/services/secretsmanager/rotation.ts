import type * as sdk from "@aws-sdk/client-secrets-manager"
import { parseArn } from "../../aws/arn.ts"
import type { Operations } from "../../aws/operations.ts"
import { fault, invalid, invalidRequest, notYet } from "./fault.ts"
import { permittedLiveSecret } from "./find.ts"
import { CURRENT } from "./stage.ts"
import { type Rotation, secrets } from "./tables.ts"

export const rotationOperations = {
  RotateSecret(call, input) {
    const { RotationLambdaARN, RotateImmediately = true } = input
    const { secret, tx } = permittedLiveSecret(call, input.SecretId!, {
      conditions: {
        "secretsmanager:RotationLambdaARN": RotationLambdaARN,
        "secretsmanager:RotateImmediately": RotateImmediately,
      },
    })
    if (input.ExternalSecretRotationMetadata !== undefined || input.ExternalSecretRotationRoleArn !== undefined) {
      throw notYet("secrets that a partner rotates (ExternalSecretRotation…)")
    }
    const lambdaArn = RotationLambdaARN ?? secret.rotation?.lambdaArn
    if (lambdaArn === undefined) {
      throw invalidRequest("No Lambda rotation function ARN is associated with this secret.")
    }
    if (parseArn(lambdaArn)?.service !== "lambda") {
      throw invalid("The RotationLambdaARN is not the ARN of a Lambda function.")
    }
    const rules = checkedRules(input.RotationRules, secret.rotation)
    if (RotateImmediately) {
      throw fault(
        "AccessDeniedException",
        "Secrets Manager cannot invoke the specified Lambda function. Ensure that the function policy grants access to the principal secretsmanager.amazonaws.com. Homeport has no Lambda: keep the settings with RotateImmediately false, and rotate with PutSecretValue and UpdateSecretVersionStage.",
      )
    }
    tx.put(secrets, { ...secret, rotation: { ...rules, isEnabled: true, lambdaArn }, changedAt: call.now })
    const current = secret.stages[CURRENT]
    return { ARN: secret.arn, Name: secret.name, ...(current !== undefined && { VersionId: current }) }
  },

  CancelRotateSecret(call, input) {
    const { secret, tx } = permittedLiveSecret(call, input.SecretId!)
    const { rotation } = secret
    if (rotation?.isEnabled) {
      tx.put(secrets, { ...secret, rotation: { ...rotation, isEnabled: false }, changedAt: call.now })
    }
    const pending = secret.stages.AWSPENDING
    return { ARN: secret.arn, Name: secret.name, ...(pending !== undefined && { VersionId: pending }) }
  },
} satisfies Operations<typeof sdk>

type Rules = Pick<Rotation, "afterDays" | "duration" | "schedule">

function checkedRules(sent: sdk.RotationRulesType | undefined, present: Rotation | undefined): Rules {
  if (sent === undefined) {
    return { afterDays: present?.afterDays, duration: present?.duration, schedule: present?.schedule }
  }
  const { AutomaticallyAfterDays: afterDays, Duration: duration, ScheduleExpression: schedule } = sent
  if (afterDays !== undefined && schedule !== undefined) {
    throw invalid("You can't specify both AutomaticallyAfterDays and ScheduleExpression.")
  }
  if (afterDays !== undefined && (afterDays < 1 || afterDays > 1000)) {
    throw invalid("The AutomaticallyAfterDays value must be between 1 and 1000 days (inclusive).")
  }
  if (duration !== undefined && !/^[0-9h]{2,3}$/.test(duration)) throw invalid("The Duration is not like 3h.")
  if (schedule !== undefined && !/^(rate|cron)\([0-9A-Za-z#?*,/ -]{1,250}\)$/.test(schedule)) {
    throw invalid("The ScheduleExpression is neither rate(…) nor cron(…).")
  }
  return { afterDays, duration, schedule }
}
