import type * as sdk from "@aws-sdk/client-ec2"
import type { Fault } from "../../aws/fault.ts"
import { type FilterFields, type FilterProblem, filterOf } from "../../aws/filters.ts"
import type { Call } from "../../aws/operations.ts"
import { type PageRequest, pageOf } from "../../aws/page.ts"
import type { Tag } from "../../aws/tags.ts"
import { fault, invalidCombination, invalidValue } from "./fault.ts"
import { permit, type Rehearsal } from "./permit.ts"
import { findAll, type Kind } from "./resource.ts"
import { tagsOf } from "./tagging.ts"

export interface DescribeInput extends Rehearsal {
  readonly Filters?: readonly sdk.Filter[] | undefined
  readonly NextToken?: string | undefined
  readonly MaxResults?: number | undefined
}

export interface Described<R extends object, E extends string, D> {
  readonly kind: Kind<R, E>

  /** The one resource whose parts are described, where that is what policies are asked about. */
  readonly on?: string

  /** The ids that the caller names, and the parameter's name: `[input.VpcIds, "VpcIds"]`. */
  readonly ids: readonly [ids: readonly string[] | undefined, parameter: string]
  readonly fields: FilterFields<R>

  /** Filters that an index answers, so that not every record is looked at: `{ "vpc-id": "vpc" }`. */
  readonly indexed?: Readonly<Record<string, NoInfer<E>>>
  readonly show: (record: R) => D
}

/**
 * What every Describe operation does: by ids, all of which must be there, or by filters, page by page. Who is not
 * allowed to see one resource sees none, so all of them together are asked for.
 */
export function described<R extends object, E extends string, D>(
  call: Call,
  input: DescribeInput,
  { kind, on = "*", ids: [ids, parameter], fields, indexed = {}, show }: Described<R, E, D>,
): { readonly shown: D[]; readonly NextToken: string | undefined } {
  permit(call, input, on)
  const { tx } = call
  const { table } = kind
  const tags = (record: R): readonly Tag[] => tagsOf(tx, table.key(record))
  const passes = filterOf(input.Filters ?? [], { fields, tags, refuse })

  if (ids !== undefined && ids.length > 0) {
    if (input.MaxResults !== undefined) {
      throw invalidCombination(`The parameter ${parameter} cannot be used with the parameter MaxResults`)
    }
    const found = findAll(tx, kind, [...new Set(ids)])
    return { shown: found.filter(passes).map(show), NextToken: undefined }
  }

  const where = indexedFilter(input.Filters ?? [], indexed)
  const { page, nextToken } = paged<R>(call, input, {
    position: table.key,
    list({ after, limit }) {
      const found: R[] = []
      for (let from = after; ; ) {
        const batch = tx.list(table, { after: from, limit: BATCH, ...(where && { where }) })
        for (const record of batch) {
          if (passes(record)) found.push(record)
          if (found.length === limit) return found
        }
        if (batch.length < BATCH) return found
        from = table.key(batch.at(-1)!)
      }
    },
  })
  return { shown: page.map(show), NextToken: nextToken }
}

export interface Chosen<R> {
  readonly all: readonly R[]
  readonly fields: FilterFields<R>

  /** The id under which a record's tags are, where it can have any. */
  readonly tags?: (record: R) => string
  readonly position: (record: R) => string
}

/** The same for what is no table of ours, such as zones and instance types: all of it is at hand. */
export function chosen<R>(
  call: Call,
  input: DescribeInput,
  { all, fields, tags, position }: Chosen<R>,
): { readonly page: readonly R[]; readonly nextToken: string | undefined } {
  const tagsOfRecord = tags && { tags: (record: R) => tagsOf(call.tx, tags(record)) }
  const passes = filterOf(input.Filters ?? [], { fields, refuse, ...tagsOfRecord })
  const sorted = all.filter(passes).toSorted((a, b) => (position(a) < position(b) ? -1 : 1))
  return paged(call, input, {
    position,
    list: ({ after, limit }) =>
      sorted.filter((record) => after === undefined || position(record) > after).slice(0, limit),
  })
}

function paged<R>(call: Call, input: DescribeInput, listing: Pick<PageRequest<R>, "list" | "position">) {
  const { NextToken: token, MaxResults: limit = MOST, DryRun: _, ...filters } = input
  if (limit > MOST) {
    throw invalidValue(
      `Value ( ${limit} ) for parameter MaxResults is invalid. Expecting a value smaller than or equal to ${MOST}.`,
    )
  }
  if (!(limit >= LEAST)) {
    throw invalidValue(
      `Value ( ${limit} ) for parameter MaxResults is invalid. Expecting a value greater than or equal to ${LEAST}.`,
    )
  }
  const invalidToken = () => fault("InvalidNextToken", `The token '${token}' is invalid`)
  return pageOf(call, { token, limit: Math.floor(limit), filters, invalidToken, ...listing })
}

const LEAST = 5
const MOST = 1000
const BATCH = 256

/** The first filter that asks for one exact value of something indexed; the other filters look at what it leaves. */
function indexedFilter<E extends string>(
  filters: readonly sdk.Filter[],
  indexed: Readonly<Record<string, E>>,
): readonly [E, string] | undefined {
  for (const { Name = "", Values = [] } of filters) {
    const [value] = Values
    const index = Object.hasOwn(indexed, Name) ? indexed[Name] : undefined
    if (index !== undefined && value !== undefined && Values.length === 1 && !/[*?\\]/.test(value))
      return [index, value]
  }
  return undefined
}

function refuse(problem: FilterProblem, name: string): Fault {
  if (problem === "unknown name") return invalidValue(`The filter '${name}' is invalid`)
  if (problem === "no name") return invalidValue("The filter 'null' is invalid")
  return fault("FilterLimitExceeded", "The maximum number of filter values specified on a single call is 200")
}
