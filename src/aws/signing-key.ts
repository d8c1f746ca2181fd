import { createHmac, createSecretKey, type KeyObject, timingSafeEqual } from "node:crypto"

interface DerivedKey {
  readonly secret: string
  readonly key: KeyObject
}

/**
 * The keys that secrets are turned into for one day, region and service. Deriving one costs four HMACs, so the most
 * recent ones are kept; only requests with a known access key id get this far, which keeps strangers from filling it.
 */
export class SigningKeys {
  readonly #countMax: number
  readonly #byCredential = new Map<string, DerivedKey>()

  constructor(countMax = 4096) {
    this.#countMax = countMax
  }

  /** `credential` is access key id and scope, as in `AKIA…/20260101/us-east-1/ecs/aws4_request`. */
  of(credential: string, secret: string): KeyObject {
    const known = this.#byCredential.get(credential)
    // A key id may come back with another secret (a session of the same role): what was derived from the old one must not count.
    if (known?.secret === secret) return known.key

    const [, date, region, service, terminator] = credential.split("/")
    let derived = Buffer.from(`AWS4${secret}`)
    for (const part of [date!, region!, service!, terminator!]) {
      derived = createHmac("sha256", derived).update(part).digest()
    }
    const key = createSecretKey(derived)
    this.#keep(credential, { secret, key })
    return key
  }

  #keep(credential: string, derived: DerivedKey): void {
    this.#byCredential.delete(credential)
    if (this.#byCredential.size >= this.#countMax) {
      for (const oldest of this.#byCredential.keys()) {
        this.#byCredential.delete(oldest)
        break
      }
    }
    this.#byCredential.set(credential, derived)
  }
}

/** A signature as the wire has it: lower-case hexadecimal digits. */
export function sign(key: KeyObject, text: string): string {
  return createHmac("sha256", key).update(text).digest("hex")
}

/** Takes the same time wherever the first difference is. */
export function isSameSignature(computed: string, claimed: string): boolean {
  const expected = Buffer.from(computed)
  const given = Buffer.from(claimed)
  return expected.length === given.length && timingSafeEqual(expected, given)
}
