import type { Call } from "../../../aws/operations.ts"
import { checkContainers } from "./check/containers.ts"
import { checkDependencies } from "./check/dependencies.ts"
import { checkLimits } from "./check/limits.ts"
import { checkLogging } from "./check/logging.ts"
import { checkNetwork } from "./check/network.ts"
import { checkProxy } from "./check/proxy.ts"
import { checkSecrets } from "./check/secrets.ts"
import { checkSizes } from "./check/sizes.ts"
import { checkSupported } from "./check/supported.ts"
import { checkValues } from "./check/values.ts"
import { checkVolumes } from "./check/volumes.ts"
import { checkCompatibilities } from "./compatibilities.ts"
import type { FilledDefinition } from "./fill.ts"

/**
 * Throws AWS's sentence for the first thing that is wrong. Of AWS's order little is known: what is wrong with a container
 * comes before what its launch type does not allow. What works on AWS and not here comes last.
 */
export function checkDefinition(owner: Pick<Call, "account" | "region">, definition: FilledDefinition): void {
  checkContainers(definition)
  checkValues(definition)
  checkSizes(definition)
  checkLimits(definition)
  checkNetwork(definition)
  checkProxy(definition)
  checkVolumes(definition)
  checkDependencies(definition)
  checkLogging(definition)
  checkSecrets(owner, definition)
  checkCompatibilities(definition)
  checkSupported(definition)
}
