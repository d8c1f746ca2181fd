import { join } from "node:path"

/** Where an instance of containerd of our own keeps everything. */
export interface ContainerdFolder {
  readonly folder: string
  readonly configuration: string
  readonly socket: string

  /** Of its shims, while the machine runs. */
  readonly state: string

  /** The process that runs, as `pid startTime`: the number alone may be somebody else's by now. */
  readonly pid: string
  readonly log: string
}

export function containerdFolder(folder: string): ContainerdFolder {
  return {
    folder,
    configuration: join(folder, "config.toml"),
    socket: join(folder, "containerd.sock"),
    state: join(folder, "state"),
    pid: join(folder, "containerd.pid"),
    log: join(folder, "containerd.log"),
  }
}

/** Only what containers need: no Kubernetes, no snapshotters that nobody asks for. */
export function containerdConfiguration({ folder, socket, state }: ContainerdFolder): string {
  return `# Written by Homeport at each start of this containerd.
version = 2
root = ${JSON.stringify(join(folder, "root"))}
state = ${JSON.stringify(state)}
disabled_plugins = ${JSON.stringify(DISABLED)}

[grpc]
address = ${JSON.stringify(socket)}

[ttrpc]
address = ${JSON.stringify(`${socket}.ttrpc`)}

[debug]
level = "warn"
`
}

const DISABLED = [
  "io.containerd.grpc.v1.cri",
  "io.containerd.internal.v1.opt",
  "io.containerd.internal.v1.restart",
  "io.containerd.internal.v1.tracing",
  "io.containerd.nri.v1.nri",
  "io.containerd.snapshotter.v1.aufs",
  "io.containerd.snapshotter.v1.blockfile",
  "io.containerd.snapshotter.v1.btrfs",
  "io.containerd.snapshotter.v1.devmapper",
  "io.containerd.snapshotter.v1.zfs",
  "io.containerd.tracing.processor.v1.otlp",
]
