import { absentAgentChosen } from "./absent-agent-chosen.ts"
import { answeredTooSoon } from "./answered-too-soon.ts"
import { containerMovesBack } from "./container-moves-back.ts"
import { drainingChosen } from "./draining-chosen.ts"
import { eventsNumberedAnew } from "./events-numbered-anew.ts"
import { lateReportAccepted } from "./late-report-accepted.ts"
import { manifestNumbersReused } from "./manifest-numbers-reused.ts"
import { maximumRoundsUp } from "./maximum-rounds-up.ts"
import { memoryOvercommitted } from "./memory-overcommitted.ts"
import { minimumRoundsDown } from "./minimum-rounds-down.ts"
import type { Mutant } from "./mutant.ts"
import { neverSentAgain } from "./never-sent-again.ts"
import { orphansKept } from "./orphans-kept.ts"
import { portsShared } from "./ports-shared.ts"
import { protectionIgnored } from "./protection-ignored.ts"
import { releaseForgotten } from "./release-forgotten.ts"
import { staleSessionBelieved } from "./stale-session-believed.ts"
import { stoppedStillCounted } from "./stopped-still-counted.ts"
import { tokenForgotten } from "./token-forgotten.ts"
import { twoDaemons } from "./two-daemons.ts"
import { versionStays } from "./version-stays.ts"

/** The bugs that the simulator has to find. */
export const MUTANTS: readonly Mutant[] = [
  maximumRoundsUp,
  minimumRoundsDown,
  releaseForgotten,
  stoppedStillCounted,
  lateReportAccepted,
  containerMovesBack,
  tokenForgotten,
  absentAgentChosen,
  drainingChosen,
  portsShared,
  memoryOvercommitted,
  eventsNumberedAnew,
  versionStays,
  manifestNumbersReused,
  neverSentAgain,
  staleSessionBelieved,
  answeredTooSoon,
  orphansKept,
  twoDaemons,
  protectionIgnored,
]
