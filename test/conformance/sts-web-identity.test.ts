import { gzipSync } from "node:zlib"
import { STS } from "@aws-sdk/client-sts"
import { expect, test } from "vitest"
import { sdkHandler } from "../../src/aws/testing.ts"
import { catalog } from "../../src/services/catalog.ts"
import { sts } from "../../src/services/sts/index.ts"
import { testIssuer } from "../../src/services/sts/testing.ts"
import { startWorld } from "../../src/services/testing.ts"
import { simulatedWorld } from "../../src/world/simulated.ts"

const HOST = "token.example.com"

async function start() {
  const simulated = simulatedWorld()
  const issuer = testIssuer(HOST, () => simulated.now())
  const services = catalog.map((service) => (service.name === "sts" ? sts(issuer.keys) : service))
  const world = await startWorld({ world: simulated, services })
  const { iam, door } = world
  const { OpenIDConnectProviderArn: Federated } = await iam.createOpenIDConnectProvider({
    Url: `https://${HOST}`,
    ClientIDList: ["tests"],
  })
  const trusted = {
    Effect: "Allow",
    Principal: { Federated },
    Action: "sts:AssumeRoleWithWebIdentity",
    Condition: { StringEquals: { [`${HOST}:aud`]: "tests" }, StringLike: { [`${HOST}:sub`]: "repo:shop/*" } },
  }
  const AssumeRolePolicyDocument = JSON.stringify({ Version: "2012-10-17", Statement: [trusted] })
  const { Role } = await iam.createRole({ RoleName: "ci", AssumeRolePolicyDocument })
  const stranger = (endpoint?: string) =>
    new STS({
      region: "us-east-1",
      maxAttempts: 1,
      credentials: async () => {
        throw new Error("there are none")
      },
      requestHandler: sdkHandler(door, simulated) as never,
      ...(endpoint === undefined ? {} : { endpoint }),
    })
  const asked = (claims: object = {}) => ({
    RoleArn: Role!.Arn!,
    RoleSessionName: "build",
    WebIdentityToken: issuer.token({ sub: "repo:shop/api", ...claims }),
  })
  return { ...world, provider: Federated!, stranger, asked }
}

test.each([undefined, "http://localhost:4566"])(
  "an identity from elsewhere takes a role without any key, at %s",
  async (endpoint) => {
    const { stranger, asked, account, provider, as, log } = await start()

    const taken = await stranger(endpoint).assumeRoleWithWebIdentity(asked())
    expect(taken).toMatchObject({
      SubjectFromWebIdentityToken: "repo:shop/api",
      Provider: provider,
      Audience: "tests",
      AssumedRoleUser: { Arn: `arn:aws:sts::${account}:assumed-role/ci/build` },
    })
    const { AccessKeyId, SecretAccessKey, SessionToken } = taken.Credentials!
    const session = as({
      credentials: { accessKeyId: AccessKeyId!, secretAccessKey: SecretAccessKey!, sessionToken: SessionToken! },
    })
    expect(await session.sts.getCallerIdentity({})).toMatchObject({
      Arn: `arn:aws:sts::${account}:assumed-role/ci/build`,
    })
    expect(log.lines.filter(({ level }) => level === "error")).toEqual([])
  },
)

test("the trust policy says which of the issuer's identities may", async () => {
  const { stranger, asked, iam } = await start()

  await expect(stranger().assumeRoleWithWebIdentity(asked({ sub: "repo:evil/api" }))).rejects.toMatchObject({
    name: "AccessDenied",
    message: "Not authorized to perform sts:AssumeRoleWithWebIdentity",
  })
  await expect(stranger().assumeRoleWithWebIdentity(asked({ aud: "others" }))).rejects.toMatchObject({
    name: "InvalidIdentityTokenException",
    message: "Incorrect token audience",
  })
  await expect(stranger().assumeRoleWithWebIdentity(asked({ iss: "https://other.example.com" }))).rejects.toMatchObject(
    {
      message: "No OpenIDConnect provider found in your account for https://other.example.com",
    },
  )
  await expect(stranger().assumeRoleWithWebIdentity(asked({ exp: 1 }))).rejects.toMatchObject({
    name: "ExpiredTokenException",
  })
  const [provider] = (await iam.listOpenIDConnectProviders({})).OpenIDConnectProviderList!
  await iam.deleteOpenIDConnectProvider({ OpenIDConnectProviderArn: provider!.Arn! })
  await expect(stranger().assumeRoleWithWebIdentity(asked())).rejects.toMatchObject({
    name: "InvalidIdentityTokenException",
  })
})

test("nothing else is answered without a signature, and SAML says that it is not here", async () => {
  const { stranger, asked, door, world } = await start()

  const sendBody = (body: Uint8Array, headers: object = {}) =>
    door.handle({
      method: "POST",
      path: "/",
      query: "",
      headers: { host: "sts.amazonaws.com", "content-type": "application/x-www-form-urlencoded", ...headers },
      body,
      signal: new AbortController().signal,
      sourceIp: "192.0.2.1",
    })
  const send = (form: string) => sendBody(Buffer.from(`${form}&Version=2011-06-15`))
  expect((await send("Action=GetCallerIdentity")).body).toContain("<Code>MissingAuthenticationToken</Code>")
  expect((await send("Action=AssumeRole&RoleArn=a&RoleSessionName=b")).status).toBe(403)
  // A wrapping may have a name written on it, which says nothing of what is inside.
  const packed = gzipSync("Action=GetCallerIdentity&Version=2011-06-15")
  const named = Buffer.concat([
    packed.subarray(0, 10),
    Buffer.from("&Action=AssumeRoleWithWebIdentity&\0"),
    packed.subarray(10),
  ])
  named[3] = 8
  expect((await sendBody(named, { "content-encoding": "gzip" })).body).toContain("MissingAuthenticationToken")
  expect((await send("Action=AssumeRoleWithSAML")).body).toContain("Homeport does not have sts:AssumeRoleWithSAML yet.")
  const { WebIdentityToken } = asked()
  const [head, body] = WebIdentityToken.split(".")
  const forged = { ...asked(), WebIdentityToken: `${head}.${body}.${"A".repeat(342)}` }
  await expect(stranger().assumeRoleWithWebIdentity(forged)).rejects.toMatchObject({
    message: expect.stringContaining("Couldn't retrieve verification key"),
  })

  const answers = []
  for (let n = 0; n < 200; n++) answers.push((await send("Action=AssumeRoleWithSAML")).body)
  expect(answers.some((answer) => String(answer).includes("<Code>Throttling</Code>"))).toBe(true)
  await world.advance(10_000)
  expect((await send("Action=AssumeRoleWithSAML")).status).toBe(501)
})
