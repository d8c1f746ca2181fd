import { mkdirSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { expect, test } from "vitest"
import { startStackOnDocker } from "./docker-stack.ts"
import { IDLE, ON, runTask, sh } from "./stack-task.ts"

// What a container finds when it looks around: each says what it sees, and the definition says what it should be.

const stack = await startStackOnDocker()

test("a container is as its definition and its run say", async () => {
  const image = await stack.load("homeport.test/facts:1", {
    environment: ["PATH=/bin", "FROM=image", "BOTH=image"],
    workingDirectory: "/var",
    user: "daemon",
    entryPoint: ["/bin/false"],
  })
  const task = await runTask(
    stack,
    {
      asImageSays: { image, entryPoint: ["sh", "-c"], command: ["pwd; id -un; echo $FROM $BOTH; echo done"] },
      main: {
        image,
        entryPoint: ["/bin/sh", "-c"],
        command: ["overridden"],
        environment: [
          { name: "BOTH", value: "definition" },
          { name: "OWN", value: "with blanks and 'quotes'" },
        ],
        workingDirectory: "/tmp/made/for/it",
        user: "1000:100",
        hostname: "box",
        extraHosts: [{ hostname: "elsewhere", ipAddress: "203.0.113.9" }],
        dnsServers: ["203.0.113.53"],
        dnsSearchDomains: ["example.test"],
        ulimits: [{ name: "nofile", softLimit: 2_000, hardLimit: 3_000 }],
        systemControls: [{ namespace: "net.core.somaxconn", value: "321" }],
      },
    },
    {
      run: {
        overrides: {
          containerOverrides: [
            {
              name: "main",
              command: [
                `pwd; id -u; id -g; hostname; echo $FROM $BOTH "$OWN" $EXTRA
                 grep elsewhere /etc/hosts; cat /etc/resolv.conf; ulimit -Sn; ulimit -Hn; cat /proc/sys/net/core/somaxconn; echo done`,
              ],
              environment: [{ name: "EXTRA", value: "run" }],
            },
          ],
        },
      },
    },
  )
  expect(await task.output("asImageSays")).toEqual(["/var", "daemon", "image image"])
  const [pwd, user, group, hostname, environment, hosts, ...rest] = await task.output()
  expect([pwd, user, group, hostname]).toEqual(["/tmp/made/for/it", "1000", "100", "box"])
  expect(environment).toBe("image definition with blanks and 'quotes' run")
  expect(hosts).toMatch(/^203\.0\.113\.9\s+elsewhere$/)
  expect(rest).toEqual(["search example.test", "nameserver 203.0.113.53", "2000", "3000", "321"])
})

test("linux parameters, privileges and the root file system are what was asked for", async () => {
  const facts = (more: string) =>
    sh(
      `echo $(grep CapEff /proc/self/status | cut -f 2) $(grep NoNewPrivs /proc/self/status | cut -f 2); ${more}; echo done; ${ON}`,
    )
  const task = await runTask(stack, {
    main: {
      command: facts(
        `cat /proc/1/comm; grep -E " (/scratch|/dev/shm) " /proc/mounts | sort; echo x > /dev/nothing && echo written`,
      ),
      linuxParameters: {
        initProcessEnabled: true,
        sharedMemorySize: 32,
        tmpfs: [{ containerPath: "/scratch", size: 16, mountOptions: ["noexec"] }],
        devices: [{ hostPath: "/dev/null", containerPath: "/dev/nothing" }],
        capabilities: { drop: ["ALL"], add: ["NET_ADMIN"] },
      },
      dockerSecurityOptions: ["no-new-privileges"],
    },
    usual: { command: facts("(echo no > /proc/sys/kernel/hostname) 2>&1; touch /file && echo written") },
    privileged: { privileged: true, command: facts("echo changed > /proc/sys/kernel/hostname; hostname") },
    readonly: { readonlyRootFilesystem: true, command: facts("touch /file 2>&1") },
    terminal: {
      pseudoTerminal: true,
      interactive: true,
      command: sh(`tty; [ -t 0 ] && [ -t 1 ] && echo yes; echo done; ${ON}`),
    },
    piped: { command: sh(`[ -t 1 ] || echo no; echo done; ${ON}`) },
  })
  const [capabilities, first, ...lines] = await task.output()
  // CAP_NET_ADMIN is the twelfth bit.
  expect(capabilities).toBe("0000000000001000 1")
  expect(first).toMatch(/init/)
  expect(lines).toEqual([
    expect.stringMatching(/^shm \/dev\/shm tmpfs .*size=32768k/),
    expect.stringMatching(/^tmpfs \/scratch tmpfs .*noexec.*size=16384k/),
    "written",
  ])
  // As Docker has them: none of what would let it out.
  expect(await task.output("usual")).toEqual([
    "00000000a80425fb 0",
    "sh: can't create /proc/sys/kernel/hostname: Read-only file system",
    "written",
  ])
  const own = Number.parseInt(/CapBnd:\t(\w+)/.exec(readFileSync("/proc/self/status", "utf8"))![1]!, 16)
  expect((await task.output("privileged")).map((line) => line.split(" ")[0])).toEqual([
    own.toString(16).padStart(16, "0"),
    "changed",
  ])
  expect(await task.output("readonly")).toEqual(["00000000a80425fb 0", "touch: /file: Read-only file system"])
  expect(await task.output("terminal")).toEqual(["/dev/pts/0", "yes"])
  expect(await task.output("piped")).toEqual(["no"])
})

test("containers that are linked find each other by name", async () => {
  const task = await runTask(stack, {
    database: { command: sh("while :; do echo hello | nc -l -p 5432; done") },
    main: {
      links: ["database:db"],
      command: sh(
        "for name in db database; do until nc -w 1 $name 5432 2>/dev/null; do sleep 0.05; done; done; echo done",
      ),
    },
  })
  expect(await task.output()).toEqual(["hello", "hello"])
  await task.stop()
})

test("processes and shared memory are each container's own, the task's or the machine's", async () => {
  const count = sh(
    `sleep 0.3; echo $(ls /proc 2>/dev/null | grep -c '^[0-9]') $(readlink /proc/self/ns/ipc); echo done; ${ON}`,
  )
  const run = (pidMode?: "task" | "host", ipcMode?: "task" | "host" | "none") =>
    runTask(
      stack,
      { one: { command: count }, two: { command: count } },
      { ...(pidMode && { pidMode }), ...(ipcMode && { ipcMode }) },
    )
  const [own, shared, host] = await Promise.all([run(), run("task", "task"), run("host", "host")])
  const seen = async (task: typeof own) => {
    const lines = (await Promise.all([task.output("one"), task.output("two")])).map(([line]) => line!.split(" "))
    return { processes: lines.map(([count]) => Number(count)), ipc: new Set(lines.map(([, ipc]) => ipc)) }
  }
  const [ofOwn, ofTask, ofHost] = [await seen(own), await seen(shared), await seen(host)]
  expect(Math.max(...ofOwn.processes)).toBeLessThan(6)
  expect(ofOwn.ipc.size).toBe(2)
  // Both see the other's shell as well.
  expect(Math.min(...ofTask.processes)).toBeGreaterThan(Math.max(...ofOwn.processes))
  expect(Math.max(...ofTask.processes)).toBeLessThan(12)
  expect(ofTask.ipc.size).toBe(1)
  expect(Math.min(...ofHost.processes)).toBeGreaterThan(20)
  expect(ofHost.ipc.size).toBe(1)
  expect([...ofHost.ipc].some((ipc) => ofTask.ipc.has(ipc) || ofOwn.ipc.has(ipc))).toBe(false)
  await Promise.all([own, shared, host].map((task) => task.stop()))
})

test("volumes are the machine's, the task's, another container's, or everybody's", async () => {
  const source = join(stack.shared, "host-volume")
  mkdirSync(source)
  writeFileSync(join(source, "given"), "by the host\n")
  const image = await stack.load("homeport.test/volume:1", {
    volumes: ["/kept"],
    files: { "kept/of-image": "by the image\n" },
  })
  const volumes = [
    { name: "host", host: { sourcePath: source } },
    { name: "scratch" },
    { name: "shared", dockerVolumeConfiguration: { scope: "shared" as const, autoprovision: true, driver: "local" } },
    { name: "own", dockerVolumeConfiguration: { scope: "task" as const, driver: "local" } },
  ]
  const mountPoints = [
    { sourceVolume: "host", containerPath: "/host" },
    { sourceVolume: "scratch", containerPath: "/scratch" },
    { sourceVolume: "shared", containerPath: "/shared" },
    { sourceVolume: "own", containerPath: "/own" },
  ]
  const first = await runTask(
    stack,
    {
      writer: {
        image,
        essential: false,
        mountPoints,
        command: sh(
          "cat /host/given; cat /kept/of-image; for at in host scratch shared own kept; do echo $at > /$at/said; done; echo done",
        ),
      },
      main: {
        dependsOn: [{ containerName: "writer", condition: "SUCCESS" }],
        volumesFrom: [{ sourceContainer: "writer", readOnly: true }],
        mountPoints: [{ sourceVolume: "scratch", containerPath: "/elsewhere" }],
        command: sh(
          "cat /host/said /scratch/said /shared/said /own/said /kept/said /elsewhere/said; touch /host/more 2>&1; touch /elsewhere/more && echo yes; echo done",
        ),
      },
    },
    { volumes },
  )
  expect(await first.output("writer")).toEqual(["by the host", "by the image"])
  expect(await first.output()).toEqual([
    ...["host", "scratch", "shared", "own", "kept", "scratch"],
    "touch: /host/more: Read-only file system",
    "yes",
  ])
  expect(readFileSync(join(source, "said"), "utf8")).toBe("host\n")
  await first.stopped()

  // What is everybody's outlives the task, and nothing else of it does.
  const second = await runTask(
    stack,
    { main: { mountPoints, command: sh("cat /shared/said; ls /own /scratch; echo done") } },
    { volumes },
  )
  expect((await second.output()).filter((line) => line !== "")).toEqual(["shared", "/own:", "/scratch:"])
})

test("a shared volume that nobody is to provide has to be there", async () => {
  const volumes = [{ name: "absent", dockerVolumeConfiguration: { scope: "shared" as const, autoprovision: false } }]
  const mountPoints = [{ sourceVolume: "absent", containerPath: "/absent" }]
  const task = await runTask(stack, { main: { command: IDLE, mountPoints } }, { volumes })
  const { stoppedReason, stopCode } = await task.stopped()
  expect([stopCode, stoppedReason]).toEqual(["TaskFailedToStart", expect.stringContaining("CannotCreateVolumeError: ")])
})
