/**
 * AWS Key Management Service.
 *
 * Covers: symmetric keys with aliases, policies, tags, grants, deletion after a waiting period and rotation, by time and on
 * demand; Encrypt, Decrypt, ReEncrypt, data keys, random bytes, with encryption contexts; HMAC keys with GenerateMac
 * and VerifyMac. AWS's own keys (`alias/aws/ssm` and the like) are made at their first use.
 *
 * Leaves out, and says so when asked: asymmetric keys and all that is done with them, multi-Region keys, imported key
 * material, custom key stores, Nitro enclaves (`Recipient`), grants for one source (`SourceArn`), when a key was last used.
 *
 * Kept without effect: a grant's token, since a grant holds at once; a grant for a service of AWS's, as none of them acts
 * here in its own name.
 *
 * Unlike AWS on purpose: what takes AWS minutes is in force at once. A rotation that is due is made when the key is next
 * looked at. Ciphertexts are of our own form. There are no quotas of requests.
 *
 * Key material lies in the journal sealed under a key that follows from the installation's master key; without that, the
 * journal opens nothing. Other services keep what is theirs through `sealFor` and `openFor`.
 */
import { service } from "../../aws/service.ts"
import { aliasOperations } from "./alias.ts"
import { dataKeyOperations } from "./data-key.ts"
import { deletionOperations, keyDeletion } from "./deletion.ts"
import { encryptOperations } from "./encrypt.ts"
import { unfit } from "./fault.ts"
import { grantOperations } from "./grant.ts"
import { keyOperations } from "./key.ts"
import { keyPolicyOperations } from "./key-policy.ts"
import { macOperations } from "./mac.ts"
import { rotationOperations } from "./rotation.ts"
import { aliases, grants, keyMaterials, keys } from "./tables.ts"
import { tagOperations } from "./tag.ts"

export { type Envelope, isManagedKey, openFor, type Sealing, sealFor } from "./envelope.ts"
export type { EncryptionContext } from "./material/ciphertext.ts"
export { open, seal } from "./material/seal.ts"

export const kms = service({
  name: "kms",
  targetPrefix: "TrentService",
  protocols: ["awsJson1_1"],
  sdk: () => import("@aws-sdk/client-kms"),
  operations: {
    ...keyOperations,
    ...keyPolicyOperations,
    ...aliasOperations,
    ...deletionOperations,
    ...rotationOperations,
    ...grantOperations,
    ...tagOperations,
    ...encryptOperations,
    ...dataKeyOperations,
    ...macOperations,
  },
  // What it does to the other key is asked for by its own name.
  actions: { ReEncrypt: "ReEncryptFrom" },
  tables: [keys, keyMaterials, aliases, grants],
  controllers: [keyDeletion],
  missing: ([path = ""]) => unfit(null, `${path.charAt(0).toLowerCase()}${path.slice(1)}`, "Member must not be null"),
})
