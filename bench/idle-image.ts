import { dockerArchive } from "../test/image/archive.ts"
import { anImage } from "../test/image/image.ts"

export const IDLE_IMAGE = "homeport.test/idle:1"

/** As `docker save` writes it. It does nothing for as long as it may, and ends at once when it is told to. */
export async function idleImage(): Promise<Buffer> {
  return dockerArchive(await anImage({ command: ["/bin/sleep", "1000000"], stopSignal: "SIGKILL" }), IDLE_IMAGE)
}
