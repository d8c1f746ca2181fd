import { expect, test } from "vitest"
import { openFabricMachine } from "./fabric-machine.ts"
import { aGroup, aNetwork, anInterface, aSubnet } from "./fabric-records.ts"
import { openTalk } from "./fabric-talk.ts"
import { answerByEcho, ask, enterPrivateNetwork } from "./private-network.ts"

enterPrivateNetwork()

const [interfaceCount, groupCount] = process.env.HOMEPORT_FULL === "1" ? [2000, 200] : [200, 20]

test("among many interfaces and groups a change is in force when it is applied, and no allowed connection notices", async ({
  task,
}) => {
  const machine = await openFabricMachine()
  const idOf = (index: number) => `sg-${index % groupCount}`
  const interfaces = Array.from({ length: interfaceCount }, (_, index) =>
    anInterface(`eni-${index}`, `10.0.${1 + (index >> 8)}.${index & 255}`, {
      groupIds: [idOf(index), idOf(index * 7 + 1)],
    }),
  )
  const group = Array.from({ length: groupCount }, (_, index) => {
    const id = idOf(index)
    const members = interfaces.flatMap((one) => (one.groupIds.includes(id) ? [one.addresses[0]!] : []))
    return aGroup({ id, ingress: [{ protocol: "tcp", fromPort: 80, toPort: 80, groupId: idOf(index + 1) }], members })
  })
  const from = performance.now()
  expect(
    await machine.fabric.snapshot(
      "one",
      1,
      aNetwork(interfaces, { group, subnet: [aSubnet({ cidr: "10.0.0.0/16" })] }),
    ),
  ).toEqual([])
  const creation = (performance.now() - from) / interfaceCount

  // The groups of the second are let in by those of the first.
  const [app, client] = [interfaces[0]!, interfaces[1]!]
  await answerByEcho(await machine.path(app), 80)
  const path = await machine.path(client)
  const talk = await openTalk(path, app.addresses[0]!, 80)
  const times: number[] = []
  let version = 1
  const apply = async (put: Parameters<typeof machine.fabric.change>[2]) => {
    const start = performance.now()
    expect(await machine.fabric.change("one", ++version, put, {})).toEqual([])
    times.push(performance.now() - start)
  }
  for (let turn = 0; turn < 20; turn++) {
    const [changed, joined] = [group[turn % groupCount]!, group[(turn + 5) % groupCount]!]
    await apply({
      group: [
        {
          ...changed,
          ingress: [...changed.ingress, { protocol: "tcp", fromPort: 1000 + turn, cidrs: ["10.0.0.0/8"] }],
        },
      ],
    })
    await apply({ group: [{ ...joined, members: [...joined.members, `10.0.200.${turn}`] }] })
    expect(await talk.say(`${turn}`)).toBe(`${turn}`)
  }
  await apply({
    group: [
      { ...group[0]!, ingress: [] },
      { ...group[1]!, ingress: [] },
    ],
  })
  expect(await ask(path, "tcp", app.addresses[0]!, 80)).toBe("nothing")

  const inOrder = times.toSorted((a, b) => a - b)
  task.meta.figure =
    `${interfaceCount} interfaces, ${groupCount} groups: ${creation.toFixed(1)} ms for each interface, ` +
    `a rule change in force in ${inOrder[times.length >> 1]!.toFixed(1)} ms (median), ${inOrder[0]!.toFixed(1)} ms (least)`
})
