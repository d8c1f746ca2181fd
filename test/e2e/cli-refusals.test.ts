import { once } from "node:events"
import { copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs"
import { createServer } from "node:net"
import { join } from "node:path"
import { expect, onTestFinished, test } from "vitest"
import { EXIT } from "../../src/main/exit.ts"
import { homeport, installation } from "./command-line.ts"
import { testFolder } from "./folder.ts"

test("a port in use and a directory that cannot be used are refused in one sentence each", async () => {
  const taken = createServer().listen(0, "127.0.0.1")
  await once(taken, "listening")
  onTestFinished(() => void taken.close())
  const { port } = taken.address() as { port: number }
  const { data, run } = installation()

  for (const args of [["--detach"], []]) {
    const { code, out, err } = await run("up", "--no-node", "--port", String(port), ...args)
    expect({ code, out, err }).toEqual({
      code: EXIT.refused,
      out: "",
      err: `Port ${port} on 127.0.0.1 is in use. Choose another with --port.\n`,
    })
  }
  const file = join(data, "file")
  writeFileSync(file, "")
  const { code, err } = await homeport("up", "--no-node", "--data", join(file, "data"))
  expect({ code, err }).toEqual({
    code: EXIT.refused,
    err: `Cannot keep data in ${join(file, "data")}: it is not a directory. Name another directory with --data.\n`,
  })
})

test("a wrong master key, a lost one and a damaged journal are refused, and not tried again", async () => {
  const one = installation()
  await one.up()
  await one.run("down")
  const other = installation()
  await other.up()
  await other.run("down")

  const refusedWith = async (sentence: string) => {
    const { code, out, err } = await one.run("up", "--no-node", "--port", "0")
    expect({ code, out, err }).toEqual({ code: EXIT.refused, out: "", err: expect.stringContaining(sentence) })
    expect(err.trimEnd().split("\n")).toHaveLength(1)
  }
  const key = join(one.data, "master.key")
  const kept = readFileSync(key)
  copyFileSync(join(other.data, "master.key"), key)
  await refusedWith("is not the one that belongs to the journal")
  writeFileSync(key, kept)
  writeFileSync(join(one.data, "journal.sqlite"), "this is no journal")
  await refusedWith("damaged")

  const without = join(testFolder(), "without")
  mkdirSync(without)
  copyFileSync(join(other.data, "journal.sqlite"), join(without, "journal.sqlite"))
  const lost = await homeport("up", "--no-node", "--port", "0", "--data", without)
  expect(lost).toMatchObject({ code: EXIT.refused, err: expect.stringContaining("master key is not here") })
  expect(existsSync(join(without, "master.key"))).toBe(false)
})

test("a command line that makes no sense is answered in one line", async () => {
  expect(await homeport("upp")).toEqual({
    code: EXIT.usage,
    out: "",
    err: 'homeport has no command "upp"; did you mean "up"? See homeport --help.\n',
  })
  expect(await homeport("up", "--port", "many")).toEqual({
    code: EXIT.usage,
    out: "",
    err: '--port takes a whole number from 0 to 65535, not "many".\n',
  })
  expect(await homeport("server", "--listen", "everywhere")).toMatchObject({
    code: EXIT.usage,
    err: expect.stringContaining("--listen takes an IP address"),
  })
  expect(await homeport("account", "delete")).toMatchObject({
    code: EXIT.usage,
    err: expect.stringContaining("homeport account create"),
  })
})
