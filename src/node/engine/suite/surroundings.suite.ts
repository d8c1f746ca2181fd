import { expect, test } from "vitest"
import type { Stage } from "./stage.suite.ts"

/** What a process finds around it; with real containers only. */
export function surroundingsSuite(setUp: () => Stage, options: { readonly privileged: boolean }): void {
  test("environment, working directory and command come from the image unless they are given", async () => {
    const stage = setUp()
    expect((await stage.run(undefined)).stdout).toBe("the image's command in /srv\n")
    const given = { environment: { OWN: "a b\n=c", FROM_IMAGE: "changed" }, workingDirectory: "/tmp" }
    const { stdout } = await stage.run('printf "%s|%s|" "$OWN" "$FROM_IMAGE"; pwd; echo $PATH', given)
    expect(stdout).toBe("a b\n=c|changed|/tmp\n/bin\n")
    expect((await stage.run("echo $FROM_IMAGE")).stdout).toBe("yes\n")
  })

  test("a command follows the image's entry point; an entry point of one's own takes nothing from the image", async () => {
    const stage = setUp()
    const { id: imageId } = (await stage.engine.images.get(stage.setting.images.withEntryPoint))!
    expect((await stage.run(undefined, { imageId })).stdout).toBe("entered with image words\n")
    expect((await stage.run(undefined, { imageId, command: ["my", "words"] })).stdout).toBe("entered with my words\n")
    expect((await stage.run(undefined, { imageId, entryPoint: ["/bin/echo", "alone"] })).stdout).toBe("alone\n")
  })

  test("a user is a name of the image or a number, with its groups and its home", async () => {
    const stage = setUp()
    expect((await stage.run("id -u; id -g; echo $HOME", { user: "alice" })).stdout).toBe("1000\n100\n/home/alice\n")
    expect((await stage.run("id -u; id -g", { user: "1234:5678" })).stdout).toBe("1234\n5678\n")
    expect((await stage.run("id -u; id -g", { user: "alice:daemon" })).stdout).toBe("1000\n1\n")
  })

  test("a program that is not there fails the start, with its name", async () => {
    const stage = setUp()
    const id = await stage.aContainer({ command: ["/no/such/program"] })
    await expect(stage.engine.start(id)).rejects.toMatchObject({
      name: "EngineError",
      message: expect.stringContaining("/no/such/program"),
    })
    expect((await stage.engine.inspect(id))!.status).not.toBe("running")
  })

  test("hostname, limits of resources and kernel settings are those given", async () => {
    const stage = setUp()
    const { stdout } = await stage.run(
      "hostname; ulimit -Sn; ulimit -Hn; cat /proc/sys/net/ipv4/ip_local_port_range | tr '\\t' ' '",
      {
        hostname: "front",
        ulimits: [{ name: "nofile", soft: 100, hard: 200 }],
        sysctls: { "net.ipv4.ip_local_port_range": "2000 3000" },
      },
    )
    expect(stdout).toBe("front\n100\n200\n2000 3000\n")
  })

  test("capabilities are Docker's, more or fewer as given, or all of them with privileges", async () => {
    const stage = setUp()
    const effective = async (given: object) =>
      BigInt(`0x${(await stage.run("grep CapEff /proc/self/status | cut -f 2", given)).stdout.trim()}`)
    const usual = await effective({})
    expect(usual).toBe(0xa80425fbn)
    expect(await effective({ capabilitiesAdded: ["SYS_PTRACE"] })).toBe(usual | (1n << 19n))
    expect(await effective({ capabilitiesDropped: ["CHOWN"] })).toBe(usual & ~1n)
    expect(await effective({ capabilitiesDropped: ["ALL"] })).toBe(0n)
  })

  test.runIf(options.privileged)("privileges bring capabilities and the host's devices", async () => {
    const { stdout } = await setUp().run("grep CapEff /proc/self/status | cut -f 2; ls /dev/kmsg", { privileged: true })
    const [effective, device] = stdout.split("\n")
    // What only the machine's administrator may do.
    expect(BigInt(`0x${effective}`) & (1n << 21n)).not.toBe(0n)
    expect(device).toBe("/dev/kmsg")
  })

  test("an init process is the first one and the program its child", async () => {
    const stage = setUp()
    expect((await stage.run("echo $$; exit 5", { init: true })).stdout).not.toBe("1\n")
    const { stdout, exitCode } = await stage.run("echo $$; exit 5")
    expect({ stdout, exitCode }).toEqual({ stdout: "1\n", exitCode: 5 })
  })

  test("a terminal is one, and joins both streams", async () => {
    const stage = setUp()
    const { stdout, stderr } = await stage.run("test -t 0 && test -t 1 && echo yes; echo wrong >&2", { terminal: true })
    expect({ stdout, stderr }).toEqual({ stdout: "yes\r\nwrong\r\n", stderr: "" })
  })

  test("a device that is given is there with its permissions", async () => {
    const stage = setUp()
    const devices = [{ hostPath: "/dev/fuse", containerPath: "/dev/given", permissions: "r" }]
    const { stdout } = await stage.run("(: < /dev/given) && echo read; (: > /dev/given) || echo refused", { devices })
    expect(stdout).toBe("read\nrefused\n")
  })

  test("processes are the container's own, unless they are the host's", async () => {
    const stage = setUp()
    const script = "ls -d /proc/[0-9]* | wc -l"
    expect(Number((await stage.run(script)).stdout)).toBeLessThan(6)
    expect(Number((await stage.run(script, { pid: "host" })).stdout)).toBeGreaterThan(6)
  })

  test("what is called with no privileges the kernel's filter refuses", async () => {
    const { stdout } = await setUp().run("unshare -U true || echo refused; grep Seccomp: /proc/self/status | cut -f 2")
    expect(stdout).toBe("refused\n2\n")
  })
}
