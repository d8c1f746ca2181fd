import type * as sdk from "@aws-sdk/client-ssm"
import type { Operations } from "../../aws/operations.ts"
import { checkCount, fault } from "./fault.ts"
import { labelsOf, permittedParameter, selectedVersion } from "./find.ts"
import { parameters } from "./tables.ts"

export const labelOperations = {
  LabelParameterVersion(call, input) {
    const parameter = permittedParameter(call, input.Name!)
    const labels = input.Labels!
    checkCount(labels, "labels", LABELS_MAX)
    const asked = input.ParameterVersion ?? parameter.version
    const { version } = selectedVersion(call.tx, parameter, String(asked))
    const InvalidLabels = labels.filter((label) => !isLabel(label))
    const good = labels.filter(isLabel)
    if (new Set([...labelsOf(parameter, version), ...good]).size > LABELS_MAX) {
      throw fault(
        "ParameterVersionLabelLimitExceeded",
        "A parameter version can have maximum 10 labels. Move one or more labels to another version and try again.",
      )
    }
    const moved = Object.fromEntries(good.map((label) => [label, version]))
    call.tx.put(parameters, { ...parameter, labels: { ...parameter.labels, ...moved } })
    return { InvalidLabels, ParameterVersion: version }
  },

  UnlabelParameterVersion(call, input) {
    const parameter = permittedParameter(call, input.Name!)
    const labels = input.Labels!
    checkCount(labels, "labels", LABELS_MAX)
    const { version } = selectedVersion(call.tx, parameter, String(input.ParameterVersion!))
    const present = labelsOf(parameter, version)
    const RemovedLabels = labels.filter((label) => present.includes(label))
    const left = Object.entries(parameter.labels).filter(([label]) => !RemovedLabels.includes(label))
    call.tx.put(parameters, { ...parameter, labels: Object.fromEntries(left) })
    return { RemovedLabels, InvalidLabels: labels.filter((label) => !present.includes(label)) }
  },
} satisfies Operations<typeof sdk>

/** What begins with a digit would be taken for a version. */
function isLabel(label: string): boolean {
  return /^[a-zA-Z_.-][a-zA-Z0-9_.-]{0,99}$/.test(label) && !/^(aws|ssm)/i.test(label)
}

const LABELS_MAX = 10
