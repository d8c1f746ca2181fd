import { spawn } from "node:child_process"
import { afterAll } from "vitest"
import { run } from "./private-network.ts"
import { until } from "./until.ts"

/** A machine's network: a namespace of its own, and a cable to the network of this thread. */
export interface Cabled {
  readonly network: string
  readonly address: string

  /** Pulls its cable out, and puts it in again. */
  cut(): void
  mend(): void
}

/** Machines on one bridge, as in one rack; this thread's network is on it too, and leads from there to everywhere else. */
export function openLan(): () => Promise<Cabled> {
  run("ip link add lan type bridge; ip address add 192.0.2.1/24 dev lan; ip link set lan up")
  run("echo 1 > /proc/sys/net/ipv4/ip_forward")
  const cables: string[] = []
  afterAll(() => {
    // The kernel takes what is in a namespace away in its own time, so a cable may be gone or not.
    for (const cable of cables) run(`ip link delete ${cable} 2>/dev/null || true`)
    run("ip link delete lan")
  })
  return async () => {
    const number = cables.length + 1
    const [cable, address] = [`lan${number}`, `192.0.2.${10 + number}`]
    cables.push(cable)
    const holder = spawn("unshare", ["--net", "sleep", "infinity"], { stdio: "ignore" })
    afterAll(() => void holder.kill("SIGKILL"))
    const network = `/proc/${holder.pid}/ns/net`
    await until(() => run(`[ $(readlink ${network}) != $(readlink /proc/self/ns/net) ] && echo other || true`) !== "")
    run(`ip link add ${cable} type veth peer name eth0 netns ${holder.pid}; ip link set ${cable} master lan up`)
    run(`nsenter --net=${network} sh -ec "ip link set lo up
      ip address add ${address}/24 dev eth0; ip link set eth0 up; ip route add default via 192.0.2.1"`)
    return {
      network,
      address,
      cut: () => void run(`ip link set ${cable} down`),
      mend: () => void run(`ip link set ${cable} up`),
    }
  }
}
