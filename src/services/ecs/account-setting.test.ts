import { InvalidParameterException } from "@aws-sdk/client-ecs"
import { expect, test } from "vitest"
import { startWorld } from "../testing.ts"

test("a setting is kept for the caller and shown as its own", async () => {
  const { ecs, account } = await startWorld()
  const principalArn = `arn:aws:iam::${account}:root`
  const { setting } = await ecs.putAccountSetting({ name: "awsvpcTrunking", value: "enabled" })
  expect(setting).toEqual({ name: "awsvpcTrunking", value: "enabled", principalArn, type: "user" })
  expect((await ecs.listAccountSettings({})).settings).toEqual([setting])
})

test("effective settings show AWS's defaults where nothing is set", async () => {
  const { ecs } = await startWorld()
  await ecs.putAccountSettingDefault({ name: "containerInsights", value: "enabled" })
  const { settings, nextToken } = await ecs.listAccountSettings({ effectiveSettings: true })
  const rest = await ecs.listAccountSettings({ effectiveSettings: true, nextToken: nextToken! })
  const values = Object.fromEntries([...settings!, ...rest.settings!].map(({ name, value }) => [name, value]))
  expect(values).toEqual({
    awsvpcTrunking: "disabled",
    containerInsights: "enabled",
    containerInstanceLongArnFormat: "enabled",
    defaultLogDriverMode: "non-blocking",
    fargateEventWindows: "disabled",
    fargateFIPSMode: "disabled",
    fargateTaskRetirementWaitPeriod: "7",
    guardDutyActivate: "off",
    serviceLongArnFormat: "enabled",
    tagResourceAuthorization: "on",
    taskLongArnFormat: "enabled",
  })
})

test("the containerInsights setting is the default of new clusters", async () => {
  const { ecs } = await startWorld()
  await ecs.putAccountSetting({ name: "containerInsights", value: "enhanced" })
  expect((await ecs.createCluster({})).cluster!.settings).toEqual([{ name: "containerInsights", value: "enhanced" }])
})

test("a deleted setting is shown a last time and then is AWS's default again", async () => {
  const { ecs } = await startWorld()
  await ecs.putAccountSetting({ name: "containerInsights", value: "enabled" })
  expect((await ecs.deleteAccountSetting({ name: "containerInsights" })).setting).toMatchObject({ value: "enabled" })
  expect((await ecs.listAccountSettings({ name: "containerInsights" })).settings).toEqual([])
  expect(
    (await ecs.listAccountSettings({ name: "containerInsights", effectiveSettings: true })).settings,
  ).toMatchObject([{ value: "disabled" }])
})

test("a setting that AWS does not have, or a value it would not take, is refused", async () => {
  const { ecs } = await startWorld()
  await expect(ecs.putAccountSetting({ name: "colour" as never, value: "red" })).rejects.toThrow(
    "Invalid setting 'name'",
  )
  await expect(ecs.putAccountSetting({ name: "taskLongArnFormat", value: "ENABLED" })).rejects.toThrow(
    "Invalid setting 'value'",
  )
  await expect(ecs.putAccountSetting({ name: "guardDutyActivate", value: "on" })).rejects.toThrow(
    InvalidParameterException,
  )
  await expect(ecs.listAccountSettings({ value: "enabled" })).rejects.toThrow(InvalidParameterException)
})

test("root may set for another principal of its account, and of no other account", async () => {
  const { ecs, account } = await startWorld()
  const role = `arn:aws:iam::${account}:role/deploy`
  await ecs.putAccountSetting({ name: "containerInsights", value: "enabled", principalArn: role })
  expect((await ecs.listAccountSettings({ principalArn: role })).settings).toMatchObject([{ principalArn: role }])
  expect((await ecs.listAccountSettings({})).settings).toEqual([])
  await expect(
    ecs.putAccountSetting({
      name: "containerInsights",
      value: "enabled",
      principalArn: "arn:aws:iam::999999999999:root",
    }),
  ).rejects.toThrow(InvalidParameterException)
})

test("in other partitions principals are of that partition", async () => {
  const { as, account } = await startWorld()
  const { ecs, sts } = as({ region: "cn-north-1" })
  const principalArn = `arn:aws-cn:iam::${account}:root`
  expect((await sts.getCallerIdentity({})).Arn).toBe(principalArn)
  await ecs.putAccountSettingDefault({ name: "containerInsights", value: "enabled" })
  expect((await ecs.listAccountSettings({})).settings).toMatchObject([{ principalArn, value: "enabled" }])
  await expect(
    ecs.putAccountSetting({ name: "containerInsights", value: "enabled", principalArn: `x:y:iam::${account}:junk` }),
  ).rejects.toThrow(InvalidParameterException)
})
