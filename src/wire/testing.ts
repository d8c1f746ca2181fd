import fc from "fast-check"
import type { Form } from "./shape.ts"

/** Any value that a shape allows. */
export function anyOf(form: Form): fc.Arbitrary<unknown> {
  switch (form.kind) {
    case "text":
      return fc.string({ minLength: form.mayBeEmpty ? 0 : 1, maxLength: 12, unit: "binary" })
    case "whole":
      return fc.maxSafeInteger()
    case "number":
      // JSON has one zero.
      return fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => value + 0)
    case "flag":
      return fc.boolean()
    case "choice":
      return fc.constantFrom(...form.values)
    case "list":
      return fc.array(anyOf(form.of), { maxLength: 2 })
    case "map":
      return fc.dictionary(fc.string({ maxLength: 8 }), anyOf(form.of), { maxKeys: 3, noNullPrototype: true })
    case "struct": {
      const members = Object.entries(form.members)
      return fc.record(Object.fromEntries(members.map(([name, member]) => [name, anyOf(member.form)])), {
        requiredKeys: members.filter(([, { isOptional }]) => !isOptional).map(([name]) => name),
        noNullPrototype: true,
      })
    }
  }
}
