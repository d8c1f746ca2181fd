import { type Entry, runCommandLine } from "./command-line.ts"

// Each command loads what it needs when it is asked for, and nothing else.
const entries: readonly Entry[] = [
  { name: "up", summary: "start Homeport on this machine", load: async () => (await import("./commands/up.ts")).up },
  { name: "down", summary: "stop it", load: async () => (await import("./commands/down.ts")).down },
  {
    name: "status",
    summary: "say whether and how it runs",
    load: async () => (await import("./commands/status.ts")).statusCommand,
  },
  {
    name: "env",
    summary: "print the environment for AWS's tools",
    load: async () => (await import("./commands/env.ts")).env,
  },
  {
    name: "account",
    summary: "make fresh accounts",
    load: async () => (await import("./commands/account.ts")).account,
  },
  { name: "logs", summary: "show its log", load: async () => (await import("./commands/logs.ts")).logs },
  {
    name: "ca",
    summary: "print its certificate authority's certificate",
    load: async () => (await import("./commands/ca.ts")).ca,
  },
  {
    name: "node",
    summary: "run, join and list what this machine hosts",
    load: async () => (await import("./commands/node.ts")).node,
  },
  {
    name: "token",
    summary: "let another machine join",
    load: async () => (await import("./commands/token.ts")).token,
  },
  {
    name: "image",
    summary: "bring an image to this machine",
    load: async () => (await import("./commands/image.ts")).image,
  },
  {
    name: "server",
    summary: "run one region process, for your own supervisor or several machines",
    load: async () => (await import("./commands/server.ts")).server,
  },
  {
    name: "uninstall",
    summary: "remove all that it made on this machine",
    load: async () => (await import("./commands/uninstall.ts")).uninstall,
  },
  {
    name: "test",
    summary: "run Homeport's own tests",
    load: async () => ({ handOver: (await import("./test.ts")).runTests }),
  },
  {
    name: "bench",
    summary: "measure it on this machine",
    load: async () => (await import("./commands/bench.ts")).bench,
  },
  {
    name: "sim",
    summary: "try to break it, in a simulated world",
    load: async () => (await import("./commands/sim.ts")).sim,
  },
]

const code = await runCommandLine(entries, process.argv.slice(2), async () => (await import("./version.ts")).VERSION)

// What is left open, such as a connection, does not hold up the end; what was printed into a pipe does.
for (const stream of [process.stdout, process.stderr]) await new Promise((resolve) => stream.write("", resolve))
process.exit(code)
