import { readdirSync, readFileSync, statSync } from "node:fs"
import { createServer } from "node:https"
import type { AddressInfo } from "node:net"
import { join } from "node:path"
import { getCACertificates, setDefaultCACertificates } from "node:tls"
import type { KeyValuePair, LaunchType } from "@aws-sdk/client-ecs"
import { expect, onTestFinished, test } from "vitest"
import { CertificateAuthority } from "../../src/main/ca.ts"
import { createJoinToken } from "../../src/main/control.ts"
import { dataDirectory } from "../../src/main/data.ts"
import { EXIT } from "../../src/main/exit.ts"
import { CA_PATH } from "../../src/main/join-wire.ts"
import { nodeStatus } from "../../src/main/node/node-control.ts"
import { killed, lives } from "./command-line.ts"
import { testFolder } from "./folder.ts"
import { joiningMachine } from "./joining-machine.ts"
import { cgroupsBelow } from "./leaks.ts"
import { startStack } from "./stack.ts"
import { IDLE, register, sh, type Wish } from "./stack-task.ts"
import { until } from "./until.ts"

// Machines that join a region beyond the loopback. It is asked at an address that is not the loopback's, over TLS by an
// authority of its own, as from another machine; its node and theirs are on one machine here, side by side.

const ADDRESS = "203.0.113.1"
const stack = await startStack("--listen", ADDRESS)
const data = dataDirectory(stack.folder)
const authority = readFileSync(join(data.ca, "ca.crt"), "utf8")
setDefaultCACertificates([...getCACertificates(), authority])
await stack.ecs.createCluster({ clusterName: "shop" })

async function token(...words: readonly string[]): Promise<string> {
  const { code, out } = await stack.run("token", "create", ...words)
  expect(code).toBe(EXIT.ok)
  return out.trim()
}

/** Runs until it is stopped, in a cluster and as a launch type. */
async function run(cluster: string, container: Wish, launchType: LaunchType = "EC2", environment: KeyValuePair[] = []) {
  const taskDefinition = await register(
    stack,
    { main: { command: IDLE, environment, ...container } },
    { requiresCompatibilities: [launchType] },
  )
  const { tasks = [], failures } = await stack.ecs.runTask({ cluster, taskDefinition, launchType })
  expect(failures).toEqual([])
  const arn = tasks[0]!.taskArn!
  const describe = async () => (await stack.ecs.describeTasks({ cluster, tasks: [arn] })).tasks![0]!
  return {
    arn,
    describe,
    running: () => until(async () => (await describe()).lastStatus === "RUNNING"),
    stopped: () => until(async () => (await describe()).lastStatus === "STOPPED" && describe()),
    stop: () => stack.ecs.stopTask({ cluster, task: arn }),
  }
}

test("a token comes with what to do on the other machine", async () => {
  const { out, err } = await stack.run("token", "create", "--minutes", "5")
  expect(err).toBe(
    `Good for 5 minutes, once. On the machine that is to join:\nsudo ./homeport node join --server ${stack.endpoint} --token ${out}`,
  )
  expect(new URL(stack.endpoint)).toMatchObject({ protocol: "https:", hostname: ADDRESS })
})

test("a machine joins as a container instance of a cluster, once by each token, and keeps its key to itself", async () => {
  const word = await token("--cluster", "shop")
  const machine = joiningMachine()
  await machine.join(stack.endpoint, word, "--attribute", "rack=7")
  const task = await run("shop", {})
  await task.running()
  const { containerInstanceArns } = await stack.ecs.listContainerInstances({
    cluster: "shop",
    filter: "attribute:rack==7",
  })
  expect((await task.describe()).containerInstanceArn).toBe(containerInstanceArns![0])

  const [file] = readdirSync(machine.directory.memberships)
  const membership = join(machine.directory.memberships, file!)
  expect((statSync(membership).mode & 0o777).toString(8)).toBe("600")
  expect(JSON.parse(readFileSync(membership, "utf8"))).toMatchObject({
    name: "shop",
    ca: authority,
    sharesNetwork: true,
  })

  const second = joiningMachine()
  expect(await second.run("node", "join", "--server", stack.endpoint, "--token", word)).toMatchObject({
    code: EXIT.failed,
    out: "",
    err: "The token was used already, or has run out. Make a new one with: homeport token create\n",
  })
  expect(readdirSync(second.directory.memberships)).toEqual([])
  await task.stop()
  await task.stopped()
})

test("a machine that joined runs on by node run, and finds its task", async () => {
  const machine = joiningMachine()
  await machine.join(stack.endpoint, await token("--cluster", "shop"))
  const task = await run("shop", {})
  await task.running()
  const pid = (await machine.pid())!
  killed(pid)
  await until(() => !lives(pid))

  await machine.runAgain()
  expect((await task.describe()).lastStatus).toBe("RUNNING")
  await task.stop()
  await task.stopped()
  expect(await machine.run("down")).toMatchObject({ code: EXIT.ok, out: "Homeport has stopped.\n" })
  expect(await machine.pid()).toBeUndefined()
})

test("a machine joins as an external instance, where tasks of that launch type run", async () => {
  const machine = joiningMachine()
  await machine.join(stack.endpoint, await token("--as", "external", "--cluster", "shop"))
  const task = await run("shop", {}, "EXTERNAL")
  await task.running()
  expect((await machine.instances())[0]).toMatchObject({ kind: "external", cluster: "shop", tasks: 1 })
  await task.stop()
  await task.stopped()
})

test("a machine joins as Fargate capacity, which belongs to nobody's cluster", async () => {
  const machine = joiningMachine()
  await machine.join(stack.endpoint, await token("--as", "fargate"))
  const [instance] = await machine.instances()
  expect(instance).toMatchObject({ name: "fargate", kind: "fargate", isConnected: true })
  expect((await machine.run("node", "status")).out).toContain(
    "fargate  Fargate capacity of us-east-1, 0 tasks, connected",
  )
  expect((await stack.ecs.listClusters({})).clusterArns!.map((arn) => arn.split("/")[1]).sort()).toEqual([
    "default",
    "shop",
  ])
  expect(await stack.run("token", "create", "--as", "fargate", "--cluster", "shop")).toMatchObject({ code: EXIT.usage })
})

test("instances of several clusters run side by side on one node, each with its own network, state and cgroup", async () => {
  await stack.ecs.createCluster({ clusterName: "mall" })
  const { out } = await stack.run(
    "node",
    "join",
    "--server",
    stack.endpoint,
    "--token",
    await token("--cluster", "mall"),
  )
  expect(out).toBe(`Joined ${stack.endpoint} as "mall": container instance of cluster mall in us-east-1.\n`)
  await until(stack.isConnected)
  const instances = (await nodeStatus(data))!.instances
  expect(instances.map(({ name, address }) => [name, address !== undefined])).toEqual([
    ["default", false],
    ["fargate", false],
    ["mall", false],
  ])

  // Both want the same port, which each instance has once.
  const web = (text: string): Wish => ({
    command: sh(`mkdir /www; echo ${text} > /www/index.html; exec httpd -f -p 80 -h /www`),
    portMappings: [{ containerPort: 80, hostPort: 8080 }],
    stopTimeout: 2,
  })
  const [first, second] = [await run("default", web("first")), await run("mall", web("second"))]
  await Promise.all([first.running(), second.running()])
  const address = (await nodeStatus(data))!.instances.find(({ name }) => name === "mall")!.address!
  expect(await page(ADDRESS)).toBe("first\n")
  expect(await page(address)).toBe("second\n")
  expect((await stack.run("node", "status")).out).toContain(`1 task, ports at ${address}, connected`)
  expect(readdirSync(stack.directory.state).filter((file) => file.endsWith(".sqlite"))).toEqual([
    "default.sqlite",
    "fargate.sqlite",
    "mall.sqlite",
  ])
  for (const name of ["default", "mall"]) {
    expect(cgroupsBelow(`${stack.directory.cgroup}/${name}`).length).toBeGreaterThan(1)
  }

  const arn = (await nodeStatus(data))!.instances.find(({ name }) => name === "mall")!.arn
  const left = await stack.run("node", "leave", "mall")
  expect(left).toMatchObject({ code: EXIT.ok, err: "" })
  expect(left.out).toContain(
    `deregister-container-instance --region us-east-1 --cluster mall --container-instance ${arn} --force`,
  )
  expect((await second.stopped())!.stoppedReason).toBeDefined()
  expect(cgroupsBelow(`${stack.directory.cgroup}/mall`)).toEqual([])
  expect(readdirSync(stack.directory.state).filter((file) => file.startsWith("mall"))).toEqual([])
  expect((await nodeStatus(data))!.instances.map(({ name }) => name)).toEqual(["default", "fargate"])
  expect((await first.describe()).lastStatus).toBe("RUNNING")
  await first.stop()
  await first.stopped()
})

test("a token that has run out lets nobody in", async () => {
  const word = await createJoinToken(data, { kind: "container-instance", region: "us-east-1", cluster: "default" }, 1)
  const machine = joiningMachine()
  expect(await machine.run("node", "join", "--server", stack.endpoint, "--token", word)).toMatchObject({
    code: EXIT.failed,
    err: expect.stringContaining("has run out"),
  })
})

test("a token is told to nobody but the region that made it", async () => {
  const word = await token()
  const machine = joiningMachine()
  const joinAt = (server: string) => machine.run("node", "join", "--server", server, "--token", word)

  // One with an authority of its own, and one that shows the region's, which everyone may have.
  const other = new CertificateAuthority(join(testFolder(), "ca"))
  const certificate = await other.issue([ADDRESS], Date.now())
  const asked: string[] = []
  const shown: Record<string, string> = {}
  const impostor = createServer(certificate, (request, response) => {
    asked.push(`${request.method} ${request.url}`)
    request.on("data", (body) => asked.push(String(body)))
    response.end(shown.ca)
  })
  await new Promise<void>((resolve) => impostor.listen(0, ADDRESS, resolve))
  onTestFinished(() => void impostor.close())
  const server = `https://${ADDRESS}:${(impostor.address() as AddressInfo).port}`

  for (const ca of ["nonsense", certificate.ca]) {
    shown.ca = ca
    expect(await joinAt(server)).toMatchObject({
      code: EXIT.refused,
      err: `What answers at ${server} is not the region that made this token. Nothing was sent to it; check the URL.\n`,
    })
  }
  shown.ca = authority
  expect(await joinAt(server)).toMatchObject({
    code: EXIT.failed,
    err: expect.stringContaining(`Cannot join at ${server}`),
  })
  expect(asked).toEqual([`GET ${CA_PATH}`, `GET ${CA_PATH}`, `GET ${CA_PATH}`])

  const plain = stack.endpoint.replace("https:", "http:")
  expect(await joinAt(plain)).toMatchObject({ code: EXIT.usage, err: expect.stringContaining("over TLS only") })
  expect(await joinAt("http://127.0.0.1:1")).toMatchObject({
    code: EXIT.usage,
    err: expect.stringContaining("https://"),
  })

  // It is as good as before.
  await machine.join(stack.endpoint, word)
})

/** What is served there, as soon as something is. */
async function page(address: string): Promise<string> {
  const answer = await until(() => fetch(`http://${address}:8080/`).catch(() => undefined))
  return answer.text()
}
