import { command, type Values } from "../command.ts"
import { type DataDirectory, dataHint, prepare } from "../data.ts"
import { EXIT, Refusal } from "../exit.ts"
import { type HostedInstance, newInstance, readMemberships, writeMembership } from "../node/membership.ts"
import { type InstanceStatus, nodeStatus, reloadInstances } from "../node/node-control.ts"
import { nodeDirectory, prepareNode } from "../node/node-directory.ts"
import { dataOf, logOption, nodeOptions, oneOf, ownAddress, wholeNumber } from "./options.ts"

const options = {
  ...nodeOptions,
  server: { type: "string", value: "URL", help: "join: where the region answers" },
  token: { type: "string", value: "TOKEN", help: "join: what `homeport token create` printed there" },
  attribute: {
    type: "string",
    multiple: true,
    value: "NAME=VALUE",
    help: "join: an attribute of the new instance; may be given several times",
  },
  region: { type: "string", value: "NAME", help: "run: host an instance of this machine's own region, in NAME" },
  cluster: { type: "string", value: "NAME", help: "run: the cluster of that instance (default default)" },
  lifeline: {
    type: "boolean",
    help: "run: end with standard input and report on standard output, as a program that starts it wants it",
  },
  json: { type: "boolean", help: "status: print it as JSON" },
  ...logOption,
} as const

export const node = command({
  words: "run | join | leave NAME | status",
  about: `run     runs this machine's node in the foreground, for your own supervisor; "homeport up" does it by itself
join    takes a place in a region, and runs the node unless it runs already
leave   gives a place up; its tasks are stopped, and what it had on this machine is removed
status  lists the instances that this machine hosts

A machine has one node, which hosts any number of instances. The first has the ports of the machine; each of the others
has a network of its own, at an address that only this machine reaches.`,
  options,
  async run(values, [verb = "", ...words]) {
    const data = dataOf(values)
    const takesName = verb === "leave"
    if (words.length !== (takesName ? 1 : 0)) throw usage()
    switch (verb) {
      case "run":
        return run(data, values)
      case "join":
        return join(data, values)
      case "leave":
        return leave(data, words[0]!)
      case "status":
        return show(data, values.json === true)
      default:
        throw usage()
    }
  },
})

function usage(): Refusal {
  return new Refusal("homeport node knows: run, join, leave NAME, status. See homeport node --help.", EXIT.usage)
}

async function run(data: DataDirectory, values: Values<typeof options>): Promise<number> {
  const { region, cluster = "default", containerd, lifeline = false } = values
  const engine = engineOf(values)
  const seconds = wholeNumber("stats-interval", values["stats-interval"] ?? "20", 1, 60)
  const logLevel = oneOf("log-level", values["log-level"] ?? "info", ["debug", "info", "warn", "error"])
  prepare(data)
  prepareNode(nodeDirectory(data))
  const { objectStore } = await import("../node/object-store.ts")
  const { runNode } = await import("../node/run-node.ts")
  return runNode({
    data,
    lifeline,
    statsMs: seconds * 1000,
    tellsEndpoint: values["no-task-endpoint"] !== true,
    objectStore: objectStore({ endpoint: values["s3-endpoint"], credentialsFile: values["s3-credentials"] }),
    logLevel,
    ...(region === undefined ? {} : { local: { region, cluster } }),
    ...(engine === undefined ? {} : { engine }),
    ...(containerd === undefined ? {} : { containerd }),
    ...underlayOf(values),
  })
}

function underlayOf({ underlay }: Values<typeof options>): { readonly underlay?: string } {
  return underlay === undefined ? {} : { underlay: ownAddress("underlay", underlay) }
}

function engineOf({ engine }: Values<typeof options>): "containerd" | "docker" | undefined {
  return engine === undefined ? undefined : oneOf("engine", engine, ["containerd", "docker"])
}

async function join(data: DataDirectory, values: Values<typeof options>): Promise<number> {
  const { server, token } = values
  if (server === undefined || token === undefined)
    throw new Refusal("homeport node join needs --server URL and --token TOKEN.", EXIT.usage)
  const url = URL.parse(server)
  if (url === null || !["http:", "https:"].includes(url.protocol))
    throw new Refusal(`--server takes a URL such as https://10.0.0.4:4566, not "${server}".`, EXIT.usage)
  const attributes = attributesOf(values.attribute ?? [])
  const engine = engineOf(values)
  const underlay = underlayOf(values)

  prepare(data)
  const directory = nodeDirectory(data)
  prepareNode(directory)
  const runs = (await nodeStatus(data)) !== undefined
  // A token is good once: it is not spent on a machine that cannot use it.
  if (!runs) await (await import("../node/choose-engine.ts")).chooseHere(directory, engine)
  const { joinRegion } = await import("../node/joining-region.ts")
  const { ca, ...membership } = await joinRegion(url, token)
  const more = { endpoint: url.origin, attributes, ...underlay, ...(ca && { ca }) }
  const instance = newInstance(membership, readMemberships(directory), more)
  writeMembership(directory, instance)
  console.log(`Joined ${url.origin} as "${instance.name}": ${describe(instance.place)}.`)
  if (!runs) {
    const { region: _, ...own } = values
    return run(data, own)
  }
  await reloadInstances(data)
  return EXIT.ok
}

async function leave(data: DataDirectory, name: string): Promise<number> {
  const directory = nodeDirectory(data)
  prepare(data)
  prepareNode(directory)
  const known = readMemberships(directory)
  const instance = known.find((each) => each.name === name)
  if (instance === undefined) {
    const names = known.map((each) => each.name).join(", ")
    throw new Refusal(`This machine has no instance "${name}"; it has ${names === "" ? "none" : names}.`)
  }
  const status = await nodeStatus(data)
  const arn = status?.instances.find((each) => each.name === name)?.arn
  writeMembership(directory, { ...instance, isLeaving: true })
  if (status === undefined) {
    console.log(
      `"${name}" leaves as soon as the node runs, which then stops its tasks: homeport up, or homeport node run`,
    )
    return EXIT.ok
  }
  await reloadInstances(data)
  console.log(`Left as "${name}". ${forgetting(instance, arn)}`)
  return EXIT.ok
}

/** The key of a machine may not take the machine's record away. */
function forgetting({ place: { cluster, region } }: HostedInstance, arn: string | undefined): string {
  if (arn === undefined) return "The region had not taken it in."
  return `The region forgets it with: aws ecs deregister-container-instance --region ${region} --cluster ${cluster} --container-instance ${arn} --force`
}

async function show(data: DataDirectory, asJson: boolean): Promise<number> {
  const status = await nodeStatus(data)
  if (asJson) {
    console.log(JSON.stringify(status === undefined ? { running: false } : { running: true, ...status }))
  } else if (status === undefined) {
    console.log(`No node runs on this machine with data in ${data.path}. Start it with: homeport up${dataHint(data)}`)
  } else {
    const how = status.engine === undefined ? "starts on this machine" : `runs on this machine through ${status.engine}`
    console.log(`A node ${how} (process ${status.pid}).`)
    for (const instance of status.instances) console.log(`  ${lineOf(instance)}`)
  }
  return status === undefined ? EXIT.failed : EXIT.ok
}

function lineOf({ name, isConnected, isLeaving, refusal, tasks, address, ...place }: InstanceStatus): string {
  const how = isConnected ? "connected" : "not connected"
  const state = refusal ?? (isLeaving ? "leaving" : how)
  const ports = address === undefined ? "" : `, ports at ${address}`
  return `${name}  ${describe(place)}, ${tasks} task${tasks === 1 ? "" : "s"}${ports}, ${state}`
}

function describe({ kind, cluster, region }: Pick<InstanceStatus, "kind" | "cluster" | "region">): string {
  if (kind === "fargate") return `Fargate capacity of ${region}`
  return `${kind === "external" ? "external" : "container"} instance of cluster ${cluster} in ${region}`
}

function attributesOf(pairs: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    pairs.map((pair) => {
      const at = pair.indexOf("=")
      if (at <= 0) throw new Refusal(`--attribute takes NAME=VALUE, not "${pair}".`, EXIT.usage)
      return [pair.slice(0, at), pair.slice(at + 1)]
    }),
  )
}
