import type { CredentialStore } from "./credential-store.ts"
import type { Gate } from "./gate.ts"
import type { ImageSource } from "./image-source.ts"
import type { Settings, TaskEngineOptions } from "./options.ts"

/** What all tasks of an engine share. */
export interface Parts extends Omit<TaskEngineOptions, "settings"> {
  readonly settings: Settings
  readonly credentials: CredentialStore
  readonly imageSource: ImageSource

  /** Of what makes and starts containers: all at once they would only stand in each other's way. */
  readonly launches: Gate
}
