import fc from "fast-check"
import { expect, test } from "vitest"
import type { LogLine } from "./driver.ts"
import { LineSplitter, PIECE_BYTES_MAX } from "./line-splitter.ts"

function split(chunks: readonly Uint8Array[], { resume = false } = {}) {
  const lines: LogLine[] = []
  const make = (tail?: Uint8Array) =>
    new LineSplitter("stdout", {
      ...(tail !== undefined && { tail }),
      newId: () => "id",
      emit: (line) => lines.push(line),
    })
  let splitter = make()
  for (const chunk of chunks) {
    if (resume) splitter = make(splitter.tail)
    splitter.push(chunk, 1)
  }
  splitter.end(1)
  return lines
}

const encode = (text: string) => new TextEncoder().encode(text)
const textOf = ({ bytes }: LogLine) => new TextDecoder().decode(bytes)

test("however it arrives, and with a new process after each chunk, a text has its own lines", () => {
  fc.assert(
    fc.property(
      fc.string({ unit: fc.constantFrom("a", "é", "🙂", "\n", "\r") }),
      fc.array(fc.nat(20)),
      fc.boolean(),
      (text, cuts, resume) => {
        const bytes = encode(text)
        const chunks: Uint8Array[] = []
        let from = 0
        for (const length of [...cuts, bytes.length]) {
          chunks.push(bytes.subarray(from, from + length))
          from += length
        }
        const expected = text.split("\n")
        if (expected.at(-1) === "") expected.pop()
        expect(split(chunks, { resume }).map(textOf)).toEqual(expected)
      },
    ),
  )
})

test("a line longer than a piece comes in parts, none of them within a character", () => {
  const text = "x".repeat(PIECE_BYTES_MAX - 1) + "é".repeat(PIECE_BYTES_MAX / 2 + 10)
  const lines = split([encode(`${text}\nshort\n`)])

  expect(lines.map(({ part }) => part)).toEqual([
    { id: "id", ordinal: 1, isLast: false },
    { id: "id", ordinal: 2, isLast: false },
    { id: "id", ordinal: 3, isLast: true },
    undefined,
  ])
  expect(lines.slice(0, 3).map(textOf).join("")).toBe(text)
})

test("a line of exactly one piece is whole", () => {
  const lines = split([encode(`${"x".repeat(PIECE_BYTES_MAX)}\n`)])
  expect(lines.map(({ part, bytes }) => [part, bytes.length])).toEqual([[undefined, PIECE_BYTES_MAX]])
})

test("what is no text is cut as well", () => {
  const bytes = new Uint8Array(PIECE_BYTES_MAX * 2).fill(0x80)
  expect(split([bytes]).map(({ bytes }) => bytes.length)).toEqual([PIECE_BYTES_MAX, PIECE_BYTES_MAX])
})
