import type { FabricGroup, FabricPut } from "../src/wire/fabric.ts"
import { aGroup, aNetwork, anInterface, aSubnet, instanceArn } from "../test/e2e/fabric-records.ts"
import type { Figure } from "./figure.ts"
import { inTurns, ratioOf, spreadOf } from "./measure.ts"
import { type Machine, startMachine } from "./network-paths.ts"
import { progress } from "./progress.ts"

/** How long it takes until a change of a rule is in force, beside the command that Linux has for it. */
export async function ruleFigures(): Promise<Figure[]> {
  await using machine = await startMachine(instanceArn, "", "172.29.2.0/23")
  return [await amongMany(machine), ...(await inGroup(machine, 100)), ...(await inGroup(machine, 50_000))]
}

/** A rule of one group comes and goes, of interfaces of which each has two groups. */
async function amongMany(machine: Machine): Promise<Figure> {
  const idOf = (index: number) => `sg-${index % GROUPS}`
  const interfaces = Array.from({ length: INTERFACES }, (_, index) =>
    anInterface(`eni-${index}`, addressOf(index + 256), { groupIds: [idOf(index), idOf(index * 7 + 1)] }),
  )
  const group = Array.from({ length: GROUPS }, (_, index): FabricGroup => {
    const id = idOf(index)
    const members = interfaces.flatMap((one) => (one.groupIds.includes(id) ? one.addresses : []))
    return aGroup({ id, ingress: [{ protocol: "tcp", fromPort: 80, toPort: 80, groupId: idOf(index + 1) }], members })
  })
  progress("rules: many interfaces")
  const put = aNetwork(interfaces, { group, subnet: [aSubnet({ cidr: "10.0.0.0/16" })] })
  await machine.process.run({ kind: "snapshot", put })
  const puts = Array.from({ length: 2 * CHANGES }, (_, index): FabricPut => {
    const one = group[index >> 1]!
    const another = { protocol: "tcp", fromPort: 81, toPort: 81, groupId: idOf(index + 5) }
    return { group: [index % 2 === 0 ? { ...one, ingress: [...one.ingress, another] } : one] }
  })
  const times = await machine.process.run({ kind: "changes", puts })
  const name = `a rule changes among ${INTERFACES.toLocaleString("en-US")} interfaces and ${GROUPS} groups`
  return { name, unit: "ms", ours: spreadOf(times), target: { of: "ours", atMost: 10 } }
}

/** An address comes into a group that another one names, and goes again. */
async function inGroup(machine: Machine, count: number): Promise<Figure[]> {
  const app = anInterface("eni-app", "10.0.0.5", { groupIds: ["sg-app"] })
  const members = Array.from({ length: count }, (_, index) => addressOf(index + 256))
  const clients = aGroup({ id: "sg-clients", members })
  const open = aGroup({ id: "sg-app", ingress: [{ protocol: "-1", groupId: "sg-clients" }] })
  await machine.process.run({ kind: "snapshot", put: aNetwork([app], { group: [open, clients] }) })
  const nft = (words: string) => ["nft", words]
  await machine.process.run({
    kind: "commands",
    commands: [
      nft("add table inet plain; add set inet plain members { type ipv4_addr; }"),
      ...inPieces(members).map((piece) => nft(`add element inet plain members { ${piece.join(", ")} }`)),
    ],
  })
  const newcomer = "10.255.255.1"
  const name = `an address joins a group of ${count.toLocaleString("en-US")}`
  const { homeport, command } = await inTurns(name, {
    homeport: async () => {
      const puts: FabricPut[] = [{ group: [{ ...clients, members: [...members, newcomer] }] }, { group: [clients] }]
      const [joining] = await machine.process.run({ kind: "changes", puts })
      return joining!
    },
    command: async () => {
      const commands = ["add", "delete"].map((verb) => nft(`${verb} element inet plain members { ${newcomer} }`))
      const [joining] = await machine.process.run({ kind: "commands", commands })
      return joining!
    },
  })
  await machine.process.run({ kind: "commands", commands: [nft("delete table inet plain")] })
  return [
    {
      name,
      unit: "ms",
      ours: spreadOf(homeport),
      theirs: { name: "nft", spread: spreadOf(command) },
      ratio: ratioOf(homeport, command),
    },
  ]
}

/** As many as a command line holds. */
function inPieces(members: readonly string[]): string[][] {
  const pieces: string[][] = []
  for (let from = 0; from < members.length; from += PIECE) pieces.push(members.slice(from, from + PIECE))
  return pieces
}

function addressOf(index: number): string {
  return `10.${index >> 16}.${(index >> 8) & 255}.${index & 255}`
}

const INTERFACES = 2_000
const GROUPS = 200
const CHANGES = 20
const PIECE = 5_000
