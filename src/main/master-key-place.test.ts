import { existsSync, mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { expect, onTestFinished, test } from "vitest"
import { seededRandom } from "../world/simulated.ts"
import { Refusal } from "./exit.ts"
import { masterKeyPlace } from "./master-key-place.ts"

const KEY = Buffer.alloc(32, 5)
const given = KEY.toString("base64")

function newData() {
  const directory = mkdtempSync(join(tmpdir(), "homeport-key-place-"))
  onTestFinished(() => rmSync(directory, { recursive: true }))
  return { masterKey: join(directory, "master.key") }
}

test("without a word the key is a file in the data directory, made for a new installation", () => {
  const data = newData()
  const place = masterKeyPlace({ data })

  expect(place.read()).toBeUndefined()
  expect(place.open(seededRandom(1))).toEqual(place.read())
  expect(existsSync(data.masterKey)).toBe(true)
})

test.each([
  ["the environment", { given }],
  ["the environment, with the end of a line", { given: `${given}\n` }],
  ["a command", { command: `echo ${given}` }],
])("a key from %s is used, and nothing is written beside the journal", (_, asked) => {
  const data = newData()
  const place = masterKeyPlace({ data, ...asked })

  expect(Buffer.from(place.read()!)).toEqual(KEY)
  expect(Buffer.from(place.open(seededRandom(1)))).toEqual(KEY)
  expect(existsSync(data.masterKey)).toBe(false)
})

test.each([
  ["no key", { given: "secret" }, "HOMEPORT_MASTER_KEY gives is no master key"],
  ["a key that is too short", { given: Buffer.alloc(16).toString("base64") }, "32 bytes in base64"],
  ["a command that fails", { command: "exit 3" }, "ended with 3: exit 3"],
  ["a command that says nothing", { command: "true" }, 'the command "true" gives is no master key'],
  ["both", { given, command: "true" }, "given twice"],
])("%s is refused, and what was given is not repeated", (_, asked, sentence) => {
  const refused = () => masterKeyPlace({ data: newData(), ...asked })

  expect(refused).toThrow(Refusal)
  expect(refused).toThrow(sentence)
  expect(refused).not.toThrow("secret")
})
