import { expect, test } from "vitest"
import { handleIntrospection } from "./introspection.ts"
import { ARN, aContainerRecord, anAgent, aRequest, aTaskRecord } from "./testing.ts"

const other = aTaskRecord("2", {
  knownStatus: "CREATED",
  containers: [aContainerRecord({ id: "ea32ffff", knownStatus: "CREATED" })],
})
const agent = anAgent([aTaskRecord(), other])
const ask = (url: string, asked = agent) => handleIntrospection(aRequest(url), asked, "1.2.3")

test("metadata says which instance the agent is, once it is one", () => {
  expect(ask("/v1/metadata").body).toEqual({
    Cluster: "default",
    ContainerInstanceArn: "arn:aws:ecs:us-west-2:111122223333:container-instance/default/1",
    Version: "Homeport Agent - v1.2.3",
  })
  expect(ask("/v1/metadata", anAgent([], { containerInstanceArn: undefined })).body).toMatchObject({
    ContainerInstanceArn: null,
  })
})

test("all tasks are listed with their status as the region knows it", () => {
  expect(ask("/v1/tasks").body).toMatchObject({
    Tasks: [
      {
        Arn: ARN,
        DesiredStatus: "RUNNING",
        KnownStatus: "RUNNING",
        Family: "web",
        Version: "3",
        Containers: [
          {
            DockerId: aContainerRecord().id,
            DockerName: "ecs-web-3-app-cca48e8dcadd97805600",
            Name: "app",
            Image: "busybox:latest",
            Networks: [{ NetworkMode: "bridge", IPv4Addresses: ["172.17.0.2"] }],
          },
        ],
      },
      { Arn: other.arn, KnownStatus: "PENDING" },
    ],
  })
})

test.each([
  [`/v1/tasks?taskarn=${ARN}`, 200, ARN],
  [`/v1/tasks?dockerid=${aContainerRecord().id}`, 200, ARN],
  ["/v1/tasks?dockerid=ea32192c8553", 200, ARN],
  ["/v1/tasks?dockerid=ea32ffff", 200, other.arn],
  ["/v1/tasks?dockerid=ea32", 400, ""],
  ["/v1/tasks?dockerid=", 404, ""],
  ["/v1/tasks?dockerid=ffff", 404, ""],
  ["/v1/tasks?taskarn=ffff", 404, ""],
  [`/v1/tasks?taskarn=${ARN}&dockerid=ea32192c8553`, 400, ""],
])("%s is answered with %s", (url, status, arn) => {
  expect(ask(url)).toMatchObject({ status, body: { Arn: arn } })
})

test("whatever else is asked, the commands are named", () => {
  expect(ask("/")).toEqual({ status: 200, body: { AvailableCommands: ["/v1/metadata", "/v1/tasks"] } })
})
