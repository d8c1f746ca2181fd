import { realWorld } from "../../world/real.ts"
import { type FakeImage, FakeMachine } from "./fake.ts"
import { actedBy, engineSuite, IMAGE, IMAGE_WITH_ENTRY_POINT } from "./suite.ts"

const PLAIN = "homeport.test/suite/plain:1"
const WITH_ENTRY_POINT = "homeport.test/suite/entry-point:1"

engineSuite(
  "fake",
  async () => {
    // Real time: the suite waits for what the containers do as it does with real ones, and they do it within milliseconds.
    const world = realWorld()
    const acts: Pick<FakeImage, "present" | "behaviour"> = {
      present: true,
      behaviour: ({ command }, startsBefore) => actedBy(command, startsBefore),
    }
    const { files: _files, ...config } = IMAGE
    const machine = new FakeMachine(world, [
      { reference: PLAIN, ...acts, config },
      { reference: WITH_ENTRY_POINT, ...acts, config: IMAGE_WITH_ENTRY_POINT },
    ])
    let engine = machine.engine()
    return {
      world,
      engine,
      async reopen() {
        await engine.close()
        engine = machine.engine()
        return engine
      },
      images: { plain: PLAIN, withEntryPoint: WITH_ENTRY_POINT },
      dispose: () => engine.close(),
    }
  },
  { realContainers: false, countsLoss: true, abilities: { taskLimits: true } },
)
