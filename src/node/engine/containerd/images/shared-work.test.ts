import { expect, test } from "vitest"
import { SharedWork } from "./shared-work.ts"

const NEVER = new AbortController().signal

/** Work whose end the test decides on. */
function someWork() {
  const begun: { signal: AbortSignal; end: (result: string) => void; fail: (error: Error) => void }[] = []
  const start = (signal: AbortSignal) =>
    new Promise<string>((end, fail) => {
      begun.push({ signal, end, fail })
    })
  return { begun, start }
}

test("who asks for what is going on joins it, and another time it is begun anew", async () => {
  const { begun, start } = someWork()
  const shared = new SharedWork<string>()
  const both = Promise.all([shared.join("a", NEVER, start), shared.join("a", NEVER, start)])
  begun[0]!.end("done")
  expect(await both).toEqual(["done", "done"])

  const again = shared.join("a", NEVER, start)
  begun[1]!.end("again")
  expect(await again).toBe("again")
  expect(begun).toHaveLength(2)
})

test("one who leaves does not end it for the others", async () => {
  const { begun, start } = someWork()
  const shared = new SharedWork<string>()
  const leaving = new AbortController()
  const left = shared.join("a", leaving.signal, start)
  const stayed = shared.join("a", NEVER, start)
  leaving.abort(new Error("no longer"))
  await expect(left).rejects.toThrow("no longer")
  expect(begun[0]!.signal.aborted).toBe(false)
  begun[0]!.end("done")
  expect(await stayed).toBe("done")
})

test("the last one who leaves ends it and waits for its end; who comes then begins after it", async () => {
  const { begun, start } = someWork()
  const shared = new SharedWork<string>()
  const leaving = new AbortController()
  const left = shared.join("a", leaving.signal, start)
  leaving.abort(new Error("no longer"))
  const next = shared.join("a", NEVER, start)
  await new Promise((resolve) => setImmediate(resolve))
  expect(begun).toHaveLength(1)

  begun[0]!.fail(new Error("aborted"))
  await expect(left).rejects.toThrow("no longer")
  await new Promise((resolve) => setImmediate(resolve))
  begun[1]!.end("done")
  expect(await next).toBe("done")
})

test("what fails, fails for all", async () => {
  const { begun, start } = someWork()
  const shared = new SharedWork<string>()
  const both = [shared.join("a", NEVER, start), shared.join("a", NEVER, start)]
  begun[0]!.fail(new Error("broken"))
  for (const one of both) await expect(one).rejects.toThrow("broken")
})
