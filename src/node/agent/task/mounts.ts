import type { Container, Volume } from "../../../wire/task.ts"
import type { Mount, VolumeSpec } from "../../engine/engine.ts"
import type { TaskRecord } from "../records.ts"
import { readDockerConfig } from "./docker-config.ts"
import { Failure } from "./reasons.ts"

/** A container's mounts, and the volumes that have to be there before it is made. */
export interface MountPlan {
  readonly mounts: readonly Mount[]
  readonly volumes: readonly VolumeSpec[]

  /** That somebody else was to make. */
  readonly expected: readonly string[]
}

/**
 * Where a path is named more than once the container's own wish wins over what it takes from others, and both over the
 * image's. `imageVolumes` are the paths that the images of the task's containers keep out of their file systems.
 */
export function planMounts(
  task: TaskRecord,
  name: string,
  imageVolumes: (container: string) => readonly string[],
): MountPlan {
  const volumes = new Map<string, VolumeSpec>()
  const expected = new Set<string>()
  const mounts = new Map<string, Mount>()

  function gather(container: Container, readOnly: boolean, seen: ReadonlySet<string>): void {
    const add = (mount: Mount) => {
      if (mounts.has(mount.target)) return
      mounts.set(mount.target, readOnly && mount.kind !== "tmpfs" ? { ...mount, readOnly } : mount)
    }
    for (const mount of readDockerConfig(container.dockerConfig).host.mounts) add(mount)
    for (const { sourceVolume, containerPath, readOnly: isReadOnly } of container.mountPoints ?? []) {
      const volume = task.payload.volumes?.find((candidate) => candidate.name === sourceVolume)
      if (volume === undefined)
        throw new Failure("container", "CannotCreateContainerError", `no volume ${sourceVolume}`)
      add({ ...sourceOf(volume), target: containerPath, readOnly: isReadOnly })
    }
    for (const from of container.volumesFrom ?? []) {
      const source = task.payload.containers.find((candidate) => candidate.name === from.sourceContainer)
      if (source === undefined || seen.has(source.name)) continue
      gather(source, readOnly || from.readOnly, new Set([...seen, source.name]))
    }
    for (const target of imageVolumes(container.name)) {
      const volume = imageVolumeName(task, container.name, target)
      if (mounts.has(target)) continue
      volumes.set(volume, local(volume))
      add({ kind: "volume", volume, target, readOnly: false })
    }
  }

  function sourceOf(volume: Volume): { kind: "bind"; source: string } | { kind: "volume"; volume: string } {
    const sourcePath = volume.host?.sourcePath
    if (volume.type === "host" && sourcePath) return { kind: "bind", source: sourcePath }
    const { isExpected, spec } = volumeOf(task, volume)
    if (isExpected) expected.add(spec.name)
    else volumes.set(spec.name, spec)
    return { kind: "volume", volume: spec.name }
  }

  const container = task.payload.containers.find((candidate) => candidate.name === name)!
  gather(container, false, new Set([name]))
  return { mounts: [...mounts.values()], volumes: [...volumes.values()], expected: [...expected] }
}

function volumeOf(task: TaskRecord, volume: Volume): { readonly spec: VolumeSpec; readonly isExpected: boolean } {
  if (volume.type === "efs" || volume.type === "fsxWindowsFileServer") {
    const words = `volume ${volume.name} is of the type ${volume.type}, which this node cannot mount`
    throw new Failure("task", "ResourceInitializationError", words)
  }
  const {
    scope = "task",
    autoprovision = false,
    driver = "local",
    driverOpts = {},
    labels = {},
  } = volume.dockerVolumeConfiguration ?? {}
  const isShared = volume.type === "docker" && scope === "shared"
  const name = isShared ? volume.name : taskVolumeName(task, volume.name)
  return { spec: { name, driver, driverOptions: driverOpts, labels }, isExpected: isShared && !autoprovision }
}

/** What goes with the task: its own volumes, and those that its images asked for. */
export function ownVolumes(
  task: TaskRecord,
  imageVolumes: (container: string) => readonly string[],
): readonly string[] {
  const declared = (task.payload.volumes ?? []).filter(isOwn).map(({ name }) => taskVolumeName(task, name))
  const ofImages = task.containers.flatMap(({ name }) =>
    imageVolumes(name).map((target) => imageVolumeName(task, name, target)),
  )
  return [...declared, ...ofImages]
}

function isOwn({ type, host, dockerVolumeConfiguration }: Volume): boolean {
  return type === "docker" ? dockerVolumeConfiguration?.scope !== "shared" : type === "host" && !host?.sourcePath
}

/** Names follow from the task, so that one cut off by a crash is found again. */
function taskVolumeName({ id, payload: { family, version } }: TaskRecord, name: string): string {
  return `ecs-${family}-${version}-${name}-${id}`
}

function imageVolumeName({ id }: TaskRecord, container: string, target: string): string {
  return `ecs-${id}-${container}${target.replaceAll(/[^A-Za-z0-9_.-]/g, "-")}`
}

function local(name: string): VolumeSpec {
  return { name, driver: "local", driverOptions: {}, labels: {} }
}
