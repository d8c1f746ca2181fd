import { EngineError } from "../../engine-error.ts"

export interface Security {
  readonly noNewPrivileges: boolean
  readonly seccomp: boolean

  /** Undefined takes the machine's default. */
  readonly apparmor: string | undefined
}

/** Docker's security options, as ECS passes them on: `name`, `name:value` or `name=value`. */
export function readSecurityOptions(options: readonly string[], apparmorIsThere: boolean): Security {
  let security: Security = { noNewPrivileges: false, seccomp: true, apparmor: undefined }
  for (const option of options) {
    const [, name = "", value = ""] = /^([^:=]*)(?:[:=](.*))?$/.exec(option) ?? []
    switch (name) {
      case "no-new-privileges":
        security = { ...security, noNewPrivileges: value !== "false" }
        break
      case "seccomp":
        if (value !== "unconfined") throw refused(option, "only the default profile and unconfined are known")
        security = { ...security, seccomp: false }
        break
      case "apparmor":
        if (!apparmorIsThere && value !== "unconfined") throw refused(option, "AppArmor is not enabled on this machine")
        security = { ...security, apparmor: value }
        break
      case "label":
        if (value !== "disable") throw refused(option, "SELinux labels are not supported")
        break
      default:
        throw refused(option, "it is not known")
    }
  }
  return security
}

function refused(option: string, reason: string): EngineError {
  return new EngineError("invalid", `invalid security option "${option}": ${reason}`)
}
