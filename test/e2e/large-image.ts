import { randomBytes } from "node:crypto"
import { parentPort } from "node:worker_threads"
import { anImage } from "../image/image.ts"
import { aLayer } from "../image/layer.ts"
import { startRegistry } from "../image/registry.ts"

// A thread with a registry that has an image of 100 MB, so that who pulls it does not share a thread with it.

const layers = await Promise.all([0, 1, 2, 3].map((place) => aLayer({ [`data${place}`]: randomBytes(25_000_000) })))
const image = await anImage({ busybox: false, layers })
const registry = await startRegistry()
const bytes = layers.reduce((sum, layer) => sum + layer.bytes.length, 0)
parentPort!.postMessage({ reference: registry.put("large:1", image), id: image.id, bytes })
