import { afterAll, beforeAll, describe, expect, test } from "vitest"
import type { Abilities, Engine } from "./engine.ts"
import { execSuite } from "./suite/exec.suite.ts"
import { imageSuite } from "./suite/images.suite.ts"
import { lifecycleSuite } from "./suite/lifecycle.suite.ts"
import { limitSuite } from "./suite/limits.suite.ts"
import { logSuite } from "./suite/logs.suite.ts"
import { namespaceSuite } from "./suite/namespaces.suite.ts"
import { networkSuite } from "./suite/networks.suite.ts"
import { type EngineSetting, Stage } from "./suite/stage.suite.ts"
import { storageSuite } from "./suite/storage.suite.ts"
import { surroundingsSuite } from "./suite/surroundings.suite.ts"
import { watchingSuite } from "./suite/watching.suite.ts"

export { IMAGE, IMAGE_WITH_ENTRY_POINT } from "./suite/images.suite.ts"
export { actedBy } from "./suite/programs.ts"
export type { EngineSetting } from "./suite/stage.suite.ts"

export interface SuiteOptions {
  /** Whether containers are processes, with files and networks, or are only acted. */
  readonly realContainers: boolean

  /** Whether the engine knows how much of a log was dropped. */
  readonly countsLoss: boolean

  /** What it has to claim here; what it claims of tasks' limits and privileges is tried. */
  readonly abilities: Partial<Abilities>
}

/** The engine's contract. Every implementation passes it. */
export function engineSuite(name: string, open: () => Promise<EngineSetting>, options: SuiteOptions): void {
  describe(`the ${name} engine`, { timeout: 30_000 }, () => {
    let setting: EngineSetting
    let engine: Engine
    beforeAll(async () => {
      const opened = await open()
      engine = opened.engine
      setting = {
        ...opened,
        async reopen() {
          engine = await opened.reopen()
          return engine
        },
      }
    })
    afterAll(() => setting?.dispose())
    const setUp = () => new Stage(setting, engine)

    test("says what it is and claims what is true", () => {
      expect(engine.version).toMatch(/^\d+\.\d+/)
      expect(engine.abilities).toMatchObject(options.abilities)
    })

    describe("life cycle", () => lifecycleSuite(setUp))
    describe("watching", () => watchingSuite(setUp))
    describe("commands", () => execSuite(setUp))
    describe("logs", () => logSuite(setUp, options))
    describe("images", () => imageSuite(setUp))
    describe.runIf(options.realContainers)("networks", () => networkSuite(setUp))
    describe.runIf(options.realContainers)("namespaces", () => namespaceSuite(setUp, options.abilities))
    describe.runIf(options.realContainers)("storage", () => storageSuite(setUp))
    describe.runIf(options.realContainers)("surroundings", () =>
      surroundingsSuite(setUp, { privileged: options.abilities.privileged === true }),
    )
    describe.runIf(options.realContainers && options.abilities.taskLimits === true)("limits", () => limitSuite(setUp))
  })
}
