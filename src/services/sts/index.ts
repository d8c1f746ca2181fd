/**
 * AWS Security Token Service.
 *
 * Covers: GetCallerIdentity.
 *
 * Leaves out, and says so when asked: everything that makes temporary credentials; it comes with IAM's roles.
 */
import { service } from "../../aws/service.ts"
import { callerOperations } from "./caller.ts"

export const sts = service({
  name: "sts",
  queryVersion: "2011-06-15",
  protocols: ["awsQuery"],
  sdk: () => import("@aws-sdk/client-sts"),
  operations: callerOperations,
})
