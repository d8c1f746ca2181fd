import { spawn } from "node:child_process"
import { text } from "node:stream/consumers"
import type { Engine } from "../../src/node/engine/engine.ts"
import { IMAGE, IMAGE_WITH_ENTRY_POINT } from "../../src/node/engine/suite.ts"
import { dockerArchive } from "../image/archive.ts"
import { anImage } from "../image/image.ts"

/** Brings the images of the engines' suite onto a machine, without a registry. */
export async function loadSuiteImages(engine: Engine) {
  const images = { plain: "homeport.test/suite/plain:1", withEntryPoint: "homeport.test/suite/entry-point:1" }
  const load = async (spec: Parameters<typeof anImage>[0], reference: string) => {
    const archive = await dockerArchive(await anImage(spec), reference)
    await engine.images.importTar(
      (async function* () {
        yield archive
      })(),
    )
  }
  await load(IMAGE, images.plain)
  await load(IMAGE_WITH_ENTRY_POINT, images.withEntryPoint)
  return images
}

/** Connects from within the namespaces that a command enters. */
export function askOver(enter: readonly string[]) {
  return async (address: string, port: number, line: string): Promise<string | undefined> => {
    const words = [...enter, "busybox", "nc", "-w", "2", address, String(port)]
    const asking = spawn(words[0]!, words.slice(1), { stdio: ["pipe", "pipe", "ignore"] })
    asking.stdin.on("error", () => {})
    asking.stdin.end(line)
    const answer = await text(asking.stdout)
    return answer === "" ? undefined : answer
  }
}
