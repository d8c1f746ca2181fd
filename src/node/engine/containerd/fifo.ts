import { unlinkSync } from "node:fs"
import koffi from "koffi"
import { EngineError } from "../engine-error.ts"

const mkfifo = koffi.load(null).func("int mkfifo(str path, uint32_t mode)")

/** A named pipe, new or as it was. */
export function makeFifo(path: string): void {
  if (mkfifo(path, 0o600) === 0 || koffi.errno() === koffi.os.errno.EEXIST) return
  throw new EngineError("machine", `mkfifo ${path}: error ${koffi.errno()}`)
}

export function removeFifo(path: string): void {
  try {
    unlinkSync(path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error
  }
}
