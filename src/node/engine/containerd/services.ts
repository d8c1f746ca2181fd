import type { Duplex } from "node:stream"

// Of containerd's services what is used here, as the client gives them. In requests, what is left out is empty.

export interface Services {
  readonly containers: {
    get: Unary<{ id: string }, { container: Container }>
    listStream: Stream<{ filters: readonly string[] }, { container: Container }>
    create: Unary<{ container: NewContainer }, { container: Container }>
    update: Unary<{ container: Pick<Container, "id"> & Partial<Container>; updateMask: FieldMask }, unknown>
    delete: Unary<{ id: string }, unknown>
  }
  readonly tasks: {
    create: Unary<NewTask, { pid: number }>
    start: Unary<ProcessName, { pid: number }>
    delete: Unary<{ containerId: string }, Exit>
    deleteProcess: Unary<ProcessName, Exit>
    get: Unary<ProcessName, { process: Process }>
    list: Unary<{ filter?: string }, { tasks: readonly Process[] }>
    kill: Unary<ProcessName & { signal: number; all?: boolean }, unknown>
    exec: Unary<NewProcess, unknown>
    closeIo: Unary<ProcessName & { stdin: boolean }, unknown>

    /** Answers when the process has ended, which may take for ever: it needs `timeoutMs: Infinity`. */
    wait: Unary<ProcessName, Exit>
  }
  readonly snapshots: {
    prepare: Unary<NewSnapshot, { mounts: readonly ContainerdMount[] }>
    view: Unary<NewSnapshot, { mounts: readonly ContainerdMount[] }>
    mounts: Unary<SnapshotName, { mounts: readonly ContainerdMount[] }>
    commit: Unary<SnapshotName & { name: string; labels?: Labels }, unknown>
    remove: Unary<SnapshotName, unknown>
    stat: Unary<SnapshotName, { info: SnapshotInfo }>
    update: Unary<
      { snapshotter: string; info: Pick<SnapshotInfo, "name"> & Partial<SnapshotInfo>; updateMask: FieldMask },
      unknown
    >
    list: Stream<{ snapshotter: string; filters?: readonly string[] }, { info: readonly SnapshotInfo[] }>
    usage: Unary<SnapshotName, { size: number; inodes: number }>
  }
  readonly content: {
    info: Unary<{ digest: string }, { info: ContentInfo }>
    update: Unary<
      { info: Pick<ContentInfo, "digest"> & Partial<ContentInfo>; updateMask: FieldMask },
      { info: ContentInfo }
    >
    list: Stream<{ filters?: readonly string[] }, { info: readonly ContentInfo[] }>
    delete: Unary<{ digest: string }, unknown>
    read: Stream<{ digest: string; offset?: number; size?: number }, { offset: number; data: Buffer }>
    status: Unary<{ ref: string }, { status: WriteStatus }>
    listStatuses: Unary<{ filters?: readonly string[] }, { statuses: readonly WriteStatus[] }>

    /** Write `WriteContent`, read `WrittenContent`; what it fails with goes through `engineError`. */
    write: (options?: CallOptions) => Duplex
    abort: Unary<{ ref: string }, unknown>
  }
  readonly images: {
    get: Unary<{ name: string }, { image: ContainerdImage }>
    list: Unary<{ filters?: readonly string[] }, { images: readonly ContainerdImage[] }>
    create: Unary<{ image: NewImage }, { image: ContainerdImage }>
    update: Unary<{ image: NewImage; updateMask?: FieldMask }, { image: ContainerdImage }>

    /** With `sync`, it answers when all that only this image held has been collected. */
    delete: Unary<{ name: string; sync?: boolean }, unknown>
  }
  readonly leases: {
    create: Unary<{ id: string; labels?: Labels }, unknown>
    delete: Unary<{ id: string; sync?: boolean }, unknown>
    list: Unary<{ filters?: readonly string[] }, { leases: readonly { id: string; labels: Labels }[] }>
    addResource: Unary<{ id: string; resource: Resource }, unknown>
    deleteResource: Unary<{ id: string; resource: Resource }, unknown>
    listResources: Unary<{ id: string }, { resources: readonly Resource[] }>
  }
  readonly diff: {
    apply: Unary<{ diff: Descriptor; mounts: readonly ContainerdMount[] }, { applied: Descriptor }>
  }
  readonly events: {
    publish: Unary<{ topic: string; event: Any }, unknown>
    subscribe: Stream<{ filters: readonly string[] }, Envelope>
  }
  readonly version: { version: Unary<object, { version: string; revision: string }> }
  readonly introspection: {
    plugins: Unary<{ filters?: readonly string[] }, { plugins: readonly Plugin[] }>
    server: Unary<object, { uuid: string }>
  }
  readonly namespaces: {
    list: Unary<object, { namespaces: readonly { name: string; labels: Labels }[] }>
    create: Unary<{ namespace: { name: string; labels?: Labels } }, unknown>
    delete: Unary<{ name: string }, unknown>
  }
}

export type Unary<Input, Output> = (input: Input, options?: CallOptions) => Promise<Output>
export type Stream<Input, Output> = (input: Input, options?: CallOptions) => AsyncIterable<Output>

export interface CallOptions {
  readonly signal?: AbortSignal

  /** What the call makes is kept from the garbage collection as long as this lease is there. */
  readonly lease?: string

  /** A call that takes longer fails as "unavailable". Streams have no such limit. */
  readonly timeoutMs?: number
}

export type Labels = Readonly<Record<string, string>>

export interface FieldMask {
  readonly paths: readonly string[]
}

export interface Timestamp {
  readonly seconds: number
  readonly nanos: number
}

/** A message whose type is known only where it is read. Its fields are named as in Google's own file. */
export interface Any {
  readonly type_url: string
  readonly value: Buffer
}

export interface Descriptor {
  readonly mediaType: string
  readonly digest: string
  readonly size: number
  readonly annotations?: Labels
}

export interface ContainerdMount {
  readonly type: string
  readonly source: string
  readonly target?: string
  readonly options: readonly string[]
}

export interface NewContainer {
  readonly id: string
  readonly labels: Labels
  readonly image?: string
  readonly runtime: { readonly name: string; readonly options?: Any }
  readonly spec: Any
  readonly snapshotter: string
  readonly snapshotKey: string
  readonly extensions?: Readonly<Record<string, Any>>
}

export interface Container extends Required<NewContainer> {
  readonly createdAt: Timestamp
  readonly updatedAt: Timestamp
}

export interface NewTask {
  readonly containerId: string
  readonly rootfs: readonly ContainerdMount[]
  readonly stdin?: string
  readonly stdout: string
  readonly stderr: string
  readonly terminal: boolean
  readonly options?: Any
}

/** Without `execId` it is the container's own process. */
export interface ProcessName {
  readonly containerId: string
  readonly execId?: string
}

export interface NewProcess extends ProcessName {
  readonly stdin?: string
  readonly stdout: string
  readonly stderr: string
  readonly terminal: boolean
  readonly spec: Any
}

export interface Process {
  readonly containerId: string
  readonly id: string
  readonly pid: number
  readonly status: "UNKNOWN" | "CREATED" | "RUNNING" | "STOPPED" | "PAUSED" | "PAUSING"
  readonly exitStatus: number
  readonly exitedAt: Timestamp | null
}

export interface Exit {
  readonly exitStatus: number
  readonly exitedAt: Timestamp | null
}

export interface SnapshotName {
  readonly snapshotter: string
  readonly key: string
}

export interface NewSnapshot extends SnapshotName {
  readonly parent: string
  readonly labels?: Labels
}

export interface SnapshotInfo {
  readonly name: string
  readonly parent: string
  readonly kind: "UNKNOWN" | "VIEW" | "ACTIVE" | "COMMITTED"
  readonly labels: Labels
}

export interface ContentInfo {
  readonly digest: string
  readonly size: number
  readonly createdAt: Timestamp
  readonly updatedAt: Timestamp
  readonly labels: Labels
}

export interface WriteStatus {
  readonly ref: string
  readonly offset: number
  readonly total: number
  readonly expected: string
}

export interface WriteContent {
  readonly action: "STAT" | "WRITE" | "COMMIT"
  readonly ref?: string
  readonly total?: number
  readonly expected?: string
  readonly offset?: number
  readonly data?: Uint8Array
  readonly labels?: Labels
}

export interface WrittenContent {
  readonly action: "STAT" | "WRITE" | "COMMIT"
  readonly offset: number
  readonly total: number
  readonly digest: string
}

export interface NewImage {
  readonly name: string
  readonly target: Descriptor
  readonly labels?: Labels
}

export interface ContainerdImage extends Required<NewImage> {
  readonly createdAt: Timestamp
  readonly updatedAt: Timestamp
}

export interface Resource {
  readonly id: string
  readonly type: string
}

export interface Envelope {
  readonly timestamp: Timestamp
  readonly namespace: string
  readonly topic: string
  readonly event: Any
}

export interface Plugin {
  readonly type: string
  readonly id: string
  readonly exports: Labels
  readonly capabilities: readonly string[]
}
