import { spawn } from "node:child_process"

export interface Holder {
  end(): void
}

/** Until it is told to end it waits; when nobody can tell it any more, it stays for as long as a start may take. */
const SCRIPT = "read word || exec sleep 30"

/** A process that has an open file as well, and does nothing with it. */
export function hold(fd: number): Holder {
  const child = spawn("sh", ["-c", SCRIPT], {
    detached: true,
    stdio: ["pipe", "ignore", "ignore", fd],
    cwd: "/",
    env: { PATH: SYSTEM_PATH },
  })
  const { stdin } = child
  // It may have been ended by somebody else.
  stdin!.on("error", () => {})
  child.once("error", () => {})
  return { end: () => void stdin!.end("end\n") }
}

const SYSTEM_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
