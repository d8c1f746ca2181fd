import { execFileSync } from "node:child_process"
import type { FabricInterface, FabricPut } from "../src/wire/fabric.ts"
import { aNetwork, anInterface, instanceArn } from "../test/e2e/fabric-records.ts"
import { makeFolder } from "./folder.ts"
import { type NamespaceProcess, openNamespace, startInNamespace } from "./namespace-process.ts"
import type { EndTask } from "./network-end.ts"
import type { MachineTask } from "./network-machine.ts"

export type Client = NamespaceProcess<EndTask, number>

export interface Machine extends AsyncDisposable {
  /** Where the machine itself is. */
  readonly path: string
  readonly process: NamespaceProcess<MachineTask, number[]>

  /** Where a task with this interface would be. */
  inside(one: FabricInterface): string
}

export async function startMachine(host: string, underlayAddress: string, links: string): Promise<Machine> {
  await using opening = new AsyncDisposableStack()
  const folder = opening.use(makeFolder())
  const namespace = opening.use(await openNamespace())
  // All namespaces go with their names, also after a failure.
  opening.defer(() => void execFileSync("umount", ["--recursive", "--lazy", `${folder.path}/netns`]))
  const words = [folder.path, host, underlayAddress, links]
  const started = await startInNamespace<MachineTask, number[]>(namespace.path, "./network-machine.ts", words)
  opening.use(started)
  const opened = opening.move()
  return {
    path: namespace.path,
    process: started,
    inside: ({ id }) => `${folder.path}/netns/elastics/${id}`,
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  }
}

/** Pairs of tasks on one machine and on two, by our fabric and by what Linux has without: a bridge on each machine. */
export interface Paths extends AsyncDisposable {
  readonly near: Client

  /** Of a task whose interface has a flow log. */
  readonly logged: Client
  readonly far: Client
  readonly nearByBridge: Client
  readonly farByBridge: Client
}

export async function openPaths(): Promise<Paths> {
  await using opening = new AsyncDisposableStack()
  const other = `${instanceArn}-other`
  const one = opening.use(await startMachine(instanceArn, UNDERLAY[0], "172.29.2.0/24"))
  const two = opening.use(await startMachine(other, UNDERLAY[1], "172.29.3.0/24"))
  connectMachines(one.path, two.path)
  const app = anInterface("eni-app", "10.0.0.5")
  const near = anInterface("eni-near", "10.0.0.6")
  const logged = anInterface("eni-logged", "10.0.0.8", { flowIntervals: [60] })
  const far = anInterface("eni-far", "10.0.0.7", { host: other })
  const put: FabricPut = aNetwork([app, near, logged, far], {
    machine: [
      { id: "one", host: instanceArn, underlayAddress: UNDERLAY[0] },
      { id: "two", host: other, underlayAddress: UNDERLAY[1] },
    ],
  })
  for (const machine of [one, two]) await machine.process.run({ kind: "snapshot", put })
  const serve = async (path: string, address: string) =>
    opening.use(await startInNamespace(path, "./network-end.ts", ["serve", address]))
  const ask = async (path: string, address: string) =>
    opening.use(await startInNamespace<EndTask, number>(path, "./network-end.ts", ["ask", address]))

  const plain = opening.use(await openBridges(one.path, two.path))
  await serve(one.inside(app), "10.0.0.5")
  await serve(plain.app, plain.address)
  const paths = {
    near: await ask(one.inside(near), "10.0.0.5"),
    logged: await ask(one.inside(logged), "10.0.0.5"),
    far: await ask(two.inside(far), "10.0.0.5"),
    nearByBridge: await ask(plain.near, plain.address),
    farByBridge: await ask(plain.far, plain.address),
  }
  const opened = opening.move()
  return { ...paths, [Symbol.asyncDispose]: () => opened.disposeAsync() }
}

function connectMachines(one: string, two: string): void {
  inside(one, `ip link add up0 type veth peer name up0 netns ${pidOf(two)}`)
  inside(one, `ip address add ${UNDERLAY[0]}/24 dev up0; ip link set up0 up`)
  inside(two, `ip address add ${UNDERLAY[1]}/24 dev up0; ip link set up0 up`)
}

/** Two tasks on the first machine and one on the other, which reach each other by plain routes. */
async function openBridges(one: string, two: string) {
  await using opening = new AsyncDisposableStack()
  const bridge = (machine: string, network: number, elsewhere: number, through: string) =>
    inside(
      machine,
      `ip link add plain0 type bridge; ip address add 10.77.${network}.1/24 dev plain0; ip link set plain0 up
       ip route add 10.77.${elsewhere}.0/24 via ${through}; echo 1 > /proc/sys/net/ipv4/ip_forward`,
    )
  bridge(one, 1, 2, UNDERLAY[1])
  bridge(two, 2, 1, UNDERLAY[0])
  const task = async (machine: string, network: number, number: number) => {
    const { path } = opening.use(await openNamespace())
    inside(machine, `ip link add plain${number} type veth peer name eth0 netns ${pidOf(path)}`)
    inside(machine, `ip link set plain${number} master plain0 up`)
    inside(
      path,
      `ip address add 10.77.${network}.${number}/24 dev eth0; ip link set eth0 up; ip route add default via 10.77.${network}.1`,
    )
    return path
  }
  const [app, near, far] = [await task(one, 1, 2), await task(one, 1, 3), await task(two, 2, 4)]
  const opened = opening.move()
  return { app, near, far, address: "10.77.1.2", [Symbol.asyncDispose]: () => opened.disposeAsync() }
}

function inside(path: string, script: string): void {
  execFileSync("nsenter", [`--net=${path}`, "sh", "-ec", script])
}

function pidOf(path: string): string {
  return path.split("/")[2]!
}

const UNDERLAY = ["203.0.113.1", "203.0.113.2"] as const
