import { expect, test } from "vitest"
import { readChallenge } from "./challenge.ts"

test.each([
  [undefined, undefined],
  ["", undefined],
  ["Negotiate", undefined],
  ['Basic realm="x"', { scheme: "basic" }],
  ["basic", { scheme: "basic" }],
  [
    'Bearer realm="https://auth.docker.io/token",service="registry.docker.io",scope="repository:library/nginx:pull"',
    {
      scheme: "bearer",
      realm: "https://auth.docker.io/token",
      service: "registry.docker.io",
      scope: "repository:library/nginx:pull",
    },
  ],
  ["bearer realm=https://a.example/t", { scheme: "bearer", realm: "https://a.example/t" }],
  ['Basic realm="x", Bearer realm="https://a.example/t"', { scheme: "bearer", realm: "https://a.example/t" }],
  ['Bearer service="nobody"', undefined],
])("WWW-Authenticate: %s", (header, challenge) => {
  expect(readChallenge(header)).toEqual(challenge)
})
