// Of the OCI run-time specification what we say. Version 1.0.2 is what every crun and runc in use understands.

export interface OciSpec {
  readonly ociVersion: "1.0.2"
  readonly process: OciProcess
  readonly root: { readonly path: string; readonly readonly: boolean }
  readonly hostname: string
  readonly mounts: readonly OciMount[]
  readonly annotations: Readonly<Record<string, string>>
  readonly linux: {
    readonly namespaces: readonly { readonly type: string; readonly path?: string }[]
    readonly cgroupsPath: string
    readonly resources: OciResources
    readonly devices: readonly OciDevice[]
    readonly sysctl: Readonly<Record<string, string>>
    readonly seccomp?: object
    readonly maskedPaths: readonly string[]
    readonly readonlyPaths: readonly string[]
    readonly rootfsPropagation?: string
  }
}

export interface OciProcess {
  readonly terminal: boolean
  readonly user: OciUser
  readonly args: readonly string[]
  readonly env: readonly string[]
  readonly cwd: string
  readonly capabilities: Readonly<Partial<Record<"bounding" | "effective" | "permitted", readonly string[]>>>
  readonly rlimits: readonly { readonly type: string; readonly soft: number; readonly hard: number }[]
  readonly noNewPrivileges: boolean
  readonly apparmorProfile?: string
  readonly oomScoreAdj: number
}

export interface OciUser {
  readonly uid: number
  readonly gid: number
  readonly additionalGids: readonly number[]
}

export interface OciMount {
  readonly destination: string
  readonly type: string
  readonly source: string
  readonly options: readonly string[]
}

export interface OciDevice {
  readonly path: string
  readonly type: "c" | "b"
  readonly major: number
  readonly minor: number
  readonly fileMode: number
  readonly uid: number
  readonly gid: number
}

export interface OciResources {
  readonly devices: readonly OciDeviceRule[]
  readonly cpu: { readonly shares: number }
  readonly memory?: {
    readonly limit?: number
    readonly swap?: number
    readonly reservation?: number
    readonly swappiness?: number
  }
  readonly pids?: { readonly limit: number }
}

export interface OciDeviceRule {
  readonly allow: boolean
  readonly type?: "c" | "b"
  readonly major?: number
  readonly minor?: number
  readonly access: string
}
