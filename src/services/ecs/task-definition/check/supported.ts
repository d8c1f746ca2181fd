import type { ResourceRequirement } from "@aws-sdk/client-ecs"
import { notYet } from "../../fault.ts"
import type { FilledContainer, FilledDefinition } from "../fill.ts"
import { refusal } from "../refusal.ts"

/**
 * What works on AWS and not here. All else may be kept: either the agent's wire carries it, or a required attribute keeps
 * the task from instances that do not have it.
 */
export function checkSupported({ volumes, containerDefinitions, inferenceAccelerators }: FilledDefinition): void {
  if (inferenceAccelerators?.length) throw refusal("Unsupported field 'inferenceAccelerators'.")
  // A container that finds an empty directory in the place of its files would write where nothing lasts.
  if (volumes.some(({ s3filesVolumeConfiguration }) => s3filesVolumeConfiguration !== undefined)) {
    throw notYet("S3 Files volumes (s3filesVolumeConfiguration)")
  }
  for (const container of containerDefinitions) {
    for (const requirement of container.resourceRequirements ?? []) checkRequirement(container, requirement)
  }
}

function checkRequirement({ name }: FilledContainer, { type, value, sharingStrategy }: ResourceRequirement): void {
  if (type === "NeuronDevice") throw notYet("Neuron devices (resourceRequirements)")
  if (type === "InferenceAccelerator") throw refusal("Unsupported field 'inferenceAccelerators'.")
  if (sharingStrategy !== undefined) throw notYet("sharing of GPUs (sharingStrategy)")
  if (value === "ALL") throw notYet("reservations of ALL GPUs (resourceRequirements)")
  if (!COUNT.test(value ?? "")) throw refusal(`Invalid 'resourceRequirements' setting for container '${name}'.`)
}

const COUNT = /^[1-9]\d{0,3}$/
