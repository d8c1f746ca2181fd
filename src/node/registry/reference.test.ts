import fc from "fast-check"
import { expect, test } from "vitest"
import { EngineError } from "../engine/engine-error.ts"
import { familiarReference, formatReference, parseReference } from "./reference.ts"

const DIGEST = `sha256:${"0123456789abcdef".repeat(4)}`

test.each([
  ["nginx", "docker.io/library/nginx:latest", "nginx:latest"],
  ["nginx:1.27", "docker.io/library/nginx:1.27", "nginx:1.27"],
  ["docker.io/nginx", "docker.io/library/nginx:latest", "nginx:latest"],
  ["index.docker.io/library/nginx:1", "docker.io/library/nginx:1", "nginx:1"],
  ["grafana/grafana:11", "docker.io/grafana/grafana:11", "grafana/grafana:11"],
  ["localhost/web", "localhost/web:latest", "localhost/web:latest"],
  ["localhost:5000/web", "localhost:5000/web:latest", "localhost:5000/web:latest"],
  ["web:5000", "docker.io/library/web:5000", "web:5000"],
  ["[::1]:5000/web:2", "[::1]:5000/web:2", "[::1]:5000/web:2"],
  ["quay.io/a/b/c:x", "quay.io/a/b/c:x", "quay.io/a/b/c:x"],
  ["Team/web", "Team/web:latest", "Team/web:latest"],
  [
    "123456789012.dkr.ecr.us-east-1.amazonaws.com/app:v_1.2-3",
    "123456789012.dkr.ecr.us-east-1.amazonaws.com/app:v_1.2-3",
    "123456789012.dkr.ecr.us-east-1.amazonaws.com/app:v_1.2-3",
  ],
  [`nginx@${DIGEST}`, `docker.io/library/nginx@${DIGEST}`, `nginx@${DIGEST}`],
  [`a.example:8443/b:1@${DIGEST}`, `a.example:8443/b@${DIGEST}`, `a.example:8443/b@${DIGEST}`],
])("%s is %s in full and %s among friends", (text, full, familiar) => {
  const reference = parseReference(text)
  expect(formatReference(reference)).toBe(full)
  expect(familiarReference(reference)).toBe(familiar)
})

test.each([
  "",
  ":1",
  "Nginx",
  "a.example/Web",
  "web:",
  "web:-x",
  "web:a/b",
  "a//b",
  "/web",
  "web/",
  "../web",
  "a..b/c/.d",
  "web@sha256:short",
  `web@md5:${"0".repeat(32)}`,
  "web web",
  "web\n",
  "http://a.example/web",
  "user@a.example/web",
  `a/${"b".repeat(300)}`,
  "a.example:port/web",
])("%j is no reference", (text) => {
  expect(() => parseReference(text)).toThrow(EngineError)
})

test("what is written in full, or among friends, is read as the same again", () => {
  const component = fc.stringMatching(/^[a-z0-9]{1,5}([._-][a-z0-9]{1,3})?$/)
  const host = fc.constantFrom("docker.io", "localhost:5000", "a.example", "10.0.0.1:80")
  const path = fc.array(component, { minLength: 1, maxLength: 3 }).map((parts) => parts.join("/"))
  const end = fc.oneof(
    fc.constant(""),
    fc.constant(`@${DIGEST}`),
    fc.stringMatching(/^\w[\w.-]{0,9}$/).map((tag) => `:${tag}`),
  )
  fc.assert(
    fc.property(host, path, end, (host, path, end) => {
      const reference = parseReference(`${host}/${path}${end}`)
      expect(parseReference(formatReference(reference))).toEqual(reference)
      expect(parseReference(familiarReference(reference))).toEqual(reference)
    }),
  )
})
