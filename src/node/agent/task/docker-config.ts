import type { Device, Mount } from "../../engine/engine.ts"
import type { ImageHealthCheck } from "../../engine/image.ts"
import { Unusable } from "../tasks.ts"
import { type Fields, fieldsOf } from "./docker-fields.ts"

/** What a payload says in the words of Docker's API: two objects, each a text of JSON, that win over all else. */
export interface DockerConfig {
  readonly hostname?: string
  readonly user?: string
  readonly workingDirectory?: string
  readonly environment: Readonly<Record<string, string>>
  readonly entryPoint?: readonly string[]
  readonly command?: readonly string[]
  readonly labels: Readonly<Record<string, string>>
  readonly healthCheck?: ImageHealthCheck
  readonly stopSignal?: string
  readonly stopTimeout?: number
  readonly terminal: boolean
  readonly openStdin: boolean
  readonly host: DockerHostConfig
}

export interface DockerHostConfig {
  readonly logDriver?: string
  readonly logOptions: Readonly<Record<string, string>>
  readonly mounts: readonly Mount[]
  readonly networkMode?: string
  readonly pidMode?: string
  readonly ipcMode?: string
  readonly cpuShares?: number
  readonly memory?: number
  readonly memoryReservation?: number
  readonly memorySwap?: number
  readonly memorySwappiness?: number
  readonly pidsMax?: number
  readonly sharedMemory?: number
  readonly privileged: boolean
  readonly readonlyRoot: boolean
  readonly init: boolean
  readonly capabilitiesAdded: readonly string[]
  readonly capabilitiesDropped: readonly string[]
  readonly securityOptions: readonly string[]
  readonly devices: readonly Device[]
  readonly ulimits: readonly { readonly name: string; readonly soft: number; readonly hard: number }[]
  readonly sysctls: Readonly<Record<string, string>>
  readonly dns: readonly string[]
  readonly dnsSearch: readonly string[]
  readonly extraHosts: readonly string[]
}

/** Throws `Unusable` for what is no such object, and for a member that would have an effect on Docker and has none here. */
export function readDockerConfig(
  texts: { readonly config?: string | undefined; readonly hostConfig?: string | undefined } = {},
): DockerConfig {
  const config = fieldsOf("config", texts.config)
  const read: DockerConfig = {
    ...config.texts({ hostname: "Hostname", user: "User", workingDirectory: "WorkingDir", stopSignal: "StopSignal" }),
    ...config.wholes({ stopTimeout: "StopTimeout" }),
    ...given("entryPoint", config.list("Entrypoint")),
    ...given("command", config.list("Cmd")),
    ...given("healthCheck", config.object("Healthcheck", readHealthCheck)),
    environment: Object.fromEntries((config.list("Env") ?? []).map(readVariable)),
    labels: config.map("Labels"),
    terminal: config.flag("Tty"),
    openStdin: config.flag("OpenStdin"),
    host: readHostConfig(texts.hostConfig),
  }
  // What only says how Docker's own client is attached, or repeats the payload.
  config.skip("AttachStdin", "AttachStdout", "AttachStderr", "StdinOnce", "ExposedPorts", "Image", "ArgsEscaped")
  config.end()
  return read
}

function readHostConfig(text: string | undefined): DockerHostConfig {
  const host = fieldsOf("hostConfig", text)
  const log = host.object("LogConfig", (fields) => ({
    ...fields.texts({ logDriver: "Type" }),
    logOptions: fields.map("Config"),
  }))
  const read: DockerHostConfig = {
    logOptions: {},
    ...log,
    ...host.texts({ networkMode: "NetworkMode", pidMode: "PidMode", ipcMode: "IpcMode" }),
    ...host.wholes({
      cpuShares: "CpuShares",
      memory: "Memory",
      memoryReservation: "MemoryReservation",
      memorySwap: "MemorySwap",
      pidsMax: "PidsLimit",
      sharedMemory: "ShmSize",
    }),
    // Zero is a wish here: it keeps a container out of swap.
    ...given("memorySwappiness", host.whole("MemorySwappiness")),
    mounts: [...(host.list("Binds") ?? []).map(readBind), ...Object.entries(host.map("Tmpfs")).map(readTmpfs)],
    privileged: host.flag("Privileged"),
    readonlyRoot: host.flag("ReadonlyRootfs"),
    init: host.flag("Init"),
    capabilitiesAdded: host.list("CapAdd") ?? [],
    capabilitiesDropped: host.list("CapDrop") ?? [],
    securityOptions: host.list("SecurityOpt") ?? [],
    devices: host.objects("Devices", readDevice),
    ulimits: host.objects("Ulimits", (fields) => ({
      name: fields.text("Name"),
      soft: fields.whole("Soft") ?? 0,
      hard: fields.whole("Hard") ?? 0,
    })),
    sysctls: host.map("Sysctls"),
    dns: host.list("Dns") ?? [],
    dnsSearch: host.list("DnsSearch") ?? [],
    extraHosts: host.list("ExtraHosts") ?? [],
  }
  // Docker's defaults in words: nothing is asked for.
  host.object("RestartPolicy", (fields) => {
    const name = fields.optionalText("Name")
    if (name !== undefined && name !== "no") throw new Unusable(`hostConfig.RestartPolicy ${name} belongs to the agent`)
    fields.skip("MaximumRetryCount")
  })
  host.skip("ConsoleSize")
  host.end()
  return read
}

function readHealthCheck(fields: Fields): ImageHealthCheck {
  return {
    ...given("Test", fields.list("Test")),
    ...fields.wholes({ Interval: "Interval", Timeout: "Timeout", StartPeriod: "StartPeriod", Retries: "Retries" }),
  }
}

function readDevice(fields: Fields): Device {
  const hostPath = fields.text("PathOnHost")
  return {
    hostPath,
    containerPath: fields.optionalText("PathInContainer") ?? hostPath,
    permissions: fields.optionalText("CgroupPermissions") ?? "rwm",
  }
}

function readBind(bind: string): Mount {
  const [source = "", target = "", options = ""] = bind.split(":")
  if (source === "" || !target.startsWith("/")) throw new Unusable(`hostConfig.Binds has ${bind}, which is no mount`)
  const readOnly = options.split(",").includes("ro")
  if (source.startsWith("/")) return { kind: "bind", source, target, readOnly }
  return { kind: "volume", volume: source, target, readOnly }
}

function readTmpfs([target, options]: readonly [string, string]): Mount {
  return { kind: "tmpfs", target, options: options === "" ? [] : options.split(",") }
}

function readVariable(variable: string): [string, string] {
  const equals = variable.indexOf("=")
  return equals < 0 ? [variable, ""] : [variable.slice(0, equals), variable.slice(equals + 1)]
}

function given<K extends string, V>(name: K, value: V | undefined): { readonly [P in K]?: V } {
  return value === undefined ? {} : ({ [name]: value } as { readonly [P in K]?: V })
}
