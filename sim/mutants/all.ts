import { absentAgentChosen } from "./absent-agent-chosen.ts"
import { answeredTooSoon } from "./answered-too-soon.ts"
import { containerMovesBack } from "./container-moves-back.ts"
import { drainingChosen } from "./draining-chosen.ts"
import { endUnseen } from "./end-unseen.ts"
import { eventsNumberedAnew } from "./events-numbered-anew.ts"
import { exitCodeLost } from "./exit-code-lost.ts"
import { lateReportAccepted } from "./late-report-accepted.ts"
import { lostForEver } from "./lost-for-ever.ts"
import { manifestNumbersReused } from "./manifest-numbers-reused.ts"
import { maximumRoundsUp } from "./maximum-rounds-up.ts"
import { memoryOvercommitted } from "./memory-overcommitted.ts"
import { minimumRoundsDown } from "./minimum-rounds-down.ts"
import type { Mutant } from "./mutant.ts"
import { neverKilled } from "./never-killed.ts"
import { neverLost } from "./never-lost.ts"
import { neverSentAgain } from "./never-sent-again.ts"
import { orderIgnored } from "./order-ignored.ts"
import { orphansKept } from "./orphans-kept.ts"
import { placeLeft } from "./place-left.ts"
import { portsShared } from "./ports-shared.ts"
import { protectionIgnored } from "./protection-ignored.ts"
import { releaseForgotten } from "./release-forgotten.ts"
import { roomNeverFreed } from "./room-never-freed.ts"
import { runAgain } from "./run-again.ts"
import { staleSessionBelieved } from "./stale-session-believed.ts"
import { startedTwice } from "./started-twice.ts"
import { stopUnverified } from "./stop-unverified.ts"
import { stoppedStillCounted } from "./stopped-still-counted.ts"
import { tokenForgotten } from "./token-forgotten.ts"
import { twoDaemons } from "./two-daemons.ts"
import { unheardCountsAsTold } from "./unheard-counts-as-told.ts"
import { unsentForgotten } from "./unsent-forgotten.ts"
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
  neverKilled,
  runAgain,
  orderIgnored,
  stopUnverified,
  exitCodeLost,
  startedTwice,
  endUnseen,
  placeLeft,
  unheardCountsAsTold,
  roomNeverFreed,
  unsentForgotten,
  neverLost,
  lostForEver,
]
