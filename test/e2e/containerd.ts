import { execFile } from "node:child_process"
import { mkdirSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { promisify } from "node:util"
import { type Daemon, startDaemon } from "./daemon.ts"

/**
 * A containerd of a test's own. It does not see the second cgroup hierarchy of a hybrid machine, which crun refuses.
 * Namespaces and files that its containers are to use have to lie in its `directory`, where both sides see mounts. The
 * cgroups that are given go with it.
 */
export function startContainerd(cgroups: readonly string[] = []): Promise<Daemon> {
  return startDaemon({
    name: "containerd",
    cgroups,
    program(directory, socket) {
      const config = join(directory, "config.toml")
      mkdirSync(join(directory, "root"), { recursive: true })
      writeFileSync(
        config,
        [
          "version = 2",
          `root = "${directory}/root"`,
          `state = "${directory}/state"`,
          `disabled_plugins = ["io.containerd.grpc.v1.cri", "io.containerd.internal.v1.opt", "io.containerd.snapshotter.v1.devmapper", "io.containerd.snapshotter.v1.zfs", "io.containerd.snapshotter.v1.btrfs", "io.containerd.snapshotter.v1.aufs"]`,
          "[grpc]",
          `address = "${socket}"`,
          "[debug]",
          `level = "warn"`,
          "",
        ].join("\n"),
      )
      return ["containerd", "--config", config]
    },
    isReady: (socket) =>
      run("ctr", ["--address", socket, "version"]).then(
        () => true,
        () => false,
      ),
  })
}

const run = promisify(execFile)
