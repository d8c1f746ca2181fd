import type { DeploymentConfiguration } from "@aws-sdk/client-ecs"
import type { Deployment, Obstacle } from "../tables/deployment.ts"
import type { Bounds } from "./bounds.ts"
import type { Member } from "./member.ts"

/**
 * A way from what a service runs to another revision. It is asked at every turn and sees everything anew: it says what to
 * do next and which stage that belongs to, and remembers nothing but the stage. Who carries its plan out asks the
 * gates before a deployment enters another stage, and gives traffic its weights, so a strategy knows of neither load
 * balancers nor hooks nor alarms.
 */
export interface DeploymentStrategy {
  readonly plan: (situation: Situation) => Plan
}

export type Stage = Deployment["stage"]

export interface Situation {
  readonly now: number
  readonly targetArn: string
  readonly desiredCount: number
  readonly bounds: Bounds
  readonly configuration: DeploymentConfiguration

  /** Every task of the service that takes up room, of whichever revision. */
  readonly members: readonly Member[]
  readonly stage: Stage
  readonly stageAt: number

  /** A deployment that has failed starts nothing more. */
  readonly hasFailed: boolean

  /** Whether there was no place for a task the last time. */
  readonly isCrowded: boolean

  /** Which of these go first, as placement wants it; at most `count`, and never a protected one. */
  readonly choose: (members: readonly Member[], count: number) => readonly Member[]
}

export interface Plan {
  /** How many more tasks each revision is to have. */
  readonly start: readonly { readonly revisionArn: string; readonly count: number }[]
  readonly stop: readonly Stop[]

  /** The stage that this step belongs to. */
  readonly stage: Stage

  /** In percent, by revision, of the traffic that a load balancer sends; what is not named has none. */
  readonly traffic: Readonly<Record<string, number>>

  /** Whether the deployment has got to its end. */
  readonly isComplete: boolean

  /** Why nothing can be done though not everything is done. */
  readonly obstacle?: Pick<Obstacle, "kind" | "reason">

  /** When to ask again though nothing has changed. */
  readonly nextLook?: number
}

export interface Stop {
  readonly member: Member
  readonly because: "scaling" | "unhealthy"
}
