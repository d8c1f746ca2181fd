import { expect, test } from "vitest"
import { Unusable } from "../tasks.ts"
import { readDockerConfig } from "./docker-config.ts"

const host = (value: object) => readDockerConfig({ hostConfig: JSON.stringify(value) }).host

test("everything that a region sends is understood", () => {
  const config = {
    User: "www",
    WorkingDir: "/srv",
    Hostname: "web",
    Tty: true,
    OpenStdin: true,
    Labels: { team: "shop" },
    Env: ["A=b=c"],
    Healthcheck: { Test: ["CMD-SHELL", "true"], Interval: 3e10, Timeout: 5e9, Retries: 3, StartPeriod: 1e10 },
  }
  const hostConfig = {
    LogConfig: { Type: "awslogs", Config: { "awslogs-group": "web" } },
    MemoryReservation: 67_108_864,
    Privileged: true,
    ReadonlyRootfs: true,
    Dns: ["10.0.0.2"],
    DnsSearch: ["local"],
    ExtraHosts: ["db:10.0.0.9"],
    SecurityOpt: ["no-new-privileges"],
    Ulimits: [{ Name: "nofile", Soft: 1024, Hard: 4096 }],
    Sysctls: { "net.core.somaxconn": "1024" },
    CapAdd: ["NET_ADMIN"],
    CapDrop: ["ALL"],
    Devices: [{ PathOnHost: "/dev/fuse", PathInContainer: "/dev/fuse", CgroupPermissions: "rw" }],
    Init: true,
    ShmSize: 16_777_216,
    Tmpfs: { "/run": "size=8m,noexec" },
    MemorySwap: -1,
    MemorySwappiness: 0,
    Binds: ["/etc:/host/etc:ro"],
  }
  expect(readDockerConfig({ config: JSON.stringify(config), hostConfig: JSON.stringify(hostConfig) })).toEqual({
    hostname: "web",
    user: "www",
    workingDirectory: "/srv",
    environment: { A: "b=c" },
    labels: { team: "shop" },
    healthCheck: config.Healthcheck,
    terminal: true,
    openStdin: true,
    host: {
      logDriver: "awslogs",
      logOptions: { "awslogs-group": "web" },
      mounts: [
        { kind: "bind", source: "/etc", target: "/host/etc", readOnly: true },
        { kind: "tmpfs", target: "/run", options: ["size=8m", "noexec"] },
      ],
      memoryReservation: 67_108_864,
      memorySwap: -1,
      memorySwappiness: 0,
      sharedMemory: 16_777_216,
      privileged: true,
      readonlyRoot: true,
      init: true,
      capabilitiesAdded: ["NET_ADMIN"],
      capabilitiesDropped: ["ALL"],
      securityOptions: ["no-new-privileges"],
      devices: [{ hostPath: "/dev/fuse", containerPath: "/dev/fuse", permissions: "rw" }],
      ulimits: [{ name: "nofile", soft: 1024, hard: 4096 }],
      sysctls: { "net.core.somaxconn": "1024" },
      dns: ["10.0.0.2"],
      dnsSearch: ["local"],
      extraHosts: ["db:10.0.0.9"],
    },
  })
})

test("what Docker leaves at its zero asks for nothing, whether we know it or not", () => {
  const zeros = {
    UTSMode: "",
    OomScoreAdj: 0,
    Mounts: [],
    Ulimits: null,
    NanoCpus: 0,
    Memory: 0,
    RestartPolicy: { Name: "no" },
  }
  expect(host(zeros)).toEqual(host({}))
})

test.each([
  [{ UsernsMode: "host" }, "hostConfig.UsernsMode"],
  [{ Mounts: [{ Type: "bind" }] }, "hostConfig.Mounts"],
  [{ Invented: 1 }, "hostConfig.Invented"],
  [{ RestartPolicy: { Name: "always" } }, "hostConfig.RestartPolicy"],
  [{ LogConfig: { Type: "a", Extra: 1 } }, "hostConfig.LogConfig.Extra"],
  [{ Devices: [{}] }, "hostConfig.Devices[0].PathOnHost"],
  [{ Privileged: "yes" }, "hostConfig.Privileged"],
])("%j is refused by its name", (value, name) => {
  expect(() => host(value)).toThrow(Unusable)
  expect(() => host(value)).toThrow(name)
})
