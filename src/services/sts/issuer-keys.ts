/** The public keys of issuers of web identities. */
export interface IssuerKeys {
  /** `host` is an issuer's URL without its scheme; undefined where nobody has given its keys. */
  of(host: string): Promise<readonly IssuerKey[] | undefined>
}

/** A JSON web key (RFC 7517), of which nothing but what is public is read. */
export interface IssuerKey {
  readonly kty?: string
  readonly n?: string
  readonly e?: string
  readonly crv?: string
  readonly x?: string
  readonly y?: string
  readonly kid?: string
  readonly use?: string
  readonly alg?: string
}

/** For a region that trusts no issuer. */
export const NO_ISSUERS: IssuerKeys = { of: async () => undefined }
