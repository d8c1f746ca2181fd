import type { Setting } from "./setting.ts"

const RESOURCE_POLICY = JSON.stringify({
  Version: "2012-10-17",
  Statement: [{ Effect: "Deny", Principal: "*", Action: "secretsmanager:None", Resource: "*" }],
})

/** A secret with two versions and everything about it, and one that waits for its deletion. */
export const secretsManagerSetting: Setting = {
  client: "secrets-manager",

  async prepare({ account, secretsManager }) {
    const Tags = [{ Key: "team", Value: "a" }]
    const { ARN } = await secretsManager.createSecret({ Name: "known", SecretString: "1", Description: "d", Tags })
    const SecretId = ARN!
    const { VersionId } = await secretsManager.putSecretValue({
      SecretId,
      SecretString: "2",
      VersionStages: ["AWSPENDING"],
    })
    await secretsManager.putResourcePolicy({ SecretId, ResourcePolicy: RESOURCE_POLICY })
    const RotationLambdaARN = `arn:aws:lambda:us-east-1:${account}:function:known`
    await secretsManager.rotateSecret({ SecretId, RotationLambdaARN, RotateImmediately: false })
    const going = (await secretsManager.createSecret({ Name: "going" })).ARN!
    await secretsManager.deleteSecret({ SecretId: going })
    // The first to read something on a day leaves a trace; those who read here leave none any more.
    for (const VersionStage of ["AWSCURRENT", "AWSPENDING"]) {
      await secretsManager.getSecretValue({ SecretId, VersionStage })
    }
    return {
      names: {
        SecretId,
        SecretIdList: SecretId,
        VersionId: VersionId!,
        VersionStage: "AWSPENDING",
        ClientRequestToken: VersionId!,
        ResourcePolicy: RESOURCE_POLICY,
        RotationLambdaARN,
        Name: "new",
      },
      inputs: {
        PutSecretValue: { SecretId, SecretString: "3" },
        BatchGetSecretValue: { SecretIdList: [SecretId] },
        UpdateSecretVersionStage: { SecretId, VersionStage: "AWSPENDING", RemoveFromVersionId: VersionId! },
        RestoreSecret: { SecretId: going },
        RotateSecret: { SecretId, RotateImmediately: false },
        TagResource: { SecretId, Tags: [{ Key: "stage", Value: "test" }] },
        UntagResource: { SecretId, TagKeys: ["team"] },
      },
    }
  },

  refusals: {},
}
