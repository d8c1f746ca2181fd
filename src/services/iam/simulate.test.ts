import { InvalidInputException, NoSuchEntityException } from "@aws-sdk/client-iam"
import { expect, test } from "vitest"
import { startWorld } from "../testing.ts"

function policy(...Statement: object[]): string {
  return JSON.stringify({ Version: "2012-10-17", Statement })
}

const allow = (Action: string, rest: object = {}) => policy({ Effect: "Allow", Action, Resource: "*", ...rest })

test("a policy is simulated as AWS's own example has it", async () => {
  const { iam } = await startWorld()
  const condition = '{"DateGreaterThan":{"aws:CurrentTime":"2018-08-16T12:00:00Z"}}'
  const statement = `{"Effect":"Allow","Action":"dynamodb:*","Resource":"*","Condition":${condition}}`
  const simulate = async (at: string) =>
    await iam.simulateCustomPolicy({
      PolicyInputList: [`{"Version":"2012-10-17","Statement":${statement}}`],
      ActionNames: ["dynamodb:CreateBackup"],
      ContextEntries: [{ ContextKeyName: "aws:CurrentTime", ContextKeyValues: [at], ContextKeyType: "date" }],
    })

  expect(await simulate("2019-04-25T11:00:00Z")).toMatchObject({
    EvaluationResults: [
      {
        EvalActionName: "dynamodb:CreateBackup",
        EvalResourceName: "*",
        EvalDecision: "allowed",
        MatchedStatements: [
          {
            SourcePolicyId: "PolicyInputList.1",
            StartPosition: { Line: 1, Column: 38 },
            EndPosition: { Line: 1, Column: 167 },
          },
        ],
        MissingContextValues: [],
      },
    ],
    IsTruncated: false,
  })
  const { EvaluationResults = [] } = await simulate("2014-04-25T11:00:00Z")
  expect(EvaluationResults).toMatchObject([{ EvalDecision: "implicitDeny", MatchedStatements: [] }])
})

test("of several resources the strictest decision stands for all, and each has its own", async () => {
  const { iam } = await startWorld()
  const { EvaluationResults = [] } = await iam.simulateCustomPolicy({
    PolicyInputList: [allow("s3:*"), policy({ Effect: "Deny", Action: "s3:Get*", Resource: "arn:aws:s3:::b/*" })],
    ActionNames: ["s3:GetObject", "s3:PutObject"],
    ResourceArns: ["arn:aws:s3:::a/1", "arn:aws:s3:::b/1"],
  })
  expect(EvaluationResults).toMatchObject([
    {
      EvalActionName: "s3:GetObject",
      EvalDecision: "explicitDeny",
      MatchedStatements: [{ SourcePolicyId: "PolicyInputList.2" }],
      ResourceSpecificResults: [
        { EvalResourceName: "arn:aws:s3:::a/1", EvalResourceDecision: "allowed" },
        { EvalResourceName: "arn:aws:s3:::b/1", EvalResourceDecision: "explicitDeny" },
      ],
    },
    { EvalActionName: "s3:PutObject", EvalDecision: "allowed" },
  ])
})

test("what a condition asks for and nobody gave is named", async () => {
  const { iam } = await startWorld()
  const Condition = { StringEquals: { "ecs:cluster": "a", "aws:PrincipalTag/Team": "b" } }
  // biome-ignore lint/suspicious/noTemplateCurlyInString: a policy variable looks like this
  const PolicyInputList = [allow("ecs:*", { Condition }), allow("s3:*", { Resource: "arn:aws:s3:::${aws:username}" })]
  const { EvaluationResults = [] } = await iam.simulateCustomPolicy({
    PolicyInputList,
    ActionNames: ["ecs:RunTask"],
    ContextEntries: [{ ContextKeyName: "ECS:Cluster", ContextKeyValues: ["a"], ContextKeyType: "string" }],
  })
  expect(EvaluationResults).toMatchObject([
    { EvalDecision: "implicitDeny", MissingContextValues: ["aws:PrincipalTag/Team"] },
  ])
  const { ContextKeyNames } = await iam.getContextKeysForCustomPolicy({ PolicyInputList })
  expect(ContextKeyNames).toEqual(["ecs:cluster", "aws:PrincipalTag/Team", "aws:username"])
})

test("a boundary bounds, and says so", async () => {
  const { iam } = await startWorld()
  const { EvaluationResults = [] } = await iam.simulateCustomPolicy({
    PolicyInputList: [allow("*")],
    PermissionsBoundaryPolicyInputList: [allow("s3:*")],
    ActionNames: ["s3:GetObject", "ecs:RunTask"],
  })
  expect(EvaluationResults).toMatchObject([
    { EvalDecision: "allowed", PermissionsBoundaryDecisionDetail: { AllowedByPermissionsBoundary: true } },
    { EvalDecision: "implicitDeny", PermissionsBoundaryDecisionDetail: { AllowedByPermissionsBoundary: false } },
  ])
})

test("a resource of another account needs both sides, and each side's word is told", async () => {
  const { iam, account } = await startWorld()
  const simulate = async (Principal: object) => {
    const { EvaluationResults = [] } = await iam.simulateCustomPolicy({
      PolicyInputList: [allow("s3:*")],
      ActionNames: ["s3:GetObject"],
      ResourceArns: ["arn:aws:s3:::theirs/a"],
      ResourceOwner: "444455556666",
      CallerArn: `arn:aws:iam::${account}:user/ann`,
      ResourcePolicy: allow("s3:*", { Principal }),
    })
    return EvaluationResults[0]
  }
  expect(await simulate({ AWS: account })).toMatchObject({
    EvalDecision: "allowed",
    EvalDecisionDetails: { "IAM Policy": "allowed", "Resource Policy": "allowed" },
    MatchedStatements: [{ SourcePolicyId: "PolicyInputList.1" }, { SourcePolicyType: "resource" }],
  })
  expect(await simulate({ AWS: "777788889999" })).toMatchObject({
    EvalDecision: "implicitDeny",
    EvalDecisionDetails: { "IAM Policy": "allowed", "Resource Policy": "implicitDeny" },
  })
})

test("a user is simulated with its own policies, those of its groups, and its boundary", async () => {
  const { iam } = await startWorld()
  const { Policy } = await iam.createPolicy({ PolicyName: "bound", PolicyDocument: allow("s3:*") })
  const { User } = await iam.createUser({ UserName: "ann", PermissionsBoundary: Policy!.Arn! })
  await iam.createGroup({ GroupName: "team" })
  await iam.addUserToGroup({ GroupName: "team", UserName: "ann" })
  await iam.putGroupPolicy({ GroupName: "team", PolicyName: "tasks", PolicyDocument: allow("ecs:*") })
  await iam.putUserPolicy({
    UserName: "ann",
    PolicyName: "own",
    // biome-ignore lint/suspicious/noTemplateCurlyInString: a policy variable looks like this
    PolicyDocument: allow("s3:*", { Resource: "arn:aws:s3:::home/${aws:username}/*" }),
  })

  const PolicySourceArn = User!.Arn!
  const { EvaluationResults = [] } = await iam.simulatePrincipalPolicy({
    PolicySourceArn,
    ActionNames: ["s3:GetObject", "ecs:RunTask"],
    ResourceArns: ["arn:aws:s3:::home/ann/a"],
  })
  expect(EvaluationResults).toMatchObject([
    { EvalDecision: "allowed", MatchedStatements: [{ SourcePolicyId: "own", SourcePolicyType: "user" }] },
    { EvalDecision: "implicitDeny", PermissionsBoundaryDecisionDetail: { AllowedByPermissionsBoundary: false } },
  ])

  const unbounded = await iam.simulatePrincipalPolicy({
    PolicySourceArn,
    PermissionsBoundaryPolicyInputList: [allow("*")],
    ActionNames: ["ecs:RunTask"],
  })
  expect(unbounded.EvaluationResults).toMatchObject([
    { EvalDecision: "allowed", MatchedStatements: [{ SourcePolicyId: "tasks", SourcePolicyType: "group" }] },
  ])
  expect((await iam.getContextKeysForPrincipalPolicy({ PolicySourceArn })).ContextKeyNames).toEqual(["aws:username"])
})

test("a role is simulated with managed policies of both kinds, and a group with its own", async () => {
  const { iam } = await startWorld()
  const trust = policy({ Effect: "Allow", Principal: { Service: "ecs-tasks.amazonaws.com" }, Action: "sts:AssumeRole" })
  const { Role } = await iam.createRole({ RoleName: "task", AssumeRolePolicyDocument: trust })
  const { Policy } = await iam.createPolicy({ PolicyName: "mine", PolicyDocument: allow("s3:*") })
  await iam.attachRolePolicy({ RoleName: "task", PolicyArn: Policy!.Arn! })
  const AWS_POLICY = "arn:aws:iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy"
  await iam.attachRolePolicy({ RoleName: "task", PolicyArn: AWS_POLICY })
  const { EvaluationResults = [] } = await iam.simulatePrincipalPolicy({
    PolicySourceArn: Role!.Arn!,
    ActionNames: ["s3:GetObject", "logs:PutLogEvents"],
  })
  expect(EvaluationResults).toMatchObject([
    { EvalDecision: "allowed", MatchedStatements: [{ SourcePolicyId: "mine", SourcePolicyType: "user-managed" }] },
    { MatchedStatements: [{ SourcePolicyId: "AmazonECSTaskExecutionRolePolicy", SourcePolicyType: "aws-managed" }] },
  ])

  const { Group } = await iam.createGroup({ GroupName: "team" })
  const ofGroup = await iam.simulatePrincipalPolicy({ PolicySourceArn: Group!.Arn!, ActionNames: ["s3:GetObject"] })
  expect(ofGroup.EvaluationResults).toMatchObject([{ EvalDecision: "implicitDeny" }])
})

test("results come page by page", async () => {
  const { iam } = await startWorld()
  const request = { PolicyInputList: [allow("s3:*")], ActionNames: ["s3:a", "s3:b", "s3:c"], MaxItems: 2 }
  const first = await iam.simulateCustomPolicy(request)
  expect(first.EvaluationResults?.map(({ EvalActionName }) => EvalActionName)).toEqual(["s3:a", "s3:b"])
  const second = await iam.simulateCustomPolicy({ ...request, Marker: first.Marker })
  expect(second.EvaluationResults?.map(({ EvalActionName }) => EvalActionName)).toEqual(["s3:c"])
  expect(second.IsTruncated).toBe(false)
})

test("a simulation tells nothing of another account's users", async () => {
  const world = await startWorld()
  const theirs = world.as({ account: "another" })
  await theirs.iam.createUser({ UserName: "ann", Tags: [{ Key: "team", Value: "secret" }] })
  const Condition = { StringEquals: { "aws:PrincipalTag/team": "secret" } }
  const { EvaluationResults = [] } = await world.iam.simulateCustomPolicy({
    PolicyInputList: [allow("s3:*", { Condition })],
    ActionNames: ["s3:GetObject"],
    CallerArn: `arn:aws:iam::${theirs.account}:user/ann`,
  })
  expect(EvaluationResults).toMatchObject([{ EvalDecision: "implicitDeny" }])
})

test("what makes no sense is refused", async () => {
  const { iam, account } = await startWorld()
  const good = { PolicyInputList: [allow("s3:*")], ActionNames: ["s3:GetObject"] }
  const ResourcePolicy = allow("s3:*", { Principal: "*" })
  for (const wrong of [
    { ...good, PolicyInputList: ["{"] },
    { ...good, ActionNames: ["s3:*"] },
    { ...good, ActionNames: ["GetObject"] },
    { ...good, ResourceArns: ["shop"] },
    { ...good, ResourcePolicy },
    { ...good, ResourcePolicy, CallerArn: `arn:aws:iam::${account}:role/deploy` },
    { ...good, ResourceHandlingOption: "EC2-VPC-InstanceStore" },
    { ...good, PermissionsBoundaryPolicyInputList: [allow("*"), allow("*")] },
    {
      ...good,
      MaxItems: 1000,
      ActionNames: Array<string>(300).fill("s3:a"),
      ResourceArns: Array<string>(300).fill("*"),
    },
  ]) {
    await expect(iam.simulateCustomPolicy(wrong)).rejects.toThrow(InvalidInputException)
  }
  const missing = { PolicySourceArn: `arn:aws:iam::${account}:user/nobody`, ActionNames: ["s3:GetObject"] }
  await expect(iam.simulatePrincipalPolicy(missing)).rejects.toThrow(NoSuchEntityException)
  const others = { ...missing, PolicySourceArn: "arn:aws:iam::444455556666:user/ann" }
  await expect(iam.simulatePrincipalPolicy(others)).rejects.toThrow(InvalidInputException)
})
