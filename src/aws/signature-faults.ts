import { unreachable } from "../base/assert.ts"
import { Fault } from "./fault.ts"
import type { ProtocolName } from "./protocols/protocol.ts"

/**
 * Why a signature is refused, in the words of whoever is asked: each family of services has its own codes, statuses
 * and sentences for the same failure. Where a row gives a sentence, that family says no more than that; elsewhere the
 * sentence comes from the check that failed.
 */
const answers = {
  missing: {
    json: ["MissingAuthenticationTokenException", 400, "Request is missing Authentication Token"],
    restJson: ["MissingAuthenticationTokenException", 403, "Missing Authentication Token"],
    query: ["MissingAuthenticationToken", 403, "Request is missing Authentication Token"],
    ec2: ["MissingParameter", 400, "The request must contain the parameter AWSAccessKeyId"],
    s3: ["AccessDenied", 403, "Access Denied"],
  },
  incompleteHeader: {
    json: ["IncompleteSignatureException", 400],
    restJson: ["IncompleteSignatureException", 403],
    query: ["IncompleteSignature", 400],
    ec2: ["IncompleteSignature", 400],
    s3: ["AuthorizationHeaderMalformed", 400],
  },
  incompleteQuery: {
    json: ["IncompleteSignatureException", 400],
    restJson: ["IncompleteSignatureException", 403],
    query: ["IncompleteSignature", 400],
    ec2: ["IncompleteSignature", 400],
    s3: ["AuthorizationQueryParametersError", 400],
  },
  unknownKey: {
    json: ["UnrecognizedClientException", 400, "The security token included in the request is invalid."],
    restJson: ["UnrecognizedClientException", 403, "The security token included in the request is invalid."],
    query: ["InvalidClientTokenId", 403, "The security token included in the request is invalid."],
    ec2: ["AuthFailure", 401, "AWS was not able to validate the provided access credentials"],
    s3: ["InvalidAccessKeyId", 403, "The AWS Access Key Id you provided does not exist in our records."],
  },
  expiredToken: {
    json: ["ExpiredTokenException", 400, "The security token included in the request is expired"],
    restJson: ["ExpiredTokenException", 403, "The security token included in the request is expired"],
    query: ["ExpiredToken", 403, "The security token included in the request is expired"],
    ec2: ["RequestExpired", 400, "Request has expired."],
    s3: ["ExpiredToken", 400, "The provided token has expired."],
  },
  wrongScope: {
    json: ["InvalidSignatureException", 400],
    restJson: ["InvalidSignatureException", 403],
    query: ["SignatureDoesNotMatch", 403],
    ec2: ["AuthFailure", 401, "AWS was not able to validate the provided access credentials"],
    s3: ["AuthorizationHeaderMalformed", 400],
  },
  outsideWindow: {
    json: ["InvalidSignatureException", 400],
    restJson: ["InvalidSignatureException", 403],
    query: ["SignatureDoesNotMatch", 403],
    ec2: ["RequestExpired", 400, "Request has expired."],
    s3: ["RequestTimeTooSkewed", 403, "The difference between the request time and the current time is too large."],
  },
  presignedTooEarly: {
    json: ["InvalidSignatureException", 400],
    restJson: ["InvalidSignatureException", 403],
    query: ["SignatureDoesNotMatch", 403],
    ec2: ["RequestExpired", 400, "Request has expired."],
    s3: ["AccessDenied", 403, "Request is not valid yet"],
  },
  presignedExpired: {
    json: ["InvalidSignatureException", 400],
    restJson: ["InvalidSignatureException", 403],
    query: ["SignatureDoesNotMatch", 403],
    ec2: ["RequestExpired", 400, "Request has expired."],
    s3: ["AccessDenied", 403, "Request has expired"],
  },
  headerNotSigned: {
    json: ["InvalidSignatureException", 400],
    restJson: ["InvalidSignatureException", 403],
    query: ["SignatureDoesNotMatch", 403],
    ec2: ["AuthFailure", 401, "AWS was not able to validate the provided access credentials"],
    s3: ["AccessDenied", 403, "There were headers present in the request which were not signed"],
  },
  // EC2 tells a wrong secret and an unknown key alike, whatever its list of error codes says.
  mismatch: {
    json: ["InvalidSignatureException", 400],
    restJson: ["InvalidSignatureException", 403],
    query: ["SignatureDoesNotMatch", 403],
    ec2: ["AuthFailure", 401, "AWS was not able to validate the provided access credentials"],
    s3: [
      "SignatureDoesNotMatch",
      403,
      "The request signature we calculated does not match the signature you provided. Check your key and signing method.",
    ],
  },
  contentMismatch: {
    json: ["InvalidSignatureException", 400],
    restJson: ["InvalidSignatureException", 403],
    query: ["SignatureDoesNotMatch", 403],
    ec2: ["AuthFailure", 401, "AWS was not able to validate the provided access credentials"],
    s3: [
      "XAmzContentSHA256Mismatch",
      400,
      "The provided 'x-amz-content-sha256' header does not match what was computed.",
    ],
  },
  contentKind: {
    json: ["IncompleteSignatureException", 400],
    restJson: ["IncompleteSignatureException", 403],
    query: ["IncompleteSignature", 400],
    ec2: ["IncompleteSignature", 400],
    s3: ["InvalidRequest", 400],
  },
  // Bodies in signed chunks are S3's; should another service be sent one, its framing counts as part of the signature.
  missingLength: {
    json: ["IncompleteSignatureException", 400],
    restJson: ["IncompleteSignatureException", 403],
    query: ["IncompleteSignature", 400],
    ec2: ["IncompleteSignature", 400],
    s3: ["MissingContentLength", 411],
  },
  brokenChunks: {
    json: ["IncompleteSignatureException", 400],
    restJson: ["IncompleteSignatureException", 403],
    query: ["IncompleteSignature", 400],
    ec2: ["IncompleteSignature", 400],
    s3: ["IncompleteBody", 400],
  },
  brokenTrailer: {
    json: ["IncompleteSignatureException", 400],
    restJson: ["IncompleteSignatureException", 403],
    query: ["IncompleteSignature", 400],
    ec2: ["IncompleteSignature", 400],
    s3: ["MalformedTrailerError", 400],
  },
} as const satisfies Record<string, Record<SignatureFamily, Answer>>

/** Services that name the failures of a signature alike. */
export type SignatureFamily = "json" | "restJson" | "query" | "ec2" | "s3"
export type SignatureFailure = keyof typeof answers
type Answer = readonly [code: string, status: number, sentence?: string]

/** `signingName` is the service in a credential's scope: of those that speak XML over REST only S3 has its own words. */
export function signatureFamily(protocol: ProtocolName, signingName: string): SignatureFamily {
  switch (protocol) {
    case "awsJson1_0":
    case "awsJson1_1":
    case "rpcv2Cbor":
      return "json"
    case "restJson1":
      return "restJson"
    case "restXml":
      return signingName === "s3" ? "s3" : "query"
    case "awsQuery":
      return "query"
    case "ec2Query":
      return "ec2"
    default:
      return unreachable(protocol)
  }
}

/** Makes the fault for a failure, for the caller to throw. */
export type Refuse = (failure: SignatureFailure, sentence?: string) => Fault

const MISMATCH =
  "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key " +
  "and signing method. Consult the service documentation for details."

export function refusalsOf(family: SignatureFamily): Refuse {
  return (failure, sentence = MISMATCH) => {
    const [code, status, fixedSentence]: Answer = answers[failure][family]
    return new Fault(code, fixedSentence ?? sentence, { status })
  }
}
