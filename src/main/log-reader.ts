import { type FileHandle, open } from "node:fs/promises"
import { StringDecoder } from "node:string_decoder"

/** Reads a log that others write to and now and then cut, a whole line at a time. */
export class LogReader {
  readonly #path: string
  #position = 0
  #decoder = new StringDecoder("utf8")
  #begun = ""

  constructor(path: string) {
    this.#path = path
  }

  /** What came since it was asked last. A line that is still being written comes once it is whole. */
  async *lines(): AsyncGenerator<string> {
    const file = await openIfThere(this.#path)
    if (file === undefined) return
    try {
      // It starts over when it was cut.
      if ((await file.stat()).size < this.#position) this.#startOver()
      const buffer = Buffer.alloc(PIECE_BYTES)
      for (;;) {
        const { bytesRead } = await file.read(buffer, 0, PIECE_BYTES, this.#position)
        if (bytesRead === 0) return
        this.#position += bytesRead
        const lines = (this.#begun + this.#decoder.write(buffer.subarray(0, bytesRead))).split("\n")
        this.#begun = lines.pop()!
        yield* lines
      }
    } finally {
      await file.close()
    }
  }

  /** The last line, where its end is not there: whoever wrote it was killed. */
  get rest(): string | undefined {
    return this.#begun === "" ? undefined : this.#begun
  }

  #startOver(): void {
    this.#position = 0
    this.#decoder = new StringDecoder("utf8")
    this.#begun = ""
  }
}

async function openIfThere(path: string): Promise<FileHandle | undefined> {
  try {
    return await open(path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined
    throw error
  }
}

const PIECE_BYTES = 64 * 2 ** 10
