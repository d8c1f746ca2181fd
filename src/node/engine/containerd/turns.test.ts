import { expect, test } from "vitest"
import { Turns } from "./turns.ts"

test("one key's work is done one after the other, also after a failure, and other keys do not wait", async () => {
  const turns = new Turns()
  const done: string[] = []
  const first = Promise.withResolvers<void>()
  const one = turns.take("a", async () => {
    await first.promise
    done.push("first")
    throw new Error("first failed")
  })
  const two = turns.take("a", async () => done.push("second"))
  await turns.take("b", async () => done.push("other"))
  first.resolve()
  await expect(one).rejects.toThrow("first failed")
  await two
  expect(done).toEqual(["other", "first", "second"])
})
