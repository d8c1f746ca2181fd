import { Fault } from "./fault.ts"
import type { SignatureFamily as Family } from "./signature-faults.ts"

/**
 * What any service may answer, whatever is asked of it. Each family of services has its own code and status for it,
 * so the code is chosen when it is known which family's words the caller understands.
 */
export class CommonFault extends Fault {
  readonly kind: CommonFaultKind

  constructor(kind: CommonFaultKind, message: string) {
    const [code, status] = CODES[kind].json
    super(code, message, { status })
    this.kind = kind
  }

  inWordsOf(family: Family): Fault {
    const [code, status] = CODES[this.kind][family]
    return new Fault(code, this.message, { status })
  }
}

export type CommonFaultKind = keyof typeof CODES

type Answer = readonly [code: string, status: number]

const CODES = {
  denied: {
    json: ["AccessDeniedException", 400],
    restJson: ["AccessDeniedException", 403],
    query: ["AccessDenied", 403],
    ec2: ["UnauthorizedOperation", 403],
    s3: ["AccessDenied", 403],
  },
  throttled: {
    json: ["ThrottlingException", 400],
    restJson: ["ThrottlingException", 429],
    query: ["Throttling", 400],
    ec2: ["RequestLimitExceeded", 503],
    s3: ["SlowDown", 503],
  },
  unknownOperation: {
    json: ["UnknownOperationException", 400],
    restJson: ["UnknownOperationException", 404],
    query: ["InvalidAction", 400],
    ec2: ["InvalidAction", 400],
    s3: ["MethodNotAllowed", 405],
  },
  // AWS has it and Homeport does not; no family has a word for that, and this one is not taken for a passing fault.
  notHereYet: {
    json: ["NotImplemented", 501],
    restJson: ["NotImplemented", 501],
    query: ["NotImplemented", 501],
    ec2: ["NotImplemented", 501],
    s3: ["NotImplemented", 501],
  },
  tooLarge: {
    json: ["RequestEntityTooLargeException", 413],
    restJson: ["RequestEntityTooLargeException", 413],
    query: ["RequestEntityTooLarge", 413],
    ec2: ["RequestEntityTooLarge", 413],
    s3: ["EntityTooLarge", 400],
  },
  malformedBody: {
    json: ["SerializationException", 400],
    restJson: ["SerializationException", 400],
    query: ["MalformedInput", 400],
    ec2: ["MalformedInput", 400],
    s3: ["MalformedXML", 400],
  },
  unavailable: {
    json: ["ServiceUnavailableException", 503],
    restJson: ["ServiceUnavailableException", 503],
    query: ["ServiceUnavailable", 503],
    ec2: ["Unavailable", 503],
    s3: ["ServiceUnavailable", 503],
  },
  internal: {
    json: ["InternalFailure", 500],
    restJson: ["InternalFailure", 500],
    query: ["InternalFailure", 500],
    ec2: ["InternalError", 500],
    s3: ["InternalError", 500],
  },
} as const satisfies Record<string, Record<Family, Answer>>
