import { afterEach, beforeEach, expect, test, vi } from "vitest"
import { command } from "./command.ts"
import { type Entry, runCommandLine } from "./command-line.ts"
import { Refusal } from "./exit.ts"

let printed: string[]
let complained: string[]
let loaded: string[]

beforeEach(() => {
  printed = []
  complained = []
  loaded = []
  vi.spyOn(console, "log").mockImplementation((line) => void printed.push(line))
  vi.spyOn(console, "error").mockImplementation((line) => void complained.push(line))
})
afterEach(() => vi.restoreAllMocks())

const greet = command({
  words: "NAME",
  about: "Says hello to whoever is named.",
  options: {
    loud: { type: "boolean", help: "say it louder" },
    times: { type: "string", value: "NUMBER", help: "how often" },
  },
  async run({ loud, times }, words) {
    if (words.length === 0) throw new Refusal("Nobody is there to greet.", 7)
    console.log(`hello ${words.join(" and ")} ${times ?? "once"}${loud ? "!" : ""}`)
    return 0
  },
})

const entries: Entry[] = [
  {
    name: "greet",
    summary: "be friendly",
    async load() {
      loaded.push("greet")
      return greet
    },
  },
  { name: "tool", summary: "something behind", load: async () => ({ handOver: async (args) => args.length }) },
]

const run = (...args: string[]) => runCommandLine(entries, args, async () => "1.2.3")

test("options and words reach the command", async () => {
  expect(await run("greet", "Ann", "--loud", "--times=3", "Bob")).toBe(0)
  expect(printed).toEqual(["hello Ann and Bob 3!"])
})

test("what stands behind -- is a word", async () => {
  await run("greet", "--", "--loud")
  expect(printed).toEqual(["hello --loud once"])
})

test.each([[], ["--help"], ["-h"], ["help"]])("help lists every command and loads none: %s", async (...args) => {
  expect(await run(...args)).toBe(0)
  expect(printed[0]).toMatch(/greet +be friendly\n +tool +something behind/)
  expect(loaded).toEqual([])
})

test.each([
  ["greet", "--help"],
  ["greet", "-h", "--loud"],
  ["help", "greet"],
])("a command's help tells its words and options: %s %s", async (...args) => {
  expect(await run(...args)).toBe(0)
  expect(printed[0]).toMatch(
    /^homeport greet NAME \[OPTIONS\]: be friendly\n\nSays hello[\s\S]*--times NUMBER +how often/,
  )
})

test("the version is told", async () => {
  expect(await run("--version")).toBe(0)
  expect(printed).toEqual(["homeport 1.2.3"])
})

test.each([
  [["grete"], 'homeport has no command "grete"; did you mean "greet"? See homeport --help.'],
  [["frobnicate"], 'homeport has no command "frobnicate". See homeport --help.'],
  [["help", "gret"], 'homeport has no command "gret"; did you mean "greet"? See homeport --help.'],
  [["greet", "--lout"], "homeport greet: there is no option --lout; did you mean --loud? See homeport greet --help."],
  [["greet", "--xyz=1"], "homeport greet: there is no option --xyz. See homeport greet --help."],
  [["greet", "-q"], "homeport greet: there is no option -q. See homeport greet --help."],
  [["greet", "--times"], "homeport greet: --times needs a value. See homeport greet --help."],
  [["greet", "--loud=yes"], "homeport greet: --loud takes no value. See homeport greet --help."],
])("%s is answered in one line that helps", async (args, line) => {
  expect(await run(...args)).toBe(2)
  expect(complained).toEqual([line])
  expect(printed).toEqual([])
})

test("a refusal is said in its own words, and its exit code is the command's", async () => {
  expect(await run("greet")).toBe(7)
  expect(complained).toEqual(["Nobody is there to greet."])
})

test("a command that hands over gets all words as they are", async () => {
  expect(await run("tool", "--anything", "-x", "--help")).toBe(3)
})
