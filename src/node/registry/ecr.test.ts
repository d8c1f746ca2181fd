import { expect, onTestFinished, test } from "vitest"
import { ALICE } from "../../../test/image/guard.ts"
import { anImage } from "../../../test/image/image.ts"
import { startRegistry } from "../../../test/image/registry.ts"
import { realWorld } from "../../world/real.ts"
import { parseReference } from "./reference.ts"
import { openRegistry } from "./registry.ts"

test.each([
  ["123456789012.dkr.ecr.eu-west-1.amazonaws.com/shop/web:1", "123456789012/eu-west-1/shop/web"],
  ["127.0.0.1:1/123456789012/eu-west-1/shop/web:1", "123456789012/eu-west-1/shop/web"],
])("an image of the region, %s, is pulled from the region, with the password that it gave", async (name, place) => {
  const image = await anImage({ busybox: false, files: { a: "a" } })
  const server = await startRegistry({ guard: "basic" })
  const registry = openRegistry({ world: realWorld() })
  onTestFinished(async () => {
    registry.close()
    await server.close()
  })
  server.put(`${place}:1`, image)
  const login = { ...ALICE, via: { endpoint: `http://${server.host}` } }
  const access = { login, signal: new AbortController().signal }

  expect((await registry.resolve(parseReference(name), access)).digest).toBe(image.digest)
  // It is not asked whether it wants to know who asks.
  expect(server.requests.map(({ authorization }) => authorization?.slice(0, 5))).toEqual(["Basic"])
})
