import { type DataDirectory, dataHint } from "../data.ts"

export interface FirstContainer {
  readonly data: DataDirectory
  readonly endpoint: string
  readonly engine: string
  readonly seconds: number
  readonly region: string
  readonly cluster: string
}

/**
 * What a newcomer pastes into a shell: a container that runs, and its log. The endpoint stands in every line, as older
 * versions of AWS's command line do not know the variable; the group is made first, so that there is something to follow.
 */
export function firstContainer({ data, endpoint, engine, seconds, region, cluster }: FirstContainer): string {
  const hint = dataHint(data) + (region === "us-east-1" ? "" : ` --region ${region}`)
  const where = cluster === "default" ? "" : ` --cluster ${cluster}`
  const definition = JSON.stringify([
    {
      name: "hello",
      image: IMAGE,
      memory: 64,
      command: ["echo", "Hello from a container"],
      logConfiguration: { logDriver: "awslogs", options: { "awslogs-group": "hello", "awslogs-region": region } },
    },
  ])
  return `Containers run on this machine through ${engine}, after ${seconds.toFixed(1)} s, in cluster "${cluster}" of ${region}. ${limitsOf(engine)}To run one and see its log:

eval "$(./homeport env${hint})"; export AWS_PAGER=
aws --endpoint-url ${endpoint} logs create-log-group --log-group-name hello
aws --endpoint-url ${endpoint} ecs register-task-definition --family hello --query taskDefinition.taskDefinitionArn --container-definitions '${definition}'
aws --endpoint-url ${endpoint} ecs run-task --task-definition hello${where} --query 'tasks[0].taskArn'
aws --endpoint-url ${endpoint} logs tail hello --follow`
}

/** What somebody who is used to AWS would otherwise wait for in vain. */
function limitsOf(engine: string): string {
  if (!engine.startsWith("docker")) return ""
  return "Docker gives tasks the network modes bridge, host and none; awsvpc and FARGATE need --engine containerd. "
}

const IMAGE = "public.ecr.aws/docker/library/busybox"
