/** What AWS calls the roles that services have of their own, by the service's principal. */
export interface LinkedRole {
  readonly name: string
  readonly description: string

  /** The names of the policies of AWS's that it comes with. */
  readonly policies: readonly string[]

  /** Whether there may be several, told apart by a suffix. */
  readonly takesSuffix?: boolean
}

export const LINKED_ROLES: Readonly<Record<string, LinkedRole>> = {
  "ecs.amazonaws.com": {
    name: "AWSServiceRoleForECS",
    description: "Role to enable Amazon ECS to manage your cluster.",
    policies: ["aws-service-role/AmazonECSServiceRolePolicy"],
  },
  "ecs-compute.amazonaws.com": {
    name: "AWSServiceRoleForECSCompute",
    description: "Role to enable Amazon ECS to manage your compute.",
    policies: ["aws-service-role/AmazonECSComputeServiceRolePolicy"],
  },
  "autoscaling.amazonaws.com": {
    name: "AWSServiceRoleForAutoScaling",
    description:
      "Default Service-Linked Role enables access to AWS Services and Resources used or managed by Auto Scaling",
    policies: ["aws-service-role/AutoScalingServiceRolePolicy"],
    takesSuffix: true,
  },
  "ecs.application-autoscaling.amazonaws.com": {
    name: "AWSServiceRoleForApplicationAutoScaling_ECSService",
    description: "Role to enable Application Auto Scaling to scale your services.",
    policies: ["aws-service-role/AWSApplicationAutoscalingECSServicePolicy"],
  },
  "elasticloadbalancing.amazonaws.com": {
    name: "AWSServiceRoleForElasticLoadBalancing",
    description: "Allows ELB to call AWS services on your behalf.",
    policies: ["aws-service-role/AWSElasticLoadBalancingServiceRolePolicy"],
  },
  "spot.amazonaws.com": {
    name: "AWSServiceRoleForEC2Spot",
    description: "Default EC2 Spot Service Linked Role",
    policies: ["aws-service-role/AWSEC2SpotServiceRolePolicy"],
  },
  "replication.ecr.amazonaws.com": {
    name: "AWSServiceRoleForECRReplication",
    description: "Allows Amazon ECR to replicate images to other regions and accounts.",
    policies: ["aws-service-role/ECRReplicationServiceRolePolicy"],
  },
  "pullthroughcache.ecr.amazonaws.com": {
    name: "AWSServiceRoleForECRPullThroughCache",
    description: "Allows Amazon ECR to keep images of other registries.",
    policies: ["aws-service-role/AWSECRPullThroughCache_ServiceRolePolicy"],
  },
  "events.amazonaws.com": {
    name: "AWSServiceRoleForCloudWatchEvents",
    description: "Allows CloudWatch Events to act on alarms.",
    policies: ["aws-service-role/CloudWatchEventsServiceRolePolicy"],
  },
}
