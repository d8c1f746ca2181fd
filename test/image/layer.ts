import { execFileSync } from "node:child_process"
import { createHash } from "node:crypto"
import { readFileSync } from "node:fs"
import { buffer } from "node:stream/consumers"
import { gzipSync, zstdCompressSync } from "node:zlib"
import { type Header, pack } from "tar-stream"

/** What stands at a path: text or bytes of a file, or all that a tar header can say of it. */
export type Entry = string | Uint8Array | ({ readonly content?: string | Uint8Array } & Partial<Omit<Header, "name">>)

export type Files = Readonly<Record<string, Entry>>
export type Compression = "gzip" | "none" | "zstd"

export interface Layer {
  /** Of the tar as it was before it was compressed: what a configuration lists. */
  readonly diffId: string
  readonly digest: string
  readonly compression: Compression
  readonly tar: Buffer
  readonly bytes: Buffer
}

/** Paths are as in `bin/sh`; a name that ends in a slash is a directory. */
export async function aLayer(files: Files, compression: Compression = "gzip"): Promise<Layer> {
  const tar = await tarOf(files)
  const bytes =
    compression === "gzip" ? gzipSync(tar, { level: 1 }) : compression === "zstd" ? zstdCompressSync(tar) : tar
  return { diffId: digestOf(tar), digest: digestOf(bytes), compression, tar, bytes }
}

/** The same entries give the same bytes, whenever it is made. */
export async function tarOf(files: Files): Promise<Buffer> {
  const archive = pack()
  const bytes = buffer(archive)
  for (const [name, entry] of Object.entries(files)) {
    const told = typeof entry === "string" || entry instanceof Uint8Array ? { content: entry } : entry
    const { content, ...header } = told
    const type = header.type ?? (name.endsWith("/") ? "directory" : "file")
    const mode = type === "directory" ? 0o755 : 0o644
    const whole = { mode, mtime: new Date(0), ...header, type, name } as Header
    if (type === "file") archive.entry(whole, Buffer.from(content ?? ""))
    else archive.entry(whole)
  }
  archive.finalize()
  return bytes
}

export function digestOf(bytes: Uint8Array): string {
  return `sha256:${createHash("sha256").update(bytes).digest("hex")}`
}

/** A shell and the commands that go with it, from Debian's busybox-static: it needs no library. */
export function busyboxLayer(): Promise<Layer> {
  busybox ??= aLayer(busyboxFiles())
  return busybox
}

let busybox: Promise<Layer> | undefined

function busyboxFiles(): Files {
  const applets = execFileSync(BUSYBOX, ["--list"], { encoding: "utf8" }).trim().split("\n")
  const links = applets
    .filter((applet) => applet !== "busybox")
    .map((applet) => [`bin/${applet}`, { type: "symlink", linkname: "busybox", mode: 0o777 }] as const)
  return {
    "bin/": {},
    "bin/busybox": { content: readFileSync(BUSYBOX), mode: 0o755 },
    ...Object.fromEntries(links),
    "dev/": {},
    "etc/": {},
    "etc/group": "root:x:0:\ndaemon:x:1:\nusers:x:100:\nnogroup:x:65534:\n",
    "etc/passwd":
      "root:x:0:0:root:/root:/bin/sh\ndaemon:x:1:1:daemon:/:/bin/sh\nalice:x:1000:100:Alice:/home/alice:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/false\n",
    "home/": {},
    "home/alice/": { uid: 1000, gid: 100 },
    "proc/": {},
    "root/": { mode: 0o700 },
    "sys/": {},
    "tmp/": { mode: 0o1777 },
    "var/": {},
  }
}

const BUSYBOX = "/bin/busybox"
