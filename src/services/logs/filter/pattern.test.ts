import fc from "fast-check"
import { expect, test } from "vitest"
import { compilePattern } from "./pattern.ts"
import { compileRegex } from "./regex.ts"

const requests = [
  "[ERROR 400] BAD REQUEST",
  "[ERROR 401] UNAUTHORIZED REQUEST",
  "[ERROR 419] MISSING ARGUMENTS",
  "[ERROR 420] INVALID ARGUMENTS",
  "[SUCCESS 200] AUTHORIZED REQUEST",
]

const levels = ["ERROR WARN message", "ERROR message", "WARN message"]
const access = [
  '127.0.0.1 - frank [10/Oct/2000:13:25:15 -0700] "GET /index.html HTTP/1.0" 404 1534',
  '127.0.0.1 - frank [10/Oct/2000:13:35:22 -0700] "GET /apache_pb.gif HTTP/1.0" 500 5324',
  '10.0.0.7 - maria [10/Oct/2000:13:50:35 -0700] "GET /a.html HTTP/1.0" 200 435',
]
const trail = JSON.stringify({
  eventType: "UpdateTrail",
  sourceIPAddress: "111.111.111.111",
  arrayKey: ["value", "another value"],
  objectList: [
    { name: "a", id: 1 },
    { name: "b", id: 2 },
  ],
  SomeObject: null,
  ThisFlag: true,
  OtherFlag: false,
  "cluster.name": "c",
  latency: 500,
  rate: -0.015,
})
const user = JSON.stringify({
  user: { id: 1, email: "John.Stiles@example.com" },
  users: [
    { id: 2, email: "John.Doe@example.com" },
    { id: 3, email: "Jane.Doe@example.com" },
  ],
  actions: ["GET", "PUT", "DELETE"],
  coordinates: [
    [0, 1, 2],
    [4, 5, 6],
    [7, 8, 9],
  ],
})

test.each<[pattern: string, messages: readonly string[], matched: readonly number[]]>([
  ["", requests, [0, 1, 2, 3, 4]],
  [" ", requests, [0, 1, 2, 3, 4]],
  ["ERROR", requests, [0, 1, 2, 3]],
  ["error", requests, []],
  ["ERROR ARGUMENTS", requests, [2, 3]],
  ["?ERROR ?SUCCESS", requests, [0, 1, 2, 3, 4]],
  ["?INVALID ?MISSING", requests, [2, 3]],
  ["ERROR -ARGUMENTS", requests, [0, 1]],
  ['"BAD REQUEST"', requests, [0]],
  ['"[ERROR 4" - "REQUEST"', requests, [2, 3]],
  ["-ERROR", requests, [4]],
  ["AUTHORIZED", requests, [1, 4]],
  ["ERROR ?SUCCESS", requests, [0, 1, 2, 3]],
  ["%AUTHORIZED%", requests, [1, 4]],
  ["%^\\[SUCCESS%", requests, [4]],
  ["%4[12]\\d\\]% -INVALID", requests, [2]],
  ["%BAD|MISSING%", requests, [0, 2]],
  ["ERROR", levels, [0, 1]],
  ["?ERROR ?WARN", levels, [0, 1, 2]],
  ["ERROR WARN", levels, [0]],
  ["ERROR -WARN", levels, [1]],
  ["ERRORCODE", ["Exiting with ERRORCODE: -1", "[ERROR] A fatal exception has occurred"], [0]],
  ["ERROR Exception", ["[ERROR] Caught IllegalArgumentException", "[ERROR] Unhandled Exception"], [0, 1]],
  ['"say \\"hi\\""', ['they say "hi" to you', "they say hi"], [0]],
  ["Größe", ["Größe 3", "Grosse 3"], [0]],

  ["[w1=ERROR, w2]", levels, [1]],
  ["[w1=ERROR || w1=WARN, w2]", levels, [1, 2]],
  ["[(w1=ERROR || w1=WARN) && w1=W*, w2]", levels, [2]],
  ["[w1!=ERROR && w1!=INFO, w2]", levels, [2]],
  ["[w1=!ERROR, w2]", levels, [2]],
  ["[w1=%ERR|WARN%, w2]", levels, [1, 2]],
  ["[w1=ERROR, ...]", levels, [0, 1]],
  ["[ip, user, username, timestamp, request, status_code, bytes]", access, [0, 1, 2]],
  ["[ip, user, username, timestamp, request, status_code, bytes > 1000]", access, [0, 1]],
  ["[ip, user, username, timestamp, request, status_code = 200, bytes]", access, [2]],
  ["[ip, user, username, timestamp, request = *html*, status_code = 4*, bytes]", access, [0]],
  ["[ip, user, username, timestamp, request, status_code = 4* && status_code != 403, bytes]", access, [0]],
  ["[..., status_code, bytes]", access, [0, 1, 2]],
  ["[..., request=*.html*, status_code=4*,]", access, [0]],
  ["[ip = 10.0.*, ..., bytes < 1e3]", access, [2]],
  ["[ip=%127\\.0\\.0\\.[1-9]%, user, username, timestamp = 10/Oct/2000*, ...]", access, [0, 1]],
  ["[ip, user, username]", access, []],
  ["[ip, user, ...]", access, [0, 1, 2]],

  ['{ $.eventType = "UpdateTrail" }', [trail, user, "no json", "{broken"], [0]],
  ["{ $.eventType = UpdateTrail }", [trail], [0]],
  ['{ $.eventType = "Update" }', [trail], []],
  ["{ $.eventType = Update* }", [trail], [0]],
  ['{ $.eventType = "*Trail" }', [trail], [0]],
  ["{ $.eventType = *date* }", [trail], [0]],
  ["{ $.eventType = Up*ail }", [trail], []],
  ["{ $.eventType = %Up.*ail% }", [trail], [0]],
  ["{ $.sourceIPAddress != 123.123.* }", [trail, user], [0]],
  ["{ $.sourceIPAddress != 111.111.* }", [trail], []],
  ['{ $.arrayKey[0] = "value" }', [trail], [0]],
  ['{ $.arrayKey[2] = "value" }', [trail], []],
  ['{ $.arrayKey = "value" }', [trail], []],
  ['{ $.arrayKey != "value" }', [trail], []],
  ['{ $.arrayKey[*] = "another value" }', [trail], [0]],
  ["{ $.objectList[1].id = 2 }", [trail], [0]],
  ["{ $.objectList[*].id > 1 }", [trail], [0]],
  ["{ $.objectList[*].id > 2 }", [trail], []],
  ["{ $.SomeObject IS NULL }", [trail, user], [0]],
  ["{ $.SomeOtherObject NOT EXISTS }", [trail, user], [0, 1]],
  ["{ $.SomeObject NOT EXISTS }", [trail], []],
  ["{ $.user EXISTS }", [trail, user], [1]],
  ["{ $.ThisFlag IS TRUE }", [trail], [0]],
  ["{ $.ThisFlag IS FALSE }", [trail], []],
  ["{ $.OtherFlag IS FALSE }", [trail, user], [0]],
  ["{ $.['cluster.name'] = c }", [trail], [0]],
  ["{ $.latency = * }", [trail, user], [0]],
  ["{ $.latency >= 500 }", [trail], [0]],
  ["{ $.latency > +1000 }", [trail], []],
  ["{ $.latency < 10e3 }", [trail], [0]],
  ["{ $.rate < -10e-3 }", [trail], [0]],
  ["{ $.latency != 500 }", [trail], []],
  ["{ $.latency <= 55.5 || $.latency = 500 }", [trail], [0]],
  ["{ $.eventType > 3 }", [trail], []],
  ['{ ($.user.id = 1) && ($.users[0].email = "John.Doe@example.com") }', [user], [0]],
  ['{ ($.user.id = 2 && $.users[0].email = "nonmatch") || $.actions[2] = "GET" }', [user], []],
  [
    '{ $.user.email = "John.Stiles@example.com" || $.coordinates[0][1] = nonmatch && $.actions[2] = nomatch }',
    [user],
    [0],
  ],
  [
    '{ ($.user.email = "John.Stiles@example.com" || $.coordinates[0][1] = nonmatch) && $.actions[2] = nomatch }',
    [user],
    [],
  ],
  ["{$.foo = bar || $.foo = baz}", ['{"foo": "bar"}', '{"foo": "baz"}', '{"foo": "qux"}'], [0, 1]],
])("%s matches what AWS says it matches", (pattern, messages, matched) => {
  const matches = compilePattern(pattern)
  expect(messages.flatMap((message, index) => (matches(message) ? [index] : []))).toEqual(matched)
})

test.each([
  "ERROR:",
  "two.words",
  '"open',
  "%open",
  "%some!thing%",
  "%(a)%",
  "%a{2,1}%",
  "%*%",
  "%[z-a]%",
  "{ $.a }",
  "{ $.a = }",
  "{ $.a = 1",
  "{ a = 1 }",
  "{ $.a > x }",
  "{ $.a IS MAYBE }",
  "{ ($.a = 1 }",
  "{ $.a[*].b[*] = 1 }",
  "[a, b",
  "[..., a, ...]",
  "[a = ]",
  "[a = 1 && b = 2]",
  "x".repeat(1025),
])("%s is refused", (pattern) => {
  expect(() => compilePattern(pattern)).toThrow()
})

test("a regular expression matches what JavaScript's own would match", () => {
  const unit = fc.constantFrom("a", "b", "c", ".", "[ab]", "[^a]", "\\d", "\\w", "[a-c]", "\\.")
  const repeat = fc.constantFrom("", "", "*", "+", "?", "{2}", "{1,3}", "{2,}")
  const part = fc.tuple(unit, repeat).map((both) => both.join(""))
  const sequence = fc
    .tuple(fc.constantFrom("", "", "^"), fc.array(part, { maxLength: 5 }), fc.constantFrom("", "", "$"))
    .map(([start, parts, end]) => start + parts.join("") + end)
  const source = fc.array(sequence, { minLength: 1, maxLength: 3 }).map((options) => options.join("|"))
  const text = fc.array(fc.constantFrom("a", "b", "c", "1", ".", " "), { maxLength: 12 }).map((units) => units.join(""))

  fc.assert(
    fc.property(source, text, (pattern, message) => {
      expect(compileRegex(pattern)(message)).toBe(new RegExp(pattern).test(message))
    }),
    { numRuns: 2_000 },
  )
})

test("terms mean what going through them one by one gives", () => {
  const word = fc.constantFrom("a", "b", "ab", "ba", "c", "x_1")
  const term = fc.record({ sign: fc.constantFrom("", "-", "?"), word, quoted: fc.boolean() })
  fc.assert(
    fc.property(fc.array(term, { maxLength: 5 }), fc.array(word, { maxLength: 5 }), (terms, words) => {
      const pattern = terms.map(({ sign, word, quoted }) => sign + (quoted ? `"${word}"` : word)).join(" ")
      const message = words.join(" ")
      const having = (sign: string) => terms.filter((one) => one.sign === sign)
      const has = (one: { readonly word: string }) => message.includes(one.word)
      const others = having("").length + having("-").length
      const expected =
        having("").every(has) &&
        !having("-").some(has) &&
        (others > 0 || having("?").length === 0 || having("?").some(has))
      expect(compilePattern(pattern)(message)).toBe(expected)
    }),
    { numRuns: 1_000 },
  )
})

test("no regular expression takes long over a long message", () => {
  const message = "a".repeat(100_000)
  expect(compileRegex("a*a*a*a*a*a*b")(message)).toBe(false)
})

test("a regular expression that repeats too much is refused", () => {
  expect(() => compilePattern("%a{300}%")).toThrow("repeats too much")
})
