import { expect, test } from "vitest"
import { dataDirectory } from "../data.ts"
import { firstContainer } from "./first-container.ts"

const options = {
  data: dataDirectory("/srv/homeport"),
  endpoint: "http://127.0.0.1:4566",
  engine: "containerd 1.6.20",
  seconds: 0.42,
  region: "us-east-1",
  cluster: "default",
}

test("every line of the example goes to this region and none waits for a key in a pager", () => {
  const [sentence, example] = firstContainer(options).split("\n\n")
  expect(sentence).toContain("through containerd 1.6.20, after 0.4 s")
  const [environment, ...lines] = example!.split("\n")
  expect(environment).toBe('eval "$(./homeport env --data /srv/homeport)"; export AWS_PAGER=')
  expect(lines).toHaveLength(4)
  for (const line of lines) expect(line).toMatch(/^aws --endpoint-url http:\/\/127\.0\.0\.1:4566 (ecs|logs) /)
})

test("another region and cluster stand where they are needed", () => {
  const text = firstContainer({ ...options, region: "eu-west-1", cluster: "shop" })
  expect(text).toContain("--region eu-west-1)")
  expect(text).toContain('"awslogs-region":"eu-west-1"')
  expect(text).toContain("run-task --task-definition hello --cluster shop ")
})

test("through Docker it is said what Docker cannot give", () => {
  const said = "awsvpc and FARGATE need --engine containerd"
  expect(firstContainer({ ...options, engine: "docker 28.2.2" })).toContain(said)
  expect(firstContainer(options)).not.toContain(said)
})
