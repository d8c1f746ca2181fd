import fc from "fast-check"
import { expect, test } from "vitest"
import { planExpiry, type TaggedImage } from "./plan.ts"
import { type LifecycleRule, readLifecyclePolicy } from "./policy.ts"

const DAY_MS = 24 * 60 * 60 * 1000
const NOW = 100 * DAY_MS

function anImage(digest: string, ageDays: number, tags: readonly string[] = [], more: Partial<TaggedImage> = {}) {
  return { digest, pushedAt: NOW - ageDays * DAY_MS, tags, isListed: false, ...more }
}

function aRule(more: Partial<LifecycleRule>): LifecycleRule {
  return { priority: 1, tagStatus: "any", patterns: [], countType: "imageCountMoreThan", count: 1, ...more }
}

function expired(rules: readonly LifecycleRule[], images: readonly TaggedImage[]): string[] {
  return planExpiry(rules, images, NOW).map(({ image, priority }) => `${image.digest}:${priority}`)
}

test("only the newest of the images that a rule counts stay", () => {
  const images = [anImage("a", 3), anImage("b", 1), anImage("c", 2)]
  expect(expired([aRule({ count: 2 })], images)).toEqual(["a:1"])
})

test("images that were pushed longer ago than a rule says go", () => {
  const images = [anImage("a", 14), anImage("b", 15), anImage("c", 1)]
  expect(expired([aRule({ countType: "sinceImagePushed", count: 14 })], images)).toEqual(["b:1"])
})

test("an image has to have a tag for each prefix or pattern of a rule", () => {
  const rule = aRule({ tagStatus: "tagged", patterns: ["prod*", "*web"], countType: "sinceImagePushed", count: 1 })
  const images = [anImage("a", 9, ["prod1"]), anImage("b", 9, ["prod1", "1-web"]), anImage("c", 9, ["prod-web"])]
  expect(expired([rule], images)).toEqual(["b:1", "c:1"])
})

test("what an earlier rule looks at is out of reach of later ones, but still counts there", () => {
  const rules = [
    aRule({ priority: 1, tagStatus: "tagged", patterns: ["prod*"], count: 1 }),
    aRule({ priority: 2, tagStatus: "any", count: 2 }),
  ]
  const images = [anImage("a", 1, ["prod3"]), anImage("b", 2, ["prod2"]), anImage("c", 3), anImage("d", 4, ["prod1"])]
  expect(expired(rules, images)).toEqual(["b:1", "d:1", "c:2"])
})

test("what an index lists stays, and what refers to another image is not looked at", () => {
  const images = [anImage("a", 1), anImage("b", 2, [], { isListed: true }), anImage("c", 3, [], { subject: "a" })]
  expect(expired([aRule({ count: 1 })], images)).toEqual([])
})

test("whatever the rules and images, each goes at most once, and a count always leaves what it promises", () => {
  const image = fc.record({ age: fc.nat(40), tags: fc.subarray(["a", "b", "ab"]), isListed: fc.boolean() })
  fc.assert(
    fc.property(fc.array(image, { maxLength: 20 }), fc.integer({ min: 1, max: 9 }), (made, count) => {
      const images = made.map(({ age, tags, isListed }, index) => anImage(`d${index}`, age, tags, { isListed }))
      const rules = [
        aRule({ priority: 1, tagStatus: "tagged", patterns: ["a*"], countType: "sinceImagePushed", count }),
        aRule({ priority: 2, tagStatus: "untagged", count }),
        aRule({ priority: 3, tagStatus: "any", count }),
      ]
      const gone = planExpiry(rules, images, NOW).map((expiry) => expiry.image)
      expect(new Set(gone).size).toBe(gone.length)
      expect(gone.some(({ isListed }) => isListed)).toBe(false)
      const untagged = images.filter(({ tags }) => tags.length === 0)
      expect(untagged.filter((candidate) => !gone.includes(candidate)).length).toBeGreaterThanOrEqual(
        Math.min(count, untagged.length),
      )
      for (const { tags, pushedAt } of gone) {
        if (tags.some((tag) => tag.startsWith("a"))) expect(NOW - pushedAt).toBeGreaterThan(count * DAY_MS)
      }
    }),
  )
})

const expire = { type: "expire" }
const untagged = { tagStatus: "untagged", countType: "imageCountMoreThan", countNumber: 1 }

test("a policy's rules are read in the order of their priorities, and prefixes are patterns that end in a star", () => {
  const tagged = { ...untagged, tagStatus: "tagged", tagPrefixList: ["v"] }
  const text = JSON.stringify({
    rules: [
      { rulePriority: 9, selection: untagged, action: expire },
      { rulePriority: 1, description: "old", selection: tagged, action: expire },
    ],
  })
  expect(readLifecyclePolicy(text)).toMatchObject([
    { priority: 1, tagStatus: "tagged", patterns: ["v*"], description: "old" },
    { priority: 9, tagStatus: "untagged", patterns: [] },
  ])
})

test.each([
  ["no JSON", "{", "Could not map policyString into LifecyclePolicy."],
  ["no rules", {}, 'object has missing required properties (["rules"])'],
  ["another action", [{ rulePriority: 1, selection: untagged, action: { type: "keep" } }], "not found in enum"],
  ["no priority", [{ selection: untagged, action: expire }], 'missing required properties (["rulePriority"])'],
  ["a foreign field", [{ rulePriority: 1, selection: untagged, action: expire, x: 1 }], "not allowed by the schema"],
  [
    "tagged without tags",
    [{ rulePriority: 1, selection: { ...untagged, tagStatus: "tagged" }, action: expire }],
    "tagPrefixList or a tagPatternList",
  ],
  [
    "days without a unit",
    [{ rulePriority: 1, selection: { ...untagged, countType: "sinceImagePushed" }, action: expire }],
    "not found in enum",
  ],
  [
    "nothing to count",
    [{ rulePriority: 1, selection: { ...untagged, countNumber: 0 }, action: expire }],
    "lower than the required minimum",
  ],
  [
    "one priority twice",
    [1, 1].map((rulePriority) => ({ rulePriority, selection: untagged, action: expire })),
    "rulePriority has to be different",
  ],
  [
    "any before others",
    [
      { rulePriority: 1, selection: { ...untagged, tagStatus: "any" }, action: expire },
      { rulePriority: 2, selection: untagged, action: expire },
    ],
    "tag status any",
  ],
])("a policy with %s is refused", (_, rules, message) => {
  const text = typeof rules === "string" ? rules : JSON.stringify(Array.isArray(rules) ? { rules } : rules)
  expect(() => readLifecyclePolicy(text)).toThrow(message)
})
