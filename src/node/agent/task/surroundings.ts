import type { Credentials, NetworkInterface, RegistryAuthentication } from "../../../wire/task.ts"
import type { Login } from "../../engine/image.ts"
import type { ContainerRecord, TaskRecord } from "../records.ts"

// What the task engine leaves to other parts of the node, each as narrow as it needs it.

/** Values that a task names and that somebody else keeps. Rejects with an error whose message is for the task's owner. */
export interface Resolver {
  /** Of a container's secrets with the target `CONTAINER`, by the name of their variable. */
  secrets(task: TaskRecord, container: string, credentials: Credentials | undefined): Promise<Variables>

  /** Of those with the target `LOG_DRIVER`, by the name of their option. */
  logSecrets(task: TaskRecord, container: string, credentials: Credentials | undefined): Promise<Variables>

  /** Of its files, in their order; a later one wins. */
  environmentFiles(task: TaskRecord, container: string, credentials: Credentials | undefined): Promise<Variables>

  /** What a registry lets us in with. */
  login(authentication: RegistryAuthentication, credentials: Credentials | undefined): Promise<Login>
}

export type Variables = Readonly<Record<string, string>>

/** Brings the interfaces of tasks in the network mode awsvpc to this machine. */
export interface Fabric {
  /** Resolves when all of them are there; rejects after `waitMs`. */
  attach(taskArn: string, interfaces: readonly NetworkInterface[], waitMs: number): Promise<void>

  /** The path of the namespace that a task's interfaces are in; rejects with words for the task's owner. */
  namespace(taskArn: string, interfaces: readonly NetworkInterface[]): Promise<string>
  detach(taskArn: string): Promise<void>
}

/** Serves metadata and credentials inside of a container's network. */
export interface Endpoints {
  /** Before a container's first start, and again after a start of this process; twice is as good as once. */
  open(task: TaskRecord, container: ContainerRecord): Promise<void>
  close(networkId: string): Promise<void>
}

/** Whether nobody on this machine listens at a port, as far as can be told. */
export type IsPortFree = (port: number, protocol: "tcp" | "udp") => boolean
