import { EngineError } from "../../engine-error.ts"
import type { ImageConfig, ImageHealthCheck } from "../../image.ts"

/** What an image's configuration says: how to run it, and what its layers are once they are unpacked. */
export interface Configuration {
  readonly config: ImageConfig

  /** Digests of the layers' tars. */
  readonly diffIds: readonly string[]
}

/** Reads it tolerantly where tools differ, and strictly where its layers are verified. Throws `EngineError` "invalid". */
export function readConfiguration(bytes: Uint8Array): Configuration {
  const { config, rootfs } = parse(bytes)
  const told = recordOf(config)
  const diffIds = recordOf(rootfs).diff_ids ?? []
  if (!Array.isArray(diffIds) || !diffIds.every((id) => /^sha256:[0-9a-f]{64}$/.test(id))) {
    throw new EngineError("invalid", "invalid image configuration: its layers have no sha256 digests")
  }
  const healthCheck = told.Healthcheck
  return {
    config: {
      entryPoint: textsOf(told.Entrypoint),
      command: textsOf(told.Cmd),
      environment: textsOf(told.Env),
      workingDirectory: textOf(told.WorkingDir),
      user: textOf(told.User),
      stopSignal: textOf(told.StopSignal),
      volumes: Object.keys(recordOf(told.Volumes)),
      labels: Object.fromEntries(Object.entries(recordOf(told.Labels)).map(([name, value]) => [name, String(value)])),
      ...(healthCheck ? { healthCheck: healthCheckOf(recordOf(healthCheck)) } : {}),
    },
    diffIds,
  }
}

function healthCheckOf(told: Record<string, unknown>): ImageHealthCheck {
  const numbers = (["Interval", "Timeout", "StartPeriod", "Retries"] as const).flatMap((name) =>
    typeof told[name] === "number" ? [[name, told[name]] as const] : [],
  )
  return { ...(Array.isArray(told.Test) ? { Test: textsOf(told.Test) } : {}), ...Object.fromEntries(numbers) }
}

/** Old images may have one text where a list belongs. */
function textsOf(value: unknown): readonly string[] {
  if (typeof value === "string") return [value]
  return Array.isArray(value) ? value.filter((text) => typeof text === "string") : []
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : ""
}

function recordOf(value: unknown): Record<string, unknown> {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {}
}

function parse(bytes: Uint8Array): Record<string, unknown> {
  try {
    return recordOf(JSON.parse(Buffer.from(bytes).toString("utf8")))
  } catch {
    throw new EngineError("invalid", "invalid image configuration: it is not JSON")
  }
}
