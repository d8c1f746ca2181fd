import { expect, test } from "vitest"
import { PROGRAMS } from "./programs.ts"
import type { Stage } from "./stage.suite.ts"

/** The suite's images, on top of busybox: who makes them for a real engine puts this into them. */
export const IMAGE = {
  command: ["/bin/sh", "-c", 'echo "the image\'s command in $PWD"'],
  environment: ["PATH=/bin", "FROM_IMAGE=yes"],
  workingDirectory: "/srv",
  stopSignal: "SIGQUIT",
  labels: { suite: "yes" },
  files: { "srv/": {}, "seed/": {}, "seed/file": "from the image\n" },
}

export const IMAGE_WITH_ENTRY_POINT = { entryPoint: ["/bin/echo", "entered with"], command: ["image", "words"] }

export function imageSuite(setUp: () => Stage): void {
  test("an image on the machine is found by its reference, with what it says of itself", async () => {
    const stage = setUp()
    const { plain } = stage.setting.images
    const image = (await stage.engine.images.get(plain))!
    expect(image).toMatchObject({
      id: expect.stringMatching(/^sha256:[0-9a-f]{64}$/),
      references: expect.arrayContaining([plain]),
      config: {
        entryPoint: [],
        command: IMAGE.command,
        environment: expect.arrayContaining(IMAGE.environment),
        workingDirectory: "/srv",
        stopSignal: "SIGQUIT",
        labels: { suite: "yes" },
      },
    })
    expect(image.bytes).toBeGreaterThan(100_000)
    expect((await stage.engine.images.list()).map(({ id }) => id)).toContain(image.id)
    expect(await stage.engine.images.get("homeport.test/nobody/made-this:1")).toBeUndefined()
  })

  test("an image that a container uses cannot be removed", async () => {
    const stage = setUp()
    await stage.run(PROGRAMS.fails.script)
    const { id } = (await stage.engine.images.get(stage.setting.images.plain))!
    await expect(stage.engine.images.remove(id)).rejects.toMatchObject({ name: "EngineError", kind: "invalid" })
    expect((await stage.engine.images.get(stage.setting.images.plain))!.id).toBe(id)
  })
}
