import { createSign, generateKeyPairSync, type KeyObject } from "node:crypto"
import type { IssuerKey, IssuerKeys } from "./issuer-keys.ts"

/** An issuer of web identities, with keys of its own. */
export interface TestIssuer {
  readonly keys: IssuerKeys

  /** A token that says this; what is left out it says as it should. */
  token(claims: object, options?: { readonly kid?: string; readonly alg?: string }): string
}

export function testIssuer(host: string, now: () => number): TestIssuer {
  const made = {
    rsa: generateKeyPairSync("rsa", { modulusLength: 2048 }),
    ec: generateKeyPairSync("ec", { namedCurve: "P-256" }),
  }
  const published = (Object.keys(made) as (keyof typeof made)[]).map(
    (kid): IssuerKey => ({ ...made[kid].publicKey.export({ format: "jwk" }), kid, use: "sig" }) as IssuerKey,
  )
  return {
    keys: { of: async (asked) => (asked === host ? published : undefined) },
    token(claims, { kid = "rsa", alg = kid === "ec" ? "ES256" : "RS256" } = {}) {
      const seconds = Math.floor(now() / 1000)
      const whole = { iss: `https://${host}`, sub: "ann", aud: "tests", iat: seconds, exp: seconds + 600, ...claims }
      const signed = `${part({ alg, kid, typ: "JWT" })}.${part(whole)}`
      const key: KeyObject = made[kid === "ec" ? "ec" : "rsa"].privateKey
      const signature = createSign("sha256").update(signed).sign({ key, dsaEncoding: "ieee-p1363" }, "base64url")
      return `${signed}.${signature}`
    },
  }
}

function part(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString("base64url")
}
