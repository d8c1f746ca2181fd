/** What there is on this machine that could run containers. */
export interface Findings {
  /** As Node names it. */
  readonly platform: string
  readonly isRoot: boolean

  /** Of `containerd`, `crun` and `runc`, those that are installed. */
  readonly programs: readonly string[]
  readonly docker: { readonly socketPath: string } | { readonly problem: string }
}

export type EngineChoice =
  | { readonly engine: "containerd" }
  | { readonly engine: "docker"; readonly socketPath: string }

  /** One sentence for the person who starts the node. */
  | { readonly engine: undefined; readonly problem: string }

/** The engine that was asked for, else the best one that can work here: containerd, which starts a task much sooner, then Docker. */
export function chooseEngine(found: Findings, wanted?: "containerd" | "docker"): EngineChoice {
  const { docker } = found
  const withoutContainerd = containerdProblem(found)
  if (wanted !== "docker" && withoutContainerd === undefined) return { engine: "containerd" }
  if (wanted !== "containerd" && "socketPath" in docker) return { engine: "docker", socketPath: docker.socketPath }

  if (wanted === "containerd") return { engine: undefined, problem: `${withoutContainerd}.` }
  const withoutDocker = "problem" in docker ? docker.problem : ""
  if (wanted === "docker") return { engine: undefined, problem: `${withoutDocker}.` }
  return {
    engine: undefined,
    problem: `Nothing here can run containers: ${withoutContainerd}, and ${withoutDocker}.`,
  }
}

function containerdProblem({ platform, isRoot, programs }: Findings): string | undefined {
  if (platform !== "linux") return `containerd runs containers on Linux alone, and this is ${platform}`
  if (!programs.includes("containerd")) return `containerd is not installed (${INSTALL})`
  if (!programs.includes("crun") && !programs.includes("runc")) {
    return `containerd has neither crun nor runc to start containers with (${INSTALL})`
  }
  return isRoot ? undefined : "containerd needs root, so the node has to be started with sudo"
}

const INSTALL = "on Debian and Ubuntu: apt-get install containerd crun"
