/** Other registries, as far as a pull goes through to them. All of it rejects with `UpstreamFailed`. */
export interface Upstream {
  /** Those that the operator allows beside AWS's, each with its port if it has one. */
  readonly hosts: readonly string[]

  /** What a tag or a digest stands for there now. */
  resolve(place: UpstreamPlace, reference: string): Promise<string>

  /** A manifest by its digest. */
  manifest(place: UpstreamPlace, digest: string): Promise<UpstreamManifest>

  /** A blob by its digest, of which it is known how many bytes it has. Whoever reads it verifies it. */
  blob(place: UpstreamPlace, digest: string, bytes: number): AsyncIterable<Uint8Array>
}

/** A repository in another registry, and who we are there. */
export interface UpstreamPlace {
  readonly host: string
  readonly repository: string
  readonly login: UpstreamLogin | undefined
}

export interface UpstreamLogin {
  readonly username: string
  readonly password: string
}

export interface UpstreamManifest {
  readonly mediaType: string
  readonly bytes: Uint8Array
}

/** It says that there is no such thing, it does not let us, or it could not be asked. */
export class UpstreamFailed extends Error {
  override readonly name = "UpstreamFailed"
  readonly reason: "absent" | "refused" | "away"

  constructor(reason: UpstreamFailed["reason"], message: string) {
    super(message)
    this.reason = reason
  }
}
