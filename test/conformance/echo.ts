import type { NormalizedSchema } from "@smithy/core/schema"
import { type Flow, type FlowCall, flow, type Plain } from "../../src/aws/operations.ts"
import { serviceShape } from "../../src/aws/protocols/operation-shape.ts"
import type { OperationShape } from "../../src/aws/protocols/protocol.ts"
import { type Service, type ServiceDefinition, service } from "../../src/aws/service.ts"
import { table } from "../../src/store/table.ts"

/** A request that got as far as its operation. */
interface Visit {
  readonly requestId: string
}

const visits = table({ name: "test/visits", version: 1, key: (visit: Visit) => visit.requestId })

/**
 * A service with all the operations of a real SDK client. Each leaves a record of having been there, so that state
 * changes, and answers nothing. For protocols that no service of the catalogue speaks yet.
 */
export async function visitedService(
  definition: Omit<ServiceDefinition<object>, "operations" | "tables">,
): Promise<Service> {
  const { operationNames, operation } = serviceShape(await definition.sdk())
  const operations = operationNames.map((name) => [name, visited(operation(name)!)] as const)
  return service({ ...definition, operations: Object.fromEntries(operations), tables: [visits] } as never)
}

function visited({ input, output }: OperationShape): Plain | Flow {
  const streaming = streamsOf(input)
  const events = streamsOf(output).filter(([, member]) => member.isStructSchema())
  const answer = () => Object.fromEntries(events.map(([name]) => [name, nothing()]))
  if (streaming.length === 0) {
    return (call) => {
      call.authorize("*")
      call.tx.put(visits, { requestId: call.requestId })
      return answer()
    }
  }
  return flow(async (call: FlowCall, given: Readonly<Record<string, AsyncIterable<unknown> | undefined>>) => {
    await call.transact((inside) => inside.authorize("*"))
    // What arrives can still turn out to be wrong, so nothing is changed before all of it has.
    for (const [name] of streaming) for await (const _ of given[name] ?? []);
    await call.transact((inside) => inside.tx.put(visits, { requestId: call.requestId }))
    return answer()
  })
}

function streamsOf(schema: NormalizedSchema): readonly (readonly [string, NormalizedSchema])[] {
  return schema.isStructSchema() ? [...schema.structIterator()].filter(([, member]) => member.isStreaming()) : []
}

async function* nothing(): AsyncGenerator<never> {}
