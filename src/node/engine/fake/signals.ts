/** Of Linux, without `SIG`. */
const NUMBERS: Readonly<Record<string, number>> = {
  HUP: 1,
  INT: 2,
  QUIT: 3,
  ABRT: 6,
  KILL: 9,
  USR1: 10,
  SEGV: 11,
  USR2: 12,
  PIPE: 13,
  ALRM: 14,
  TERM: 15,
  CHLD: 17,
  CONT: 18,
  STOP: 19,
  URG: 23,
  WINCH: 28,
  PWR: 30,
  "RTMIN+3": 37,
}

/** Those that a process which does not care survives. */
const HARMLESS = ["CHLD", "CONT", "STOP", "URG", "WINCH"]

/** `TERM`, however it was written: as `SIGTERM`, `TERM` or `15`. */
export function signalName(signal: string): string | undefined {
  const name = signal.replace(/^SIG/, "")
  if (name in NUMBERS) return name
  return Object.keys(NUMBERS).find((known) => String(NUMBERS[known]) === name)
}

/** What a process that dies of it ends with; undefined for one that does not kill. */
export function exitCodeOf(name: string): number | undefined {
  return HARMLESS.includes(name) ? undefined : 128 + NUMBERS[name]!
}
