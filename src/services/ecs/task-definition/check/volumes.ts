import type { EFSVolumeConfiguration, Volume } from "@aws-sdk/client-ecs"
import type { FilledDefinition } from "../fill.ts"
import { refusal } from "../refusal.ts"

export function checkVolumes({ volumes, containerDefinitions: containers }: FilledDefinition): void {
  const names = new Set<string>()
  for (const volume of volumes) {
    const { name = "" } = volume
    if (name === "") throw refusal("Volume.name should not be null or empty.")
    if (!NAME.test(name)) throw refusal("Volume.name contains invalid characters.")
    if (names.has(name)) throw refusal("Volume names must be unique within a task definition")
    names.add(name)
    checkKind(name, volume)
    if (volume.efsVolumeConfiguration !== undefined) checkEfs(volume.efsVolumeConfiguration)
  }
  for (const { name, mountPoints, volumesFrom } of containers) {
    for (const { sourceVolume = "", containerPath } of mountPoints) {
      if (!names.has(sourceVolume)) throw refusal(`Unknown volume '${sourceVolume}'.`)
      if (!containerPath) throw refusal(`Invalid 'containerPath' setting for container '${name}'.`)
    }
    for (const { sourceContainer = "" } of volumesFrom) {
      if (!containers.some((other) => other.name === sourceContainer)) {
        throw refusal(`Invalid 'volumesFrom' setting. Unknown container: '${sourceContainer}'.`)
      }
    }
  }
  checkConfiguredAtLaunch(
    volumes,
    containers.flatMap(({ mountPoints }) => mountPoints.map(({ sourceVolume }) => sourceVolume)),
  )
}

function checkKind(name: string, volume: Volume): void {
  const kinds = [
    volume.host?.sourcePath,
    volume.dockerVolumeConfiguration,
    volume.efsVolumeConfiguration,
    volume.fsxWindowsFileServerVolumeConfiguration,
    volume.s3filesVolumeConfiguration,
    volume.configuredAtLaunch || undefined,
  ].filter((kind) => kind !== undefined)
  if (kinds.length > 1) throw refusal(`Volume '${name}' must have only one configuration.`)
}

function checkEfs({ rootDirectory = "/", transitEncryption, ...efs }: EFSVolumeConfiguration): void {
  const { iam, accessPointId } = efs.authorizationConfig ?? {}
  const isEncrypted = transitEncryption === "ENABLED"
  if (iam === "ENABLED" && !isEncrypted) {
    throw refusal("EFS IAM authorization requires TransitEncryption to be enabled.")
  }
  if (accessPointId !== undefined && rootDirectory !== "/") {
    throw refusal(`When using an EFS access point, the root directory must either be set to "/" or be omitted.`)
  }
  if (accessPointId !== undefined && !isEncrypted) {
    throw refusal("When using an EFS access point, TransitEncryption must be enabled.")
  }
  if (efs.transitEncryptionPort !== undefined && !isEncrypted) {
    throw refusal("TransitEncryptionPort requires that TransitEncryption is enabled.")
  }
}

function checkConfiguredAtLaunch(volumes: readonly Volume[], mounted: readonly (string | undefined)[]): void {
  const names = volumes.flatMap(({ configuredAtLaunch, name }) => (configuredAtLaunch ? name! : []))
  if (names.length > 1) throw refusal("Only one volume can be configured at launch in a task definition.")
  if (names.some((name) => !mounted.includes(name))) {
    throw refusal(`Volumes [${names.join(", ")}] are not referenced by any of the containers`)
  }
}

const NAME = /^[a-zA-Z0-9\-_]{1,255}$/
