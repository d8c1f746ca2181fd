import type { Behaviour, ExecBehaviour } from "../fake.ts"

/** What the suite's containers run: for real a shell script, and in the fake engine what that script comes to. */
export interface Program {
  readonly script: string
  readonly acted: Behaviour | ((startsBefore: number) => Behaviour)
}

export const PROGRAMS = {
  waits: {
    script: "trap 'exit 0' TERM; while true; do sleep 1000 & wait $!; done",
    acted: { handles: { SIGTERM: { afterMs: 0, code: 0 } } },
  },
  stubborn: {
    script: "trap '' TERM; echo ready; while true; do sleep 1; done",
    acted: { writes: [{ afterMs: 0, text: "ready\n" }], ignores: ["SIGTERM"] },
  },
  fails: { script: "exit 3", acted: { exits: { afterMs: 0, code: 3 } } },

  /** Ends with how often it was started, as its file system tells. */
  counts: {
    script: "echo start >> /tmp/starts; exit $(wc -l < /tmp/starts)",
    acted: (startsBefore) => ({ exits: { afterMs: 0, code: startsBefore + 1 } }),
  },
  talks: {
    script: "echo one; echo two; echo wrong >&2; printf three",
    acted: {
      writes: [
        { afterMs: 0, text: "one\n" },
        { afterMs: 0, text: "two\n" },
        { afterMs: 0, text: "wrong\n", stream: "stderr" },
        { afterMs: 0, text: "three" },
      ],
      exits: { afterMs: 0, code: 0 },
    },
  },
  talksUntilTold: {
    script: "trap 'echo last; exit 0' TERM; echo first; while true; do sleep 1000 & wait $!; done",
    acted: {
      writes: [{ afterMs: 0, text: "first\n" }],
      handles: { SIGTERM: { afterMs: 0, code: 0, says: "last\n" } },
    },
  },
  floods: {
    script: "yes 01234567890123456789012345678901234567890123456789012345678 | head -n 20000",
    acted: {
      writes: Array.from({ length: 20 }, () => ({
        afterMs: 0,
        text: `${"0123456789".repeat(5)}012345678\n`.repeat(1000),
      })),
      exits: { afterMs: 1, code: 0 },
    },
  },
  eatsMemory: {
    script: "exec awk 'BEGIN { all = \"x\"; while (1) all = all all }'",
    acted: { outOfMemoryAfterMs: 1 },
  },
} satisfies Readonly<Record<string, Program>>

/** What the suite runs in containers that are running. */
export const COMMANDS = {
  fails: { script: "echo said; exit 7", acted: { exitCode: 7, output: "said\n" } },
  rambles: { script: "yes | head -n 5000", acted: { exitCode: 0, output: "y\n".repeat(5000) } },
  hangs: { script: "exec sleep 1000", acted: { exitCode: 0, afterMs: 1_000_000 } },
} satisfies Readonly<Record<string, { readonly script: string; readonly acted: ExecBehaviour }>>

/** For the fake image of the suite. */
export function actedBy(command: readonly string[] | undefined, startsBefore: number): Behaviour {
  const program: Program | undefined = Object.values(PROGRAMS).find(({ script }) => script === command?.at(-1))
  const acted = program?.acted ?? {}
  return {
    exec: ({ command }) =>
      Object.values(COMMANDS).find(({ script }) => script === command.at(-1))?.acted ?? { exitCode: 127 },
    ...(typeof acted === "function" ? acted(startsBefore) : acted),
  }
}
