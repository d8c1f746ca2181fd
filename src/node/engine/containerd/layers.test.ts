import { mkdirSync, mkdtempSync, rmSync, symlinkSync, truncateSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { expect, onTestFinished, test } from "vitest"
import { Layers } from "./layers.ts"

/** From the uppermost to the lowest; `-> target` makes a link. */
function someLayers(...contents: readonly Readonly<Record<string, string>>[]): Layers {
  const root = mkdtempSync(join(tmpdir(), "homeport-layers-"))
  onTestFinished(() => rmSync(root, { recursive: true }))
  const folders = contents.map((files, index) => {
    const folder = join(root, String(index))
    mkdirSync(folder)
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(dirname(join(folder, path)), { recursive: true })
      if (text.startsWith("-> ")) symlinkSync(text.slice(3), join(folder, path))
      else writeFileSync(join(folder, path), text)
    }
    return folder
  })
  const [upper, ...lower] = folders
  const options = [`upperdir=${upper}`, "workdir=/none", `lowerdir=${lower.join(":")}`, "index=off"]
  return new Layers([{ type: "overlay", source: "overlay", options }], { withUpper: true })
}

test("upper layers hide lower ones", () => {
  const layers = someLayers({ "etc/a": "upper" }, { "etc/a": "lower", "etc/b": "lower" }, { "etc/b": "lowest" })
  expect([layers.read("/etc/a"), layers.read("/etc/b"), layers.read("/etc/c")]).toEqual(["upper", "lower", ""])
})

test("a file where lower layers have a folder hides all in it", () => {
  expect(someLayers({ etc: "no folder" }, { "etc/passwd": "hidden" }).find("/etc/passwd")).toBeUndefined()
})

test("links lead through all layers, and never out of them", () => {
  const layers = someLayers(
    { "etc/passwd": "-> /usr/etc/passwd", "etc/up": "-> ../../../../etc/b", loop: "-> loop", data: "-> /var/data" },
    { "usr/etc/passwd": "root", "etc/b": "inside", "var/data/x": "1" },
  )
  expect(layers.read("/etc/passwd")).toBe("root")
  expect(layers.read("/etc/up")).toBe("inside")
  expect(layers.find("/loop")).toBeUndefined()
  expect(layers.find("/data")).toMatchObject({ inside: "/var/data" })
})

test("the container's own layer is left out for what the image alone has", () => {
  const options = ["workdir=/w", "upperdir=/u", "lowerdir=/one:/two"]
  const mounts = [{ type: "overlay", source: "overlay", options }]
  expect(new Layers(mounts, { withUpper: false }).folders).toEqual(["/one", "/two"])
  expect(new Layers([{ type: "bind", source: "/only", options: ["rbind"] }], { withUpper: false }).folders).toEqual([
    "/only",
  ])
})

test("a file that is larger than any list of users is not taken into memory", () => {
  const layers = someLayers({ "etc/passwd": "root:x:0:0" })
  truncateSync(join(layers.folders[0]!, "etc/passwd"), 3 * 2 ** 30)
  expect(layers.read("/etc/passwd")).toBe("")
})
