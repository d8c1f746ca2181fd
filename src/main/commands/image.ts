import { createReadStream } from "node:fs"
import { access } from "node:fs/promises"
import { command } from "../command.ts"
import { EXIT, Refusal } from "../exit.ts"
import { loadImage } from "../node/node-control.ts"
import { dataOf, dataOption } from "./options.ts"

export const image = command({
  words: "load FILE",
  about: `Brings an image to this machine from a tar, as "docker save" and OCI tools write it, so that tasks here find it
without a registry; "-" reads standard input.`,
  options: dataOption,
  async run(values, [verb, file, ...rest]) {
    if (verb !== "load" || file === undefined || rest.length > 0)
      throw new Refusal("homeport image knows one thing to do: homeport image load FILE", EXIT.usage)
    if (file !== "-") await access(file).catch(() => Promise.reject(new Refusal(`There is no file ${file} to read.`)))
    const tar = file === "-" ? process.stdin : createReadStream(file)
    const { references } = await loadImage(dataOf(values), tar)
    if (references.length === 0) throw new Refusal(`There is an image in ${file}, but it has no name.`, EXIT.failed)
    for (const reference of references) console.log(`Loaded ${reference}`)
    return EXIT.ok
  },
})
