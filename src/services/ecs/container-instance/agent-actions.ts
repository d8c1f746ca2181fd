/**
 * What the key of a machine is made for, the only list of it: what AWS's own role for container instances may do, less
 * what agents never do, and with the log groups that `awslogs-create-group` asks for. Task protection is not in it, as agents ask for that with the credentials of the task.
 */
export const AGENT_ACTIONS: readonly string[] = [
  "ecs:CreateCluster",
  "ecs:DiscoverPollEndpoint",
  "ecs:ListTagsForResource",
  "ecs:Poll",
  "ecs:PollFabric",
  "ecs:RegisterContainerInstance",
  "ecs:StartTelemetrySession",
  "ecs:Submit*",
  "ecs:UpdateContainerInstancesState",
  "ecr:BatchCheckLayerAvailability",
  "ecr:BatchGetImage",
  "ecr:GetAuthorizationToken",
  "ecr:GetDownloadUrlForLayer",
  "logs:CreateLogGroup",
  "logs:CreateLogStream",
  "logs:PutLogEvents",
]
