import { realpathSync } from "node:fs"
import { mountsBelow } from "../../node/engine/containerd/mounts.ts"
import { chooseEngine } from "../../node/engine/detect.ts"
import { removeVolumesOf } from "../../node/engine/docker/volumes.ts"
import { unmount } from "../../node/linux/libc.ts"
import { realWorld } from "../../world/real.ts"
import { type DataDirectory, prepare } from "../data.ts"
import { EXIT, Refusal } from "../exit.ts"
import { enginesOf, lookHere } from "./choose-engine.ts"
import { clear } from "./hosting.ts"
import { readMemberships } from "./membership.ts"
import { type NodeDirectory, nodeDirectory, prepareNode } from "./node-directory.ts"
import { openEngine } from "./open-engine.ts"

/** Takes away what the node made outside of its folder: containers, namespaces, bridges, rules, cgroups, mounts. */
export async function dismantle(data: DataDirectory): Promise<void> {
  prepare(data)
  const directory = nodeDirectory(data)
  prepareNode(directory)
  for (const engine of enginesOf(directory)) {
    await dismantleEngine(directory, engine).catch((cause: Error) => {
      const why = cause.message.replace(/\.$/, "")
      throw new Refusal(
        `What ran through ${engine} cannot be removed: ${why}. The data is still there; try again.`,
        EXIT.failed,
        { cause },
      )
    })
  }
  if (process.platform === "linux") unmountBelow(realpathSync(directory.path))
}

/** The last one first, and looked for anew each time: with one of them others may go. */
function unmountBelow(folder: string): void {
  for (let last = mountsBelow(folder).at(-1); last !== undefined; last = mountsBelow(folder).at(-1)) unmount(last)
}

async function dismantleEngine(directory: NodeDirectory, name: "containerd" | "docker"): Promise<void> {
  const world = realWorld({ logTo: 2, logLevel: "error" })
  const choice = chooseEngine(await lookHere(), name)
  if (choice.engine === undefined) {
    // Without the engine there is nothing to ask; what it held it holds on to.
    console.error(`What ran through ${name} is left as it is. ${choice.problem}`)
    return
  }
  const opened = await openEngine({ world, directory, choice, ownNamespace: () => false })
  const { engine, host } = opened
  for (const instance of readMemberships(directory)) await clear(world, opened, directory, instance.name)
  // Docker's images are the user's as well, and so are volumes that were there before.
  if (choice.engine === "docker") await removeVolumesOf(choice.socketPath, directory.cgroup)
  else for (const image of await engine.images.list()) await engine.images.remove(image.id)
  await host?.cgroups.remove(directory.cgroup)
  await opened.close()
}
