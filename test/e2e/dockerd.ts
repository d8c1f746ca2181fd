import { execFile } from "node:child_process"
import { rmSync } from "node:fs"
import { join } from "node:path"
import { promisify } from "node:util"
import { type Daemon, startDaemon } from "./daemon.ts"

/**
 * A dockerd of a test's own, with its containerd. It has a network namespace to itself, so that its bridges and its
 * firewall are not the machine's; what Docker calls the host is that namespace. A test that has a private network may
 * have it there instead. Containers outlive it, as an operator may set it. With `bridge` it has its usual bridge in there.
 */
export function startDockerd({ bridge = false, ownNetwork = true } = {}): Promise<Daemon> {
  return startDaemon({
    name: "dockerd",
    namespaces: ownNetwork ? ["--net"] : [],
    prepare: ["ip link set lo up", "echo 1 > /proc/sys/net/ipv4/ip_forward"],
    program(directory, socket) {
      // Its containerd was killed with it, and the next one would take the old process number for a sign of life.
      rmSync(join(directory, "exec/containerd/containerd.pid"), { force: true })
      return [
        "dockerd",
        ...["--host", `unix://${socket}`],
        ...["--data-root", join(directory, "data")],
        ...["--exec-root", join(directory, "exec")],
        ...["--pidfile", join(directory, "dockerd.pid")],
        ...["--cgroup-parent", DOCKERD_CGROUP],
        ...["--storage-driver", "overlay2"],
        ...(bridge ? [] : ["--bridge", "none"]),
        "--live-restore",
        ...["--log-level", "warn"],
      ]
    },
    isReady: (socket) =>
      run("docker", ["--host", `unix://${socket}`, "version"]).then(
        () => true,
        () => false,
      ),
    cgroups: [DOCKERD_CGROUP],
  })
}

/** Of its containers. */
export const DOCKERD_CGROUP = `/homeport-e2e-dockerd-${process.pid}`

const run = promisify(execFile)
