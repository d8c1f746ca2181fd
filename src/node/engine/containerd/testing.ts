import type { ContainerSpec } from "../engine.ts"
import type { ImageConfig } from "../image.ts"
import type { SpecInput } from "./spec.ts"

/** With everything filled in that a test does not care about. */
export function aContainer(given: Partial<ContainerSpec> = {}): ContainerSpec {
  return {
    id: "c0ffee".repeat(10),
    instance: "local",
    taskId: "4711",
    networkId: "4711-network",
    name: "ecs-web-1-app",
    imageId: `sha256:${"1".repeat(64)}`,
    environment: {},
    labels: {},
    terminal: false,
    openStdin: false,
    init: false,
    mounts: [],
    readonlyRoot: false,
    privileged: false,
    capabilitiesAdded: [],
    capabilitiesDropped: [],
    securityOptions: [],
    devices: [],
    gpus: [],
    ulimits: [],
    sysctls: {},
    pid: "private",
    ipc: "private",
    extraHosts: [],
    dns: [],
    dnsSearch: [],
    limits: { cpuShares: 128 },
    logBytesMax: 1 << 20,
    ...given,
  }
}

export function anImageConfig(given: Partial<ImageConfig> = {}): ImageConfig {
  return {
    entryPoint: [],
    command: ["/bin/app"],
    environment: [],
    workingDirectory: "",
    user: "",
    stopSignal: "",
    volumes: [],
    labels: {},
    ...given,
  }
}

export function aSpecInput(container: Partial<ContainerSpec> = {}, given: Partial<SpecInput> = {}): SpecInput {
  return {
    container: aContainer(container),
    image: anImageConfig(),
    accounts: { passwd: "", group: "" },
    hostname: "app",
    cgroupPath: "/homeport/local/4711/c0ffee",
    networkPath: "/run/netns/one",
    taskNamespaces: {},
    sources: {
      hosts: "/state/hosts",
      resolvConf: "/state/resolv.conf",
      hostname: "/state/hostname",
      volumes: new Map(),
      anonymousVolumes: new Map(),
      taskSharedMemory: "/dev/shm/task",
      init: "/usr/bin/tini-static",
    },
    devices: [],
    machine: {
      capabilities: ["CAP_CHOWN", "CAP_KILL", "CAP_NET_ADMIN", "CAP_SYS_ADMIN"],
      cgroupVersion: 2,
      countsSwap: true,
      apparmor: false,
      defaultProfile: undefined,
      seccomp: () => ({ kind: "json", value: { profile: "default" } }),
    },
    ...given,
  }
}
