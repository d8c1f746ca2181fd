import type * as sdk from "@aws-sdk/client-iam"
import type { Operations } from "../../aws/operations.ts"
import { inCapitals } from "../../aws/tags.ts"
import { alreadyExists, fault, invalid, overQuota } from "./fault.ts"
import { checkLength } from "./names.ts"
import { permittedProvider, providerArn } from "./open-id-provider-name.ts"
import { type OpenIdProvider, openIdProviders } from "./tables.ts"
import { adding } from "./tag.ts"

const PROVIDERS_MAX = 100
const CLIENT_IDS_MAX = 100
const THUMBPRINTS_MAX = 5

export const openIdProviderOperations = {
  CreateOpenIDConnectProvider(call, { Url, ClientIDList = [], ThumbprintList = [], Tags }) {
    const host = hostOf(Url!)
    const { added, conditions } = adding(Tags)
    const provider: OpenIdProvider = {
      host,
      clientIds: [...new Set(ClientIDList)],
      thumbprints: ThumbprintList,
      tags: added,
      createdAt: call.now,
    }
    call.authorize(providerArn(call, provider), conditions)
    checkClientIds(provider.clientIds)
    checkThumbprints(ThumbprintList)
    if (call.tx.get(openIdProviders, host) !== undefined) {
      throw alreadyExists(`Provider with url ${Url} already exists.`)
    }
    if (call.tx.count(openIdProviders) >= PROVIDERS_MAX) {
      throw overQuota("OpenIDConnectProvidersPerAccount", PROVIDERS_MAX)
    }
    call.tx.put(openIdProviders, provider)
    return {
      OpenIDConnectProviderArn: providerArn(call, provider),
      ...(added.length > 0 && { Tags: inCapitals(added) }),
    }
  },

  GetOpenIDConnectProvider(call, { OpenIDConnectProviderArn }) {
    const { host, clientIds, thumbprints, tags, createdAt } = permittedProvider(call, OpenIDConnectProviderArn!)
    return {
      Url: host,
      ClientIDList: [...clientIds],
      ThumbprintList: [...thumbprints],
      CreateDate: new Date(createdAt),
      Tags: inCapitals(tags),
    }
  },

  ListOpenIDConnectProviders(call) {
    call.authorize(providerArn(call, { host: "*" }))
    const found = call.tx.list(openIdProviders)
    return { OpenIDConnectProviderList: found.map((provider) => ({ Arn: providerArn(call, provider) })) }
  },

  DeleteOpenIDConnectProvider(call, { OpenIDConnectProviderArn }) {
    call.tx.delete(openIdProviders, permittedProvider(call, OpenIDConnectProviderArn!).host)
    return {}
  },

  AddClientIDToOpenIDConnectProvider(call, { OpenIDConnectProviderArn, ClientID }) {
    const provider = permittedProvider(call, OpenIDConnectProviderArn!)
    const clientIds = [...new Set([...provider.clientIds, ClientID!])]
    checkClientIds(clientIds)
    call.tx.put(openIdProviders, { ...provider, clientIds })
    return {}
  },

  RemoveClientIDFromOpenIDConnectProvider(call, { OpenIDConnectProviderArn, ClientID }) {
    const provider = permittedProvider(call, OpenIDConnectProviderArn!)
    call.tx.put(openIdProviders, { ...provider, clientIds: provider.clientIds.filter((id) => id !== ClientID) })
    return {}
  },

  UpdateOpenIDConnectProviderThumbprint(call, { OpenIDConnectProviderArn, ThumbprintList }) {
    const provider = permittedProvider(call, OpenIDConnectProviderArn!)
    checkThumbprints(ThumbprintList!)
    call.tx.put(openIdProviders, { ...provider, thumbprints: ThumbprintList! })
    return {}
  },
} satisfies Operations<typeof sdk>

/** What is left of an issuer's URL: its scheme is always the same. */
function hostOf(url: string): string {
  checkLength(url, "url", 1, 255)
  const [, host] = /^https:\/\/([a-z0-9.-]+(?:\/[\w.~%/-]+)?)$/i.exec(url) ?? []
  if (host === undefined || host.endsWith("/")) {
    throw invalid(
      "Invalid Open ID Connect Provider URL: it must begin with https:// and have no port, query or fragment.",
    )
  }
  return host
}

function checkClientIds(clientIds: readonly string[]): void {
  if (clientIds.length > CLIENT_IDS_MAX) throw overQuota("ClientIdsPerOpenIdConnectProvider", CLIENT_IDS_MAX)
  for (const id of clientIds) checkLength(id, "clientID", 1, 255)
}

function checkThumbprints(thumbprints: readonly string[]): void {
  if (thumbprints.length > THUMBPRINTS_MAX) {
    throw fault("InvalidInputException", `Thumbprint list must contain fewer than ${THUMBPRINTS_MAX} entries.`)
  }
  for (const thumbprint of thumbprints) checkLength(thumbprint, "thumbprintList", 40, 40)
}
