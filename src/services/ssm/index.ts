/**
 * AWS Systems Manager, of which Homeport has the Parameter Store.
 *
 * Covers: parameters of all three types with versions, labels, history, tiers and allowed patterns; reading by name, ARN,
 * version, label and path; DescribeParameters with all its filters, also those of old; deletion; tags.
 * Of AWS's own parameters there are the images of ECS and Amazon Linux and the names of regions, with values of Homeport's.
 *
 * Leaves out, and says so when asked: everything else of Systems Manager; sharing parameters with other accounts and
 * their resource policies; parameters that stand for secrets (`/aws/reference/secretsmanager`); the data type
 * `aws:ssm:integration`; lookahead, lookbehind and back references in allowed patterns.
 *
 * Kept without effect: policies that notify (`ExpirationNotification`, `NoChangeNotification`), as there is nowhere to
 * send to yet. `Expiration` deletes. An image named with the data type `aws:ec2:image` is checked for its form only.
 *
 * Unlike AWS on purpose: the sealed value that is shown without `WithDecryption` cannot be handed to KMS. What is overwritten
 * keeps the key, pattern, tier and policies that are not said again. An allowed pattern holds where any part of the value
 * fits it. There are 10,000 parameters at most, whatever their tier, and no quotas of requests.
 *
 * SecureStrings are sealed through KMS in the caller's name; other values lie sealed under a key of the installation.
 */
import { service } from "../../aws/service.ts"
import { deleteParameterOperations } from "./delete-parameter.ts"
import { describeParametersOperations } from "./describe-parameters.ts"
import { unfit } from "./fault.ts"
import { getParameterOperations } from "./get-parameter.ts"
import { labelOperations } from "./label.ts"
import { parameterExpiry } from "./policy.ts"
import { putParameterOperations } from "./put-parameter.ts"
import { parameters, parameterVersions } from "./tables.ts"
import { tagOperations } from "./tag.ts"

export const ssm = service({
  name: "ssm",
  targetPrefix: "AmazonSSM",
  protocols: ["awsJson1_1"],
  sdk: () => import("@aws-sdk/client-ssm"),
  operations: {
    ...putParameterOperations,
    ...getParameterOperations,
    ...describeParametersOperations,
    ...deleteParameterOperations,
    ...labelOperations,
    ...tagOperations,
  },
  tables: [parameters, parameterVersions],
  controllers: [parameterExpiry],
  missing: ([path = ""]) => unfit(null, `${path.charAt(0).toLowerCase()}${path.slice(1)}`, "Member must not be null"),
})
