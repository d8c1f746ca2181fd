import { expect, test } from "vitest"
import { ByTask } from "./by-task.ts"

test("what belongs to a task is told by its instance and id, until it is taken away", () => {
  const owned = new ByTask<string>()
  const task = { instance: "one", taskId: "t" }
  owned.add(task, "a")
  owned.add(task, "b")
  owned.add({ instance: "two", taskId: "t" }, "c")
  expect(owned.of("one", "t")).toEqual(["a", "b"])
  owned.delete(task, "a")
  owned.delete(task, "a")
  expect(owned.of("one", "t")).toEqual(["b"])
  owned.delete(task, "b")
  expect([owned.of("one", "t"), owned.of("two", "t")]).toEqual([[], ["c"]])
})
