import { TryFailed } from "./retry.ts"

/**
 * What kept a request from being answered, in the words that ECS shows (those of its Go programs), which people search
 * for. The query is left out: where a registry sends us on to, it may be as good as a password.
 */
export function networkError(method: string, url: URL, error: unknown): TryFailed {
  const verb = method[0] + method.slice(1).toLowerCase()
  return new TryFailed(
    "registry failed",
    `failed to do request: ${verb} "${url.origin}${url.pathname}": ${reasonOf(url, error)}`,
  )
}

function reasonOf(url: URL, error: unknown): string {
  const { code = "", address, port, message } = error as NodeJS.ErrnoException & { address?: string; port?: number }
  const peer = address === undefined ? url.host : `${address}:${port}`
  switch (code) {
    case "ECONNREFUSED":
      return `dial tcp ${peer}: connect: connection refused`
    case "EHOSTUNREACH":
      return `dial tcp ${peer}: connect: no route to host`
    case "ENETUNREACH":
      return `dial tcp ${peer}: connect: network is unreachable`
    case "ETIMEDOUT":
      return `dial tcp ${peer}: i/o timeout`
    case "ENOTFOUND":
      return `dial tcp: lookup ${url.hostname}: no such host`
    case "EAI_AGAIN":
      return `dial tcp: lookup ${url.hostname}: Temporary failure in name resolution`
    case "ECONNRESET":
      return "unexpected EOF"
    default:
      return CERTIFICATE.test(code) ? `tls: failed to verify certificate: x509: ${message}` : message || code
  }
}

const CERTIFICATE = /CERT|SELF_SIGNED|UNABLE_TO|ALTNAME/
