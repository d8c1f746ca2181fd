import type { NormalizedSchema } from "@smithy/core/schema"

/** What is made of a shape, made once. Members of the same shape share it, whatever traits they carry themselves. */
export class Once<T> {
  readonly #make: (schema: NormalizedSchema) => T
  readonly #made = new WeakMap<object, T>()

  constructor(make: (schema: NormalizedSchema) => T) {
    this.#make = make
  }

  of(schema: NormalizedSchema): T {
    // Structures have one static schema that all who refer to them share; simple types are only numbers.
    const shape = schema.getSchema()
    const key = typeof shape === "object" ? shape : schema
    const known = this.#made.get(key)
    if (known !== undefined) return known
    const made = this.#make(schema)
    this.#made.set(key, made)
    return made
  }
}
