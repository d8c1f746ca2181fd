import { secretOf } from "../aws/credentials.ts"
import type { HttpRequest, HttpResponse } from "../aws/http.ts"
import { accounts, createAccessKey, createJoinToken, type Place, redeemJoinToken } from "../services/accounts/index.ts"
import { AGENT_ACTIONS, clusters } from "../services/ecs/index.ts"
import { INSTALLATION, regionScope } from "../store/changes.ts"
import type { Store } from "../store/store.ts"
import type { World } from "../world/world.ts"
import { EXIT, Refusal } from "./exit.ts"
import type { OpenInstallation } from "./installation.ts"
import { type JoinWord, readJoinWord } from "./join-token.ts"
import { JOIN_PATH, type Membership } from "./join-wire.ts"

// How a machine comes to have a place and a key: the one that `homeport up` runs on by the control socket, others by a token.

export interface Joining {
  readonly world: World
  readonly store: Store
  readonly opened: OpenInstallation
}

/** For the machine that the region runs on: who asks could read the master key as well. */
export async function join({ world, store, opened }: Joining, place: Place): Promise<Membership> {
  mustExist(store, place)
  const outcome = store.attempt(INSTALLATION, (tx) => {
    return createAccessKey(tx, { account: place.account, only: AGENT_ACTIONS, createdAt: world.now() }, world.random)
  })
  if (!outcome.ok) throw outcome.error
  await store.whenDurable(outcome.version)
  return membership(opened, place, outcome.value.id)
}

export async function makeJoinToken({ world, store }: Joining, place: Place, msValid: number): Promise<JoinWord> {
  mustExist(store, place)
  const outcome = store.attempt(INSTALLATION, (tx) =>
    createJoinToken(tx, place, { now: world.now(), msValid, random: world.random }),
  )
  if (!outcome.ok) throw outcome.error
  await store.whenDurable(outcome.version)
  return { id: outcome.value.token.id, secret: outcome.value.secret }
}

/** A machine in a place that is not there would be refused later, where nobody sees it. Agents make `default` themselves. */
function mustExist(store: Store, { kind, account, region, cluster }: Place): void {
  if (kind === "fargate") return
  if (!store.transact(INSTALLATION, (tx) => tx.get(accounts, account) !== undefined))
    throw new Refusal(`There is no account ${account}.`, EXIT.failed)
  const named = store.transact(regionScope(account, region), (tx) => tx.all(clusters))
  if (cluster === "default" || named.some(({ name, status }) => name === cluster && status === "ACTIVE")) return
  throw new Refusal(
    `There is no cluster "${cluster}" in ${region} of account ${account}. Make it first: aws ecs create-cluster --region ${region} --cluster-name ${cluster}`,
    EXIT.failed,
  )
}

/** Whether a request is of a machine that wants to join: a signed one is for a service, whatever its path. */
export function isJoinRequest({ method, path, headers }: Pick<HttpRequest, "method" | "path" | "headers">): boolean {
  return method === "POST" && path === JOIN_PATH && headers.authorization === undefined
}

export async function answerJoinRequest(joining: Joining, { body }: HttpRequest): Promise<HttpResponse> {
  // A body without a length, or a large one, comes in pieces; that of a token never does.
  const word = body instanceof Uint8Array && body.length < WORD_BYTES_MAX ? readJoinWord(textOf(body)) : undefined
  if (word === undefined) return refusal(400, "This is not a token; make one with: homeport token create")
  const { world, store, opened } = joining
  const outcome = store.attempt(INSTALLATION, (tx) =>
    redeemJoinToken(tx, word, { now: world.now(), random: world.random, only: AGENT_ACTIONS }),
  )
  if (!outcome.ok) throw outcome.error
  await store.whenDurable(outcome.version)
  if (outcome.value === undefined || !store.mayAnswer()) {
    return refusal(403, "The token was used already, or has run out. Make a new one with: homeport token create")
  }
  const { place, accessKey } = outcome.value
  world.log.info("a machine has joined", { ...place, accessKeyId: accessKey.id })
  return { status: 200, headers: HEADERS, body: JSON.stringify(membership(opened, place, accessKey.id)) }
}

function membership({ masterKey }: OpenInstallation, place: Place, accessKeyId: string): Membership {
  return { place, accessKeyId, secretAccessKey: secretOf(masterKey, accessKeyId) }
}

function refusal(status: number, message: string): HttpResponse {
  return { status, headers: HEADERS, body: JSON.stringify({ message }) }
}

function textOf(body: Uint8Array): string {
  return Buffer.from(body).toString("latin1")
}

const HEADERS = { "content-type": "application/json", "cache-control": "no-store" }
const WORD_BYTES_MAX = 1_000
