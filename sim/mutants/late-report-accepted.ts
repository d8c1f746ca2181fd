import type { Mutant } from "./mutant.ts"

export const lateReportAccepted: Mutant = {
  name: "late-report-accepted",
  file: "src/services/ecs/lifecycle/report.ts",
  search: 'if (status !== "RUNNING" || task.lastStatus !== "PENDING") return wanted',
  replace: 'if (status !== "RUNNING" || task.lastStatus === "RUNNING") return wanted',
  breaks: "A report that a task runs, which comes when it is being stopped, takes it back.",
}
