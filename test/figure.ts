import "vitest"

declare module "vitest" {
  interface TaskMeta {
    /** What the test measured, in one line: `homeport test` prints it below its suite. Set as `task.meta.figure`. */
    figure?: string
  }
}
