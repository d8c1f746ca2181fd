import { expect, test } from "vitest"
import { readSecurityOptions } from "./security.ts"

const usual = { noNewPrivileges: false, seccomp: true, apparmor: undefined }

test.each([
  [[], usual],
  [["no-new-privileges"], { ...usual, noNewPrivileges: true }],
  [["no-new-privileges:true"], { ...usual, noNewPrivileges: true }],
  [["no-new-privileges=false"], usual],
  [["seccomp=unconfined"], { ...usual, seccomp: false }],
  [["apparmor:mine"], { ...usual, apparmor: "mine" }],
  [["label:disable"], usual],
])("%j is understood", (options, expected) => {
  expect(readSecurityOptions(options, true)).toEqual(expected)
})

test.each(["apparmor:mine", "seccomp=/profile.json", "label:type:web_t", "systempaths=unconfined"])(
  "%s is refused rather than left out",
  (option) => {
    expect(() => readSecurityOptions([option], false)).toThrow(`invalid security option "${option}"`)
  },
)
