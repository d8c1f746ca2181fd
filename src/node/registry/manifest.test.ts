import { expect, test } from "vitest"
import { choosePlatform, manifestTypeIn, readManifest } from "./manifest.ts"

const digestOf = (digit: string) => `sha256:${digit.repeat(64)}`
const mediaType = "application/vnd.oci.image.manifest.v1+json"

function anIndexOf(...platforms: readonly (object | undefined)[]): Buffer {
  const manifests = platforms.map((platform, place) => ({ mediaType, digest: digestOf(`${place}`), size: 1, platform }))
  return Buffer.from(JSON.stringify({ manifests }))
}

test.each([
  [{ architecture: "amd64" }, 1],
  [{ architecture: "arm64" }, 2],
  [{ architecture: "arm64", variant: "v8" }, 2],
  [{ architecture: "arm", variant: "v7" }, 4],
  [{ architecture: "arm", variant: "v6" }, 3],
])("of several platforms %j takes its own, or the best that it can run", (wanted, place) => {
  const index = anIndexOf(
    { os: "windows", architecture: "amd64" },
    { os: "linux", architecture: "amd64" },
    { os: "linux", architecture: "arm64", variant: "v8" },
    { os: "linux", architecture: "arm", variant: "v6" },
    { os: "linux", architecture: "arm", variant: "v7" },
    { os: "unknown", architecture: "unknown" },
    undefined,
  )
  expect(choosePlatform(index, { os: "linux", ...wanted }).digest).toBe(digestOf(`${place}`))
})

test("what is built for newer processors only is not run on others", () => {
  const index = anIndexOf({ os: "linux", architecture: "amd64", variant: "v3" }, { os: "linux", architecture: "amd64" })
  expect(choosePlatform(index, { os: "linux", architecture: "amd64" }).digest).toBe(digestOf("1"))
  expect(() =>
    choosePlatform(anIndexOf({ os: "linux", architecture: "arm", variant: "v7" }), {
      os: "linux",
      architecture: "arm",
      variant: "v6",
    }),
  ).toThrow("image Manifest does not contain descriptor matching platform 'linux/arm/v6'")
})

const layer = { mediaType: "application/vnd.oci.image.layer.v1.tar", digest: digestOf("a"), size: 5 }

test.each([
  ["text", "no manifest"],
  ["an array", [1]],
  ["no layers", { config: layer }],
  ["no configuration", { layers: [layer] }],
  ["a digest that is a path", { config: layer, layers: [{ ...layer, digest: "sha256:../../etc/passwd" }] }],
  ["a negative size", { config: layer, layers: [{ ...layer, size: -1 }] }],
  ["a size that is none", { config: layer, layers: [{ ...layer, size: "5" }] }],
  ["a configuration beyond all bounds", { config: { ...layer, size: 2 ** 40 }, layers: [] }],
  ["too many layers", { config: layer, layers: Array.from({ length: 501 }, () => layer) }],
])("a manifest with %s is refused", (_, content) => {
  const bytes = Buffer.from(typeof content === "string" ? content : JSON.stringify(content))
  expect(() => readManifest(bytes)).toThrow("invalid image manifest")
})

test("a manifest that does not say its type is known by what is in it", () => {
  const typeOf = (content: object) => manifestTypeIn(Buffer.from(JSON.stringify(content)))
  expect(typeOf({ layers: [] })).toBe(mediaType)
  expect(typeOf({ manifests: [] })).toBe("application/vnd.oci.image.index.v1+json")
  expect(() => typeOf({ schemaVersion: 1, fsLayers: [] })).toThrow("of a kind that is not supported")
})
