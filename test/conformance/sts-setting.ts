import type { Setting } from "./setting.ts"

/** A role that trusts its account. */
export const stsSetting: Setting = {
  client: "sts",

  async prepare({ account, credentials, iam }) {
    const Statement = [{ Effect: "Allow", Principal: { AWS: account }, Action: ["sts:AssumeRole", "sts:TagSession"] }]
    const AssumeRolePolicyDocument = JSON.stringify({ Version: "2012-10-17", Statement })
    const { Role } = await iam.createRole({ RoleName: "known", AssumeRolePolicyDocument })
    return {
      names: {
        RoleArn: Role!.Arn!,
        RoleSessionName: "known",
        Name: "known",
        AccessKeyId: credentials.accessKeyId,
        WebIdentityToken: "e30.e30.e30",
      },
      inputs: {},
    }
  },

  refusals: { AssumeRoleWithWebIdentity: "InvalidIdentityTokenException" },
}
