import type { Fault } from "../../../aws/fault.ts"
import { fault } from "../fault.ts"

/** Whatever is wrong with a task definition, AWS has the same name for it. */
export function refusal(sentence: string): Fault {
  return fault("ClientException", sentence)
}
