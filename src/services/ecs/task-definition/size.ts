import { refusal } from "./refusal.ts"

/** Units of CPU, as AWS keeps them: `1 vCPU` is `1024`. */
export function cpuUnits(text: string): string {
  return whole(text, VCPUS, 1024) ?? refuse("cpu")
}

/** MiB, as AWS keeps them: `2 GB` is `2048`. */
export function memoryMiB(text: string): string {
  return whole(text, GIGABYTES, 1024) ?? refuse("memory")
}

/** A size that AWS does not take has one sentence, whatever is wrong with it. */
export function refuse(field: "cpu" | "memory"): never {
  throw refusal(
    `Invalid '${field}' setting for task. For more information, see the Troubleshooting section of the Amazon ECS Developer Guide.`,
  )
}

/** Undefined for what is no number of either kind, or comes out as a fraction. */
function whole(text: string, larger: RegExp, times: number): string | undefined {
  const amount = larger.exec(text)?.[1]
  if (amount !== undefined) {
    const units = Number(amount) * times
    return Number.isSafeInteger(units) ? String(units) : undefined
  }
  return PLAIN.test(text) ? String(Number(text)) : undefined
}

const PLAIN = /^\s*\d{1,9}\s*$/
const VCPUS = /^\s*(\d{1,6}(?:\.\d{1,6})?|\.\d{1,6})\s*vcpu\s*$/i
const GIGABYTES = /^\s*(\d{1,6}(?:\.\d{1,6})?|\.\d{1,6})\s*gb\s*$/i
