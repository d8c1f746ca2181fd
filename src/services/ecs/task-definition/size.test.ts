import fc from "fast-check"
import { expect, test } from "vitest"
import { cpuUnits, memoryMiB } from "./size.ts"

test("however a size is written, it comes out as the same number", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 1_000_000 }), fc.constantFrom("vCPU", "vcpu", " VCPU"), (eighths, unit) => {
      const units = String(eighths * 128)
      expect(cpuUnits(units)).toBe(units)
      expect(cpuUnits(`${eighths / 8}${unit}`)).toBe(units)
    }),
  )
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 1_000_000 }), fc.constantFrom("GB", " GB", "gb"), (halves, unit) => {
      expect(memoryMiB(`${halves / 2}${unit}`)).toBe(String(halves * 512))
    }),
  )
})

test("what is no whole number of units is refused", () => {
  for (const text of ["", " ", "1.5", "1e3", "0x10", "-1", "0.001 vCPU", "1 GB", "NaN", "Infinity", "1 vCPU 2"]) {
    expect(() => cpuUnits(text)).toThrow("Invalid 'cpu' setting for task.")
  }
  for (const text of ["", "1.5", "0.0001 GB", "1 vCPU", "1 TB"]) {
    expect(() => memoryMiB(text)).toThrow("Invalid 'memory' setting for task.")
  }
})
