import { closeSync } from "node:fs"
import { getSystemErrorName } from "node:util"
import koffi from "koffi"

/**
 * The system calls that Node does not offer. Each is made on the thread that asks for it, which is what namespaces
 * are about, and throws a `SystemError` where C would answer -1.
 */

/** Of the program itself, so that it is found whichever C library this Node was built for. */
const libc = koffi.load(null)

/** Looked for when it is first made: elsewhere than on Linux some are missing, and nobody makes them. */
function call(signature: string): (...values: readonly unknown[]) => number {
  let found: ReturnType<typeof libc.func> | undefined
  return (...values) => {
    found ??= libc.func(signature)
    return found(...values)
  }
}

const setnsCall = call("int setns(int fd, int type)")
const unshareCall = call("int unshare(int flags)")
const mountCall = call("int mount(str source, str target, str type, unsigned long flags, str data)")
const umountCall = call("int umount2(str target, int flags)")
const fallocateCall = call("int fallocate(int fd, int mode, int64_t offset, int64_t length)")
const flockCall = call("int flock(int fd, int operation)")
const socketCall = call("int socket(int family, int type, int protocol)")
const setsockoptCall = call("int setsockopt(int fd, int level, int name, const void *value, uint32_t length)")
const bindCall = call("int bind(int fd, const void *address, uint32_t length)")
const connectCall = call("int connect(int fd, const void *address, uint32_t length)")
const listenCall = call("int listen(int fd, int backlog)")
const sendCall = call("long send(int fd, const void *bytes, size_t length, int flags)")
const recvCall = call("long recv(int fd, void *bytes, size_t length, int flags)")

export class SystemError extends Error {
  override readonly name = "SystemError"

  /** As in `EADDRINUSE`. */
  readonly code: string

  constructor(message: string, code: string) {
    super(message)
    this.code = code
  }
}

export function isSystemError(error: unknown, ...codes: readonly string[]): boolean {
  return error instanceof SystemError && codes.includes(error.code)
}

export function systemError(call: string, errno: number): SystemError {
  const code = getSystemErrorName(-errno)
  return new SystemError(`${call}: ${code}`, code)
}

function checked(call: string, answer: number): number {
  if (answer < 0) throw systemError(call, koffi.errno())
  return answer
}

export const CLONE_NEWNET = 0x4000_0000

/** Moves the calling thread, and only it. */
export function setns(fd: number, type: number): void {
  checked("setns", setnsCall(fd, type))
}

export function unshare(flags: number): void {
  checked("unshare", unshareCall(flags))
}

export const MS_BIND = 0x1000
export const MS_SHARED = 0x10_0000

export function mount(source: string, target: string, flags: number): void {
  checked(`mount ${target}`, mountCall(source, target, null, flags, null))
}

/** An empty folder in memory, over the one that is there. */
export function mountMemory(target: string): void {
  checked(`mount ${target}`, mountCall("homeport", target, "tmpfs", MS_NOSUID | MS_NODEV, "mode=711"))
}

const MS_NOSUID = 2
const MS_NODEV = 4

/** Detaches: what is still in use goes away with its last user. */
export function unmount(target: string): void {
  checked(`umount ${target}`, umountCall(target, MNT_DETACH))
}

const MNT_DETACH = 2

export function punchHole(fd: number, from: number, length: number): void {
  checked("fallocate", fallocateCall(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, from, length))
}

const FALLOC_FL_KEEP_SIZE = 1
const FALLOC_FL_PUNCH_HOLE = 2

/** False when another process has it; the lock goes with the file descriptor. */
export function tryLock(fd: number): boolean {
  if (flockCall(fd, LOCK_EX | LOCK_NB) === 0) return true
  const error = systemError("flock", koffi.errno())
  if (error.code === "EAGAIN") return false
  throw error
}

const LOCK_EX = 2
const LOCK_NB = 4

export const AF_UNIX = 1
export const AF_INET = 2
export const AF_NETLINK = 16
export const SOCK_STREAM = 1
export const SOCK_DGRAM = 2
export const SOCK_RAW = 3
const SOCK_CLOEXEC = 0x8_0000

export function socket(family: number, type: number, protocol = 0): number {
  return checked("socket", socketCall(family, type | SOCK_CLOEXEC, protocol))
}

/** Binds to an address that connections of before may still be leaving. */
export function reuseAddress(fd: number): void {
  const on = Buffer.alloc(4)
  on.writeInt32LE(1)
  checked("setsockopt", setsockoptCall(fd, SOL_SOCKET, SO_REUSEADDR, on, on.length))
}

/** Lets in only what comes over this interface. */
export function bindToInterface(fd: number, name: string): void {
  const bytes = Buffer.from(`${name}\0`)
  checked("setsockopt", setsockoptCall(fd, SOL_SOCKET, SO_BINDTODEVICE, bytes, bytes.length))
}

const SOL_SOCKET = 1
const SO_REUSEADDR = 2
const SO_BINDTODEVICE = 25

export function bind(fd: number, address: Uint8Array): void {
  checked("bind", bindCall(fd, address, address.length))
}

/** To a socket in the file system, which takes no time. */
export function connectTo(path: string, type = SOCK_STREAM): number {
  const name = unixAddress(path)
  const fd = socket(AF_UNIX, type)
  try {
    checked(`connect ${path}`, connectCall(fd, name, name.length))
    return fd
  } catch (error) {
    closeSync(fd)
    throw error
  }
}

/** As the system calls take the path of a socket. */
export function unixAddress(path: string): Uint8Array {
  const name = Buffer.alloc(UNIX_NAME_LENGTH)
  name.writeUInt16LE(AF_UNIX)
  if (name.write(path, 2) > UNIX_NAME_LENGTH - 3) throw new SystemError(`connect ${path}: ENAMETOOLONG`, "ENAMETOOLONG")
  return name
}

const UNIX_NAME_LENGTH = 110

export function listen(fd: number, backlog: number): void {
  checked("listen", listenCall(fd, backlog))
}

export function send(fd: number, bytes: Uint8Array): void {
  checked("send", sendCall(fd, bytes, bytes.length, 0))
}

/** False when whoever is to receive it has no room for it yet. */
export function sendNow(fd: number, bytes: Uint8Array): boolean {
  if (sendCall(fd, bytes, bytes.length, MSG_DONTWAIT | MSG_NOSIGNAL) >= 0) return true
  const error = systemError("send", koffi.errno())
  if (error.code === "EAGAIN") return false
  throw error
}

const MSG_NOSIGNAL = 0x4000

/** Undefined when nothing is there yet. */
export function receiveNow(fd: number, into: Uint8Array): number | undefined {
  const received = recvCall(fd, into, into.length, MSG_DONTWAIT)
  if (received >= 0) return received
  const error = systemError("recv", koffi.errno())
  if (error.code === "EAGAIN") return undefined
  throw error
}

const MSG_DONTWAIT = 0x40

export function receive(fd: number, into: Uint8Array): number {
  return checked("recv", recvCall(fd, into, into.length, 0))
}
