import type { NormalizedSchema } from "@smithy/core/schema"
import { Fault } from "../fault.ts"
import { Once } from "./once.ts"
import type { OperationShape } from "./protocol.ts"

/** Adds the paths of what is missing below a value to `missing`. */
type Check = (value: unknown, path: string, missing: string[]) => void

/** The paths of all required members that an input lacks, in the shape's order, as AWS writes them: `tags.1.member.key`. */
export function missingMembers(schema: NormalizedSchema, input: Record<string, unknown>): readonly string[] {
  const check = checkOf(schema)
  if (check === undefined) return NOTHING
  const missing: string[] = []
  check(input, "", missing)
  return missing
}

/** Refuses an input that lacks a required member, in the service's own words if it has any. */
export function refuseMissing(operation: OperationShape, input: Record<string, unknown>): void {
  const missing = missingMembers(operation.input, input)
  if (missing.length === 0) return
  const fault = operation.service.missing === undefined ? missingFault(missing) : operation.service.missing(missing)
  if (fault !== undefined) throw fault
}

/** What most services say. */
export function missingFault(paths: readonly string[]): Fault {
  const errors = paths.map((path) => `Value null at '${path}' failed to satisfy constraint: Member must not be null`)
  const count = paths.length === 1 ? "1 validation error" : `${paths.length} validation errors`
  return new Fault("ValidationException", `${count} detected: ${errors.join("; ")}`)
}

const NOTHING: readonly string[] = []

const structures = new Once(structure)
const requiring = new Once((schema) => ({ answer: requiresAnything(schema, new Set()) }))

/** Undefined where nothing below is required, so that most of an input is never walked. */
function checkOf(schema: NormalizedSchema): Check | undefined {
  if (!requiring.of(schema).answer) return undefined
  if (schema.isStructSchema()) return structures.of(schema)
  if (schema.isListSchema()) return list(schema)
  return map(schema)
}

function requiresAnything(schema: NormalizedSchema, seen: Set<unknown>): boolean {
  if (schema.isListSchema() || schema.isMapSchema()) return requiresAnything(schema.getValueSchema(), seen)
  if (!schema.isStructSchema() || seen.has(schema.getSchema())) return false
  seen.add(schema.getSchema())
  if (requiredNames(schema).length > 0) return true
  return [...schema.structIterator()].some(([, member]) => requiresAnything(member, seen))
}

/** An SDK lists a shape's required members first and says how many they are. */
export function requiredNames(schema: NormalizedSchema): readonly string[] {
  const shape = schema.getSchema() as unknown as { readonly 4: readonly string[]; readonly 6?: number }
  return shape[4].slice(0, shape[6] ?? 0)
}

function structure(schema: NormalizedSchema): Check {
  const required = new Set(requiredNames(schema))
  let members: { name: string; step: string; isRequired: boolean; check: Check | undefined }[] | undefined

  return (value, path, missing) => {
    members ??= [...schema.structIterator()]
      .map(([name, member]) => ({
        name,
        step: lowerCamel(name),
        isRequired: required.has(name),
        check: checkOf(member),
      }))
      .filter((member) => member.isRequired || member.check !== undefined)
    for (const { name, step, isRequired, check } of members) {
      const item = (value as Record<string, unknown>)[name]
      if (item === undefined || item === null) {
        if (isRequired) missing.push(path + step)
      } else if (check !== undefined) {
        check(item, `${path}${step}.`, missing)
      }
    }
  }
}

function list(schema: NormalizedSchema): Check {
  let check: Check | undefined
  return (value, path, missing) => {
    check ??= checkOf(schema.getValueSchema())
    for (const [index, item] of (value as unknown[]).entries()) {
      if (item !== null) check?.(item, `${path}${index + 1}.member.`, missing)
    }
  }
}

function map(schema: NormalizedSchema): Check {
  let check: Check | undefined
  return (value, path, missing) => {
    check ??= checkOf(schema.getValueSchema())
    for (const [key, item] of Object.entries(value as Record<string, unknown>)) {
      if (item !== null) check?.(item, `${path}${key}.member.`, missing)
    }
  }
}

function lowerCamel(name: string): string {
  return name.charAt(0).toLowerCase() + name.slice(1)
}
