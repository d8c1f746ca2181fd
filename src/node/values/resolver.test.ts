import { expect, test } from "vitest"
import type { Secret } from "../../wire/task.ts"
import { simulatedWorld } from "../../world/simulated.ts"
import { aContainer, aRegion, aTaskRecord, credentialsNamed, type RegionAnswer } from "../endpoints/testing.ts"
import { RegionError } from "../region.ts"
import type { Objects } from "./objects.ts"
import { resolverOver } from "./resolver.ts"

const MANAGED = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:shop/db-a1B2c3"
const execution = credentialsNamed("execution")

function aSecret(name: string, secret: Partial<Secret> = {}): Secret {
  return {
    name,
    valueFrom: MANAGED,
    region: "eu-west-1",
    provider: "asm",
    type: "ENVIRONMENT_VARIABLE",
    target: "CONTAINER",
    ...secret,
  }
}

const parameter = (name: string, valueFrom: string) =>
  aSecret(name, { valueFrom, provider: "ssm", region: "us-west-2" })

function start(answer?: RegionAnswer, files: Readonly<Record<string, string>> = {}) {
  const world = simulatedWorld()
  const region = aRegion(answer)
  const objects: Objects = {
    async get(bucket, key) {
      const text = files[`${bucket}/${key}`]
      if (text === undefined) throw new RegionError("NoSuchKey", 404, "The specified key does not exist.")
      return Buffer.from(text)
    },
  }
  const resolver = resolverOver(world, region, objects)
  const task = (container: Parameters<typeof aContainer>[0]) =>
    aTaskRecord("1", { payload: { containers: [aContainer(container)] } })
  return {
    world,
    region,
    resolver,
    secrets: (...secrets: readonly Secret[]) => resolver.secrets(task({ secrets: [...secrets] }), "app", execution),
    files: (...values: readonly string[]) =>
      resolver.environmentFiles(
        task({ environmentFiles: values.map((value) => ({ value, type: "s3" })) }),
        "app",
        execution,
      ),
    task,
  }
}

test("a secret is fetched whole, by its key, by its stage, and once for all that name the same version", async () => {
  const { region, secrets } = start((_, __, input) => ({
    SecretString: "VersionStage" in input ? "old" : '{"user":"ann","port":5432,"tls":{"on":true}}',
  }))

  const values = await secrets(
    aSecret("ALL"),
    aSecret("USER", { valueFrom: `${MANAGED}:user::` }),
    aSecret("PORT", { valueFrom: `${MANAGED}:port::` }),
    aSecret("TLS", { valueFrom: `${MANAGED}:tls::` }),
    aSecret("OLD", { valueFrom: `${MANAGED}::AWSPREVIOUS:` }),
  )
  expect(values).toEqual({
    ALL: '{"user":"ann","port":5432,"tls":{"on":true}}',
    USER: "ann",
    PORT: "5432",
    TLS: '{"on":true}',
    OLD: "old",
  })
  expect(
    region.calls.map(([service, operation, input, options]) => [service, operation, input, options?.region]),
  ).toEqual([
    ["secretsmanager", "GetSecretValue", { SecretId: MANAGED }, "eu-west-1"],
    ["secretsmanager", "GetSecretValue", { SecretId: MANAGED, VersionStage: "AWSPREVIOUS" }, "eu-west-1"],
  ])
  expect(region.calls[0]![3]?.credentials).toBe(execution)
})

test("parameters are fetched ten at a time, by name or ARN", async () => {
  const { region, secrets } = start((_, __, input) => {
    const { Names } = input as { Names: string[] }
    return { Parameters: Names.map((name) => ({ Name: name, ARN: `arn:of${name}`, Value: `value of ${name}` })) }
  })
  const wanted = Array.from({ length: 12 }, (_, n) => parameter(`P${n}`, `/p/${n}`))

  const values = await secrets(...wanted)
  expect(values.P0).toBe("value of /p/0")
  expect(values.P11).toBe("value of /p/11")
  expect(region.calls.map(([, , input]) => (input as { Names: string[] }).Names.length)).toEqual([10, 2])
})

test.each<[string, RegionAnswer, Secret, string]>([
  [
    "a role that may not",
    () => {
      throw new RegionError("AccessDeniedException", 400, "User: x is not authorized")
    },
    aSecret("A"),
    `execution resource retrieval failed: unable to retrieve secret from asm: service call has been retried 0 time(s): failed to fetch secret ${MANAGED} from secrets manager: AccessDeniedException: User: x is not authorized`,
  ],
  [
    "a parameter that is not there",
    () => ({ Parameters: [], InvalidParameters: ["/p"] }),
    parameter("A", "/p"),
    "execution resource retrieval failed: unable to retrieve secrets from ssm: service call has been retried 0 time(s): invalid ssm parameters: /p",
  ],
  [
    "a key that is not there",
    () => ({ SecretString: '{"a":"very secret"}' }),
    aSecret("A", { valueFrom: `${MANAGED}:b::` }),
    "execution resource retrieval failed: unable to retrieve secret from asm: retrieved secret from Secrets Manager did not contain json key b",
  ],
])("%s is told in ECS's words", async (_, answer, secret, message) => {
  await expect(start(answer).secrets(secret)).rejects.toThrow(new Error(message))
})

test("what cannot be read is not repeated", async () => {
  const { secrets } = start(() => ({ SecretString: "very secret" }))

  await expect(secrets(aSecret("A", { valueFrom: `${MANAGED}:b::` }))).rejects.not.toThrow("very secret")
})

test("a region that does not answer is asked again, for a while", async () => {
  let asked = 0
  const { world, secrets } = start(() => {
    asked += 1
    if (asked < 4) throw new RegionError("Unreachable", 0, "nobody is there")
    return { SecretString: "s" }
  })
  const values = secrets(aSecret("A"))
  await world.advance(10_000)
  expect(await values).toEqual({ A: "s" })
})

test("options of a log driver are fetched apart from the container's own", async () => {
  const { resolver, task } = start(() => ({ SecretString: "token" }))
  const secrets = [aSecret("A"), aSecret("splunk-token", { target: "LOG_DRIVER" })]

  expect(await resolver.logSecrets(task({ secrets }), "app", execution)).toEqual({ "splunk-token": "token" })
  expect(await resolver.secrets(task({ secrets }), "app", execution)).toEqual({ A: "token" })
})

test("of several files the later one wins, and comments and empty lines say nothing", async () => {
  const { files } = start(undefined, {
    "shop/a.env": "# of the shop\nLEVEL=info\n\nURL=http://a?b=c d\n",
    "shop/b.env": "LEVEL=debug\r\nEMPTY=\r\n",
  })

  expect(await files("arn:aws:s3:::shop/a.env", "arn:aws:s3:::shop/b.env")).toEqual({
    LEVEL: "debug",
    URL: "http://a?b=c d",
    EMPTY: "",
  })
})

test("a file that is missing or makes no sense is named, without what stands in it", async () => {
  const { files } = start(undefined, { "shop/a.env": "A=1\nvery secret" })

  await expect(files("arn:aws:s3:::shop/a.env")).rejects.toThrow(
    new Error("arn:aws:s3:::shop/a.env is no environment file: line 2 is not of the form NAME=value"),
  )
  await expect(files("arn:aws:s3:::shop/b.env")).rejects.toThrow("NoSuchKey: The specified key does not exist.")
})

test("ECR's password is made for the execution role where the task has one, else for the instance", async () => {
  const { region, resolver } = start(() => ({
    authorizationData: [{ authorizationToken: Buffer.from("AWS:pass:word").toString("base64") }],
  }))
  const ecr = { registryId: "111122223333", region: "eu-west-1" }

  const login = await resolver.login({ type: "ecr", ecrAuthData: { ...ecr, useExecutionRole: true } }, execution)
  expect(login).toEqual({ username: "AWS", password: "pass:word", via: { endpoint: region.endpoint } })
  await resolver.login({ type: "ecr", ecrAuthData: ecr }, execution)
  expect(region.calls.map(([, , input, options]) => [input, options?.credentials])).toEqual([
    [{ registryIds: ["111122223333"] }, execution],
    [{ registryIds: ["111122223333"] }, undefined],
  ])
})

test("another registry's password lies in a secret", async () => {
  const asmAuthData = { credentialsParameter: MANAGED, region: "eu-west-1" }
  const good = start(() => ({ SecretString: '{"username":"ann","password":"p"}' }))
  expect(await good.resolver.login({ type: "asm", asmAuthData }, execution)).toEqual({ username: "ann", password: "p" })

  const bad = start(() => ({ SecretString: '{"user":"ann"}' }))
  await expect(bad.resolver.login({ type: "asm", asmAuthData }, execution)).rejects.toThrow(
    "the secret of repositoryCredentials has to be JSON with a username and a password",
  )
})
