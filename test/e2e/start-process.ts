import { openContainerd } from "../../src/node/engine/containerd/containerd.ts"
import { openHost } from "../../src/node/linux/open-host.ts"
import { realWorld } from "../../src/world/real.ts"

// A process that starts containers, so that a test can end it in the middle: start-process.ts OPTIONS ID…, where the
// options are those of the host and of the engine as JSON. It says so before it begins.

const [options, ...ids] = process.argv.slice(2)
const { host: hostOptions, engine: engineOptions } = JSON.parse(options!)
const world = realWorld({ logLevel: "error" })
const host = await openHost({ world, ...hostOptions })
const engine = await openContainerd({ world, host, images: () => undefined as never, ...engineOptions })
process.stdout.write("starting\n")
await Promise.all(ids.map((id) => engine.start(id)))
process.stdout.write("started\n")
