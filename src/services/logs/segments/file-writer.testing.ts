import { realWorld } from "../../../world/real.ts"
import { FileEventStore } from "./file.ts"

// A process that writes until it is killed, and says of each batch when it has been acknowledged.

const [directory, from] = process.argv.slice(2)
const store = new FileEventStore({ world: realWorld(), directory: directory!, logBytes: 20_000 })
await store.open()
await store.forget({ horizons: new Map(), streams: new Set() })
let next = Number(from)

async function write(): Promise<void> {
  for (;;) {
    const number = next++
    const events = Array.from({ length: 1 + (number % 7) }, (_, index) => ({
      time: number,
      message: `${number} ${index}`,
    }))
    await store.append({ group: `g${number % 3}`, stream: `s${number % 5}`, ingestedAt: number, events })
    process.stdout.write(`${number}\n`)
  }
}

await Promise.all(Array.from({ length: 8 }, write))
