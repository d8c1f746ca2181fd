import type { FilledDefinition } from "../fill.ts"
import { refusal } from "../refusal.ts"

export function checkContainers({ containerDefinitions: containers }: FilledDefinition): void {
  if (containers.length === 0) throw refusal("Container list cannot be empty.")
  if (containers.length > CONTAINERS_MAX) {
    throw refusal(`A task definition cannot have more than ${CONTAINERS_MAX} containers.`)
  }
  for (const { name, image } of containers) {
    if (name === "") throw refusal("Container.name should not be null or empty.")
    if (!NAME.test(name)) throw refusal("Container.name contains invalid characters.")
    if (image === "") throw refusal("Container.image should not be null or empty.")
    if (!IMAGE.test(image)) throw refusal("Container.image contains invalid characters.")
  }
  if (new Set(containers.map(({ name }) => name)).size < containers.length) {
    throw refusal("Container names must be unique within a task definition")
  }
  if (!containers.some(({ essential }) => essential)) {
    throw refusal("Task definition doesn't have any essential container")
  }
}

const CONTAINERS_MAX = 10
const NAME = /^[a-zA-Z0-9\-_]{1,255}$/

/** Letters, digits and what stands between the parts of a name, a tag and a digest. */
const IMAGE = /^[a-zA-Z0-9\-_.:/@#+]{1,2048}$/
