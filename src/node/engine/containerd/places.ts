import { createHash } from "node:crypto"
import { join } from "node:path"

/** Where the engine keeps what containerd has no place for. */
export class Places {
  readonly folder: string
  readonly containers: string

  /** Of containers too, for what ends with the machine's present start. */
  readonly files: string
  readonly networks: string
  readonly tasks: string
  readonly volumes: string

  /** `fleeting`: where in memory to keep what is at a place on the disk otherwise. */
  constructor(folder: string, fleeting = (onDisk: string) => onDisk) {
    this.folder = folder
    this.containers = join(folder, "containers")
    this.files = fleeting(join(folder, "files"))
    this.networks = fleeting(join(folder, "networks"))
    this.tasks = join(folder, "tasks")
    this.volumes = join(folder, "volumes")
  }

  container(id: string): ContainerPlace {
    const folder = join(this.containers, fileName(id))
    const files = join(this.files, fileName(id))
    return {
      folder,
      files,
      stdout: join(folder, "stdout"),
      stderr: join(folder, "stderr"),
      stdin: join(folder, "stdin"),
      life: join(folder, "life.json"),
      log: join(folder, "log.json"),
      hosts: join(files, "hosts"),
      hostname: join(files, "hostname"),
      resolvConf: join(files, "resolv.conf"),
      anonymousVolumes: join(folder, "volumes"),
    }
  }

  task(instance: string, id: string): string {
    return join(this.tasks, `${this.taskKey(instance, id)}.json`)
  }

  /** A name for a task that is unique on the machine, and no longer than a file's name may be. */
  taskKey(instance: string, id: string): string {
    return hash(`${this.folder}\0${instance}\0${id}`)
  }

  /** In memory already, so it needs no mount of its own. */
  sharedMemory(instance: string, id: string): string {
    return join("/dev/shm", `homeport-${this.taskKey(instance, id)}`)
  }

  volume(name: string): VolumePlace {
    const folder = join(this.volumes, fileName(name))
    return { folder, record: join(folder, "volume.json"), data: join(folder, "data") }
  }
}

export interface ContainerPlace {
  readonly folder: string
  readonly files: string
  readonly stdout: string
  readonly stderr: string
  readonly stdin: string
  readonly life: string
  readonly log: string
  readonly hosts: string
  readonly hostname: string
  readonly resolvConf: string
  readonly anonymousVolumes: string
}

export interface VolumePlace {
  readonly folder: string
  readonly record: string
  readonly data: string
}

/** Ids come from others: one that is no plain name stands under its hash. */
function fileName(id: string): string {
  return /^[A-Za-z0-9][A-Za-z0-9_.-]{0,127}$/.test(id) ? id : `x-${hash(id)}`
}

function hash(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, 32)
}
