import type { Setting } from "./setting.ts"

const ALLOWING = JSON.stringify({
  Version: "2012-10-17",
  Statement: [{ Effect: "Allow", Action: "ecs:*", Resource: "*" }],
})
const TRUSTING = JSON.stringify({
  Version: "2012-10-17",
  Statement: [{ Effect: "Allow", Principal: { Service: "ecs-tasks.amazonaws.com" }, Action: "sts:AssumeRole" }],
})
const PULLING = "arn:aws:iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy"

/** One of each kind with everything about it, and another one that can be deleted. */
export const iamSetting: Setting = {
  client: "iam",

  async prepare({ account, iam }) {
    const own = (resource: string) => `arn:aws:iam::${account}:${resource}`
    const Tags = [{ Key: "team", Value: "a" }]
    const policy = { PolicyName: "known", PolicyDocument: ALLOWING }
    for (const PolicyName of ["known", "spare"]) await iam.createPolicy({ ...policy, PolicyName, Tags })
    await iam.createPolicyVersion({ PolicyArn: own("policy/known"), PolicyDocument: ALLOWING, SetAsDefault: true })

    const PermissionsBoundary = own("policy/known")
    for (const UserName of ["known", "spare"]) await iam.createUser({ UserName, Tags })
    await iam.putUserPermissionsBoundary({ UserName: "known", PermissionsBoundary })
    await iam.putUserPolicy({ UserName: "known", ...policy })
    await iam.attachUserPolicy({ UserName: "known", PolicyArn: PULLING })
    const { AccessKey } = await iam.createAccessKey({ UserName: "known" })

    for (const GroupName of ["known", "spare"]) await iam.createGroup({ GroupName })
    await iam.addUserToGroup({ GroupName: "known", UserName: "known" })
    await iam.putGroupPolicy({ GroupName: "known", ...policy })
    await iam.attachGroupPolicy({ GroupName: "known", PolicyArn: PULLING })

    for (const RoleName of ["known", "spare"]) {
      await iam.createRole({ RoleName, AssumeRolePolicyDocument: TRUSTING, Tags })
      await iam.createInstanceProfile({ InstanceProfileName: RoleName, Tags })
    }
    await iam.putRolePermissionsBoundary({ RoleName: "known", PermissionsBoundary })
    await iam.putRolePolicy({ RoleName: "known", ...policy })
    await iam.attachRolePolicy({ RoleName: "known", PolicyArn: PULLING })
    await iam.addRoleToInstanceProfile({ InstanceProfileName: "known", RoleName: "known" })

    await iam.createServiceLinkedRole({ AWSServiceName: "ecs.amazonaws.com" })
    await iam.createServiceLinkedRole({ AWSServiceName: "autoscaling.amazonaws.com" })
    const gone = await iam.deleteServiceLinkedRole({ RoleName: "AWSServiceRoleForAutoScaling" })
    await iam.createAccountAlias({ AccountAlias: "known" })
    await iam.updateAccountPasswordPolicy({})
    const Url = "https://token.example.com"
    await iam.createOpenIDConnectProvider({ Url, ClientIDList: ["known"], ThumbprintList: ["a".repeat(40)], Tags })

    const OpenIDConnectProviderArn = own("oidc-provider/token.example.com")
    const InstanceProfileName = "known"
    const unattached = own("policy/spare")
    return {
      names: {
        UserName: "known",
        GroupName: "known",
        RoleName: "known",
        InstanceProfileName,
        PolicyName: "known",
        PolicyArn: own("policy/known"),
        PolicySourceArn: own("role/known"),
        PolicyDocument: ALLOWING,
        AssumeRolePolicyDocument: TRUSTING,
        PermissionsBoundary,
        AccessKeyId: AccessKey!.AccessKeyId!,
        AccountAlias: "known",
        OpenIDConnectProviderArn,
        ClientID: "known",
        VersionId: "v2",
        Path: "/team/",
        PathPrefix: "/",
        DeletionTaskId: gone.DeletionTaskId!,
        AWSServiceName: "autoscaling.amazonaws.com",
        Key: "team",
      },
      inputs: {
        CreateUser: { UserName: "new" },
        DeleteUser: { UserName: "spare" },
        CreateGroup: { GroupName: "new" },
        DeleteGroup: { GroupName: "spare" },
        CreateRole: { RoleName: "new", AssumeRolePolicyDocument: TRUSTING },
        DeleteRole: { RoleName: "spare" },
        UpdateAssumeRolePolicy: { RoleName: "known", PolicyDocument: TRUSTING },
        CreateInstanceProfile: { InstanceProfileName: "new" },
        DeleteInstanceProfile: { InstanceProfileName: "spare" },
        AddRoleToInstanceProfile: { InstanceProfileName: "spare", RoleName: "spare" },
        CreatePolicy: { PolicyName: "new", PolicyDocument: ALLOWING },
        DeletePolicy: { PolicyArn: unattached },
        DeletePolicyVersion: { PolicyArn: own("policy/known"), VersionId: "v1" },
        AttachUserPolicy: { UserName: "known", PolicyArn: unattached },
        AttachGroupPolicy: { GroupName: "known", PolicyArn: unattached },
        AttachRolePolicy: { RoleName: "known", PolicyArn: unattached },
        DetachUserPolicy: { UserName: "known", PolicyArn: PULLING },
        DetachGroupPolicy: { GroupName: "known", PolicyArn: PULLING },
        DetachRolePolicy: { RoleName: "known", PolicyArn: PULLING },
        UpdateAccessKey: { UserName: "known", AccessKeyId: AccessKey!.AccessKeyId!, Status: "Inactive" },
        DeleteAccessKey: { UserName: "known", AccessKeyId: AccessKey!.AccessKeyId! },
        ListAccessKeys: { UserName: "known" },
        DeleteServiceLinkedRole: { RoleName: "AWSServiceRoleForECS" },
        CreateAccountAlias: { AccountAlias: "other" },
        CreateOpenIDConnectProvider: { Url: "https://other.example.com" },
        UpdateOpenIDConnectProviderThumbprint: { OpenIDConnectProviderArn, ThumbprintList: [] },
        ...Object.fromEntries(
          [
            ["User", { UserName: "known" }],
            ["Role", { RoleName: "known" }],
            ["InstanceProfile", { InstanceProfileName }],
            ["Policy", { PolicyArn: own("policy/known") }],
            ["OpenIDConnectProvider", { OpenIDConnectProviderArn }],
          ].flatMap(([kind, named]) => [
            [`Tag${kind}`, { ...(named as object), Tags: [{ Key: "stage", Value: "test" }] }],
            [`Untag${kind}`, { ...(named as object), TagKeys: ["team"] }],
          ]),
        ),
        SimulateCustomPolicy: { PolicyInputList: [ALLOWING], ActionNames: ["ecs:RunTask"] },
        SimulatePrincipalPolicy: { PolicySourceArn: own("role/known"), ActionNames: ["ecs:RunTask"] },
        GetContextKeysForCustomPolicy: { PolicyInputList: [ALLOWING] },
      },
    }
  },

  refusals: {
    GetLoginProfile: "NoSuchEntityException",
    DeleteLoginProfile: "NoSuchEntityException",
    GetCredentialReport: "CredentialReportNotPresentException",
  },
}
