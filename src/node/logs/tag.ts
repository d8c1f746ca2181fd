import { readDockerConfig } from "../agent/task/docker-config.ts"
import { LogRefusal, type LogTarget } from "./driver.ts"
import { compilePattern } from "./pattern.ts"

/** The `tag` option with what its marks stand for; Docker's default is the short id. */
export function tagOf(target: LogTarget, otherwise = "{{.ID}}"): string {
  const { container } = target
  const image = askedFor(target)?.image ?? ""
  const imageId = container.imageId ?? ""
  const marks: Readonly<Record<string, string>> = {
    ID: container.id.slice(0, SHORT_ID_LENGTH),
    FullID: container.id,
    Name: container.runtimeName,
    ImageID: imageId.replace(/^sha256:/, "").slice(0, SHORT_ID_LENGTH),
    ImageFullID: imageId,
    ImageName: image,
    DaemonName: "homeport",
  }
  return (target.options.tag || otherwise).replaceAll(/\{\{(.*?)\}\}/g, (found, inside: string) => {
    const value = marks[inside.trim().replace(/^\./, "")]
    if (value === undefined) throw new LogRefusal(`failed to parse log tag: ${found} stands for nothing`)
    return value
  })
}

/** Those of the container's labels and variables that the options ask for; undefined when they ask for none. */
export function attributesOf(target: LogTarget): Readonly<Record<string, string>> | undefined {
  const { labels, "labels-regex": labelsPattern, env, "env-regex": envPattern, tag } = target.options
  if (!labels && !labelsPattern && !env && !envPattern && !tag) return undefined
  const asked = askedFor(target)
  const config = readDockerConfig(asked?.dockerConfig)
  const variables = { ...asked?.environment, ...config.environment }
  return {
    ...pick({ ...config.labels, ...ecsLabels(target) }, labels, labelsPattern),
    ...pick(variables, env, envPattern),
    ...(tag && { tag: tagOf(target) }),
  }
}

function pick(values: Readonly<Record<string, string>>, names: string | undefined, pattern: string | undefined) {
  const named = new Set((names ?? "").split(",").filter(Boolean))
  const matches = pattern ? compile(pattern) : undefined
  return Object.fromEntries(Object.entries(values).filter(([name]) => named.has(name) || matches?.test(name)))
}

function compile(pattern: string): RegExp {
  try {
    return compilePattern(pattern)
  } catch (error) {
    throw new LogRefusal(`error parsing regexp: ${error instanceof Error ? error.message : error}`)
  }
}

function ecsLabels({ task: { arn, payload }, container }: LogTarget): Readonly<Record<string, string>> {
  return {
    ...(payload.taskClusterArn !== undefined && { "com.amazonaws.ecs.cluster": payload.taskClusterArn }),
    "com.amazonaws.ecs.container-name": container.name,
    "com.amazonaws.ecs.task-arn": arn,
    "com.amazonaws.ecs.task-definition-family": payload.family,
    "com.amazonaws.ecs.task-definition-version": payload.version,
  }
}

export function askedFor({ task, container }: LogTarget) {
  return task.payload.containers.find(({ name }) => name === container.name)
}

const SHORT_ID_LENGTH = 12
