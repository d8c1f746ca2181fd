import { capacityHolds } from "./capacity.ts"
import { countsAgree } from "./counts.ts"
import { revisionsStand } from "./definitions.ts"
import { eventsRise } from "./events.ts"
import type { Invariant } from "./invariant.ts"
import { lostIsNoticed, onlyTheLostEnd } from "./lost.ts"
import { nothingLeft, recordsHold, regionHears } from "./machines.ts"
import { goneHoldNothing, placedWhereItMay } from "./placement.ts"
import { poolInStep } from "./pool.ts"
import { aboveMinimum, deploymentsMoveOn, oneDaemonEach, onePrimary, protectedStay, withinMaximum } from "./services.ts"
import { taskMoves } from "./task-moves.ts"
import { tokensStartOnce } from "./tokens.ts"
import { connectedAreShown, manifestsRise, onlyAgentsSeeRunning, reportsStand, runsOnce } from "./truth.ts"

/** Every one of them, new for one simulation. */
export function allInvariants(): Invariant[] {
  return [
    taskMoves,
    capacityHolds,
    placedWhereItMay,
    goneHoldNothing,
    poolInStep,
    lostIsNoticed(),
    onlyTheLostEnd,
    countsAgree,
    eventsRise(),
    revisionsStand,
    withinMaximum,
    aboveMinimum,
    protectedStay,
    oneDaemonEach,
    onePrimary,
    deploymentsMoveOn,
    onlyAgentsSeeRunning,
    connectedAreShown,
    runsOnce,
    manifestsRise,
    reportsStand,
    tokensStartOnce,
    recordsHold(),
    regionHears(),
    nothingLeft,
  ]
}
