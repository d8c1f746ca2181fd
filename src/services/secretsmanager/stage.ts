/** Which version each staging label is attached to. */
export type Stages = Readonly<Record<string, string>>

export const CURRENT = "AWSCURRENT"
export const PREVIOUS = "AWSPREVIOUS"

/** The version that has a label. A label may be called anything, also what every object has. */
export function versionWith(stages: Stages, label: string): string | undefined {
  return Object.hasOwn(stages, label) ? stages[label] : undefined
}

/** How many labels the versions of one secret have between them. */
export const LABELS_MAX = 20

/** The version that was current until now becomes the previous one, so that whoever still needs it finds it. */
export function moveStage(stages: Stages, label: string, versionId: string): Stages {
  const former = versionWith(stages, label)
  if (former === versionId) return stages
  const moved = { ...stages, [label]: versionId }
  if (label !== CURRENT || former === undefined) return moved
  return { ...moved, [PREVIOUS]: former }
}

export function removeStage(stages: Stages, label: string): Stages {
  const { [label]: _, ...others } = stages
  return others
}

export function labelsOf(stages: Stages, versionId: string): string[] {
  return Object.keys(stages)
    .filter((label) => stages[label] === versionId)
    .sort()
}

/** The labels of each version that has any. */
export function labelsByVersion(stages: Stages): Record<string, string[]> {
  const labels: Record<string, string[]> = {}
  for (const [label, versionId] of Object.entries(stages)) {
    const present = labels[versionId] ?? []
    labels[versionId] = present
    present.push(label)
  }
  for (const present of Object.values(labels)) present.sort()
  return labels
}
