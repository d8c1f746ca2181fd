import type { Place } from "../services/accounts/index.ts"

// What a region and a machine that joins it say to each other.

/** What a machine has when it has joined. */
export interface Membership {
  readonly place: Place
  readonly accessKeyId: string
  readonly secretAccessKey: string
}

/** A token is posted here, as text. */
export const JOIN_PATH = "/.homeport/join"

/** Where the certificate of the region's authority is; who asks compares it with what the token says. */
export const CA_PATH = "/.homeport/ca"
