import type * as sdk from "@aws-sdk/client-iam"
import { globalArnOf } from "../../aws/arn.ts"
import type { Call, Operations } from "../../aws/operations.ts"
import { fault, noSuchEntity } from "./fault.ts"
import { permitted, userKind } from "./kind.ts"
import { ownName } from "./user.ts"

/**
 * What users cannot have here: passwords, second factors, certificates and the like. Tools look for it before they
 * delete a user, and learn the truth: there is none.
 */
export const absentOperations = {
  GetLoginProfile(call, { UserName }) {
    return refuseLogin(call, UserName)
  },

  DeleteLoginProfile(call, { UserName }) {
    return refuseLogin(call, UserName)
  },

  ListMFADevices(call, { UserName }) {
    permittedUser(call, UserName)
    return { MFADevices: [], IsTruncated: false }
  },

  ListSigningCertificates(call, { UserName }) {
    permittedUser(call, UserName)
    return { Certificates: [], IsTruncated: false }
  },

  ListSSHPublicKeys(call, { UserName }) {
    permittedUser(call, UserName)
    return { SSHPublicKeys: [], IsTruncated: false }
  },

  ListServiceSpecificCredentials(call, { UserName }) {
    permittedUser(call, UserName)
    return { ServiceSpecificCredentials: [], IsTruncated: false }
  },

  ListVirtualMFADevices(call) {
    call.authorize(globalArnOf("iam", call, "mfa/*"))
    return { VirtualMFADevices: [], IsTruncated: false }
  },

  ListServerCertificates(call) {
    call.authorize(globalArnOf("iam", call, "server-certificate/*"))
    return { ServerCertificateMetadataList: [], IsTruncated: false }
  },

  ListSAMLProviders(call) {
    call.authorize("*")
    return { SAMLProviderList: [] }
  },

  GetCredentialReport(call) {
    call.authorize("*")
    throw fault(
      "CredentialReportNotPresentException",
      "Homeport makes no credential reports. Use ListUsers and ListAccessKeys, or GetAccountAuthorizationDetails.",
    )
  },
} satisfies Operations<typeof sdk>

function permittedUser(call: Call, sent: string | undefined): void {
  const name = sent ?? ownName(call)
  if (name === undefined) call.authorize(call.principal.arn)
  else permitted(call, userKind, name)
}

function refuseLogin(call: Call, sent: string | undefined): never {
  permittedUser(call, sent)
  throw noSuchEntity(`Login Profile for User ${sent ?? ownName(call) ?? "root"} cannot be found.`)
}
