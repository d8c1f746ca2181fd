import { secretOf } from "../aws/credentials.ts"
import { createAccount, rootKeys } from "../services/accounts/index.ts"
import { INSTALLATION } from "../store/changes.ts"
import type { Store } from "../store/store.ts"
import { sleep, type World } from "../world/world.ts"
import type { Credentials } from "./control.ts"
import { Refusal } from "./exit.ts"
import type { OpenInstallation } from "./installation.ts"

/** Makes fresh accounts, a few at a time so that nobody else waits, and resolves when all of them are durable. */
export async function makeAccounts(
  world: World,
  store: Store,
  { masterKey }: OpenInstallation,
  count: number,
): Promise<Credentials[]> {
  if (!Number.isInteger(count) || count < 1 || count > ACCOUNTS_MAX) {
    throw new Refusal(`The number of accounts has to be between 1 and ${ACCOUNTS_MAX}.`)
  }
  const made: Credentials[] = []
  while (made.length < count) {
    const outcome = store.attempt(INSTALLATION, (tx) => {
      const several = Math.min(ACCOUNTS_PER_TURN, count - made.length)
      return Array.from({ length: several }, () => createAccount(tx, world.now(), world.random).accessKey)
    })
    if (!outcome.ok) throw outcome.error
    for (const { id, account } of outcome.value)
      made.push({ account, accessKeyId: id, secretAccessKey: secretOf(masterKey, id) })
    if (made.length === count) await store.whenDurable(outcome.version)
    else await sleep(world, 0)
  }
  return made
}

/** The root key of the first account, for `homeport env`. */
export function firstCredentials(store: Store, { masterKey, installation }: OpenInstallation): Credentials {
  const account = installation.firstAccount
  const accessKey = store.transact(INSTALLATION, (tx) => rootKeys(tx, account)).find(({ isInactive }) => !isInactive)
  if (accessKey === undefined) throw new Refusal(`The root of account ${account} has no access key.`)
  return { account, accessKeyId: accessKey.id, secretAccessKey: secretOf(masterKey, accessKey.id) }
}

const ACCOUNTS_PER_TURN = 100
const ACCOUNTS_MAX = 100_000
