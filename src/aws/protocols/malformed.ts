import { Fault } from "../fault.ts"

/** What AWS answers to a body that cannot be read, or whose values are not of the types that the shape has. */
export function malformedFault(message: string): Fault {
  return new Fault("SerializationException", message)
}
