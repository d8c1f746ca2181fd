import { Fault } from "../../aws/fault.ts"

/** S3's errors, most of which its SDK client does not declare; each with the status that S3 gives it. */
const SENTENCES = {
  NoSuchBucket: [404, "The specified bucket does not exist"],
  NoSuchKey: [404, "The specified key does not exist."],
  NoSuchBucketPolicy: [404, "The bucket policy does not exist"],
  BucketAlreadyExists: [
    409,
    "The requested bucket name is not available. The bucket namespace is shared by all users of the system. Please select a different name and try again.",
  ],
  BucketAlreadyOwnedByYou: [409, "Your previous request to create the named bucket succeeded and you already own it."],
  BucketNotEmpty: [409, "The bucket you tried to delete is not empty"],
  TooManyBuckets: [400, "You have attempted to create more buckets than allowed"],
  InvalidBucketName: [400, "The specified bucket is not valid."],
  IllegalLocationConstraintException: [
    400,
    "The unspecified location constraint is incompatible for the region specific endpoint this request was sent to.",
  ],
  KeyTooLongError: [400, "Your key is too long"],
  EntityTooLarge: [400, "Your proposed upload exceeds the maximum allowed size"],
  MalformedXML: [400, "The XML you provided was not well-formed or did not validate against our published schema"],
  MetadataTooLarge: [400, "Your metadata headers exceed the maximum allowed metadata size"],
  BadDigest: [400, "The Content-MD5 you specified did not match what we received."],
  InvalidArgument: [400, "Invalid Argument"],
  InvalidRequest: [
    400,
    "This copy request is illegal because it is trying to copy an object to itself without changing the object's metadata, storage class, website redirect location or encryption attributes.",
  ],
  InvalidRange: [416, "The requested range is not satisfiable"],
  NotModified: [304, "Not Modified"],
  PreconditionFailed: [412, "At least one of the pre-conditions you specified did not hold"],
} as const

export function s3Fault(code: keyof typeof SENTENCES, sentence?: string): Fault {
  const [status, usual] = SENTENCES[code]
  return new Fault(code, sentence ?? usual, { status })
}

/** Of S3, and not of this small one: told by name, so that nobody takes it for done. */
export function notHere(what: string): Fault {
  return new Fault(
    "NotImplemented",
    `Homeport's own buckets have no ${what}. They are for small files, such as those of environment variables.`,
    {
      status: 501,
    },
  )
}

export function wrongToken(): Fault {
  return s3Fault("InvalidArgument", "The continuation token provided is incorrect")
}

export function malformedPolicy(sentence: string): Fault {
  return new Fault("MalformedPolicy", sentence, { status: 400 })
}
