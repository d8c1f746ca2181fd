import { type AwsPolicy, actionsOf, allow } from "./statement.ts"

/** What services may with the roles that are their own; nobody else can have these attached on AWS. */
export const linkedRolePolicies: readonly AwsPolicy[] = [
  {
    name: "aws-service-role/AmazonECSServiceRolePolicy",
    description: "Lets ECS manage what its tasks and services need.",
    statements: [
      allow([
        ...actionsOf("ec2", [
          "AttachNetworkInterface",
          "CreateNetworkInterface",
          "CreateNetworkInterfacePermission",
          "DeleteNetworkInterface",
          "DeleteNetworkInterfacePermission",
          "Describe*",
          "DetachNetworkInterface",
        ]),
        ...actionsOf("elasticloadbalancing", [
          "DeregisterInstancesFromLoadBalancer",
          "DeregisterTargets",
          "Describe*",
          "RegisterInstancesWithLoadBalancer",
          "RegisterTargets",
        ]),
        ...actionsOf("route53", [
          "ChangeResourceRecordSets",
          "CreateHealthCheck",
          "DeleteHealthCheck",
          "Get*",
          "List*",
          "UpdateHealthCheck",
        ]),
        ...actionsOf("servicediscovery", [
          "DeregisterInstance",
          "Get*",
          "List*",
          "RegisterInstance",
          "UpdateInstanceCustomHealthStatus",
        ]),
      ]),
      allow(["ec2:CreateTags"], "arn:aws:ec2:*:*:network-interface/*"),
      allow(["autoscaling:Describe*"]),
      allow(
        actionsOf("autoscaling", [
          "DeletePolicy",
          "PutScalingPolicy",
          "SetInstanceProtection",
          "UpdateAutoScalingGroup",
          "PutLifecycleHook",
          "DeleteLifecycleHook",
          "CompleteLifecycleAction",
          "RecordLifecycleActionHeartbeat",
        ]),
        "*",
        { Null: { "autoscaling:ResourceTag/AmazonECSManaged": "false" } },
      ),
      allow(
        ["cloudwatch:DeleteAlarms", "cloudwatch:DescribeAlarms", "cloudwatch:PutMetricAlarm"],
        "arn:aws:cloudwatch:*:*:alarm:*",
      ),
      allow(
        actionsOf("logs", [
          "CreateLogGroup",
          "CreateLogStream",
          "DescribeLogGroups",
          "DescribeLogStreams",
          "PutLogEvents",
          "PutRetentionPolicy",
        ]),
        "arn:aws:logs:*:*:log-group:/aws/ecs/*",
      ),
    ],
  },
  {
    name: "aws-service-role/AmazonECSComputeServiceRolePolicy",
    description: "Lets ECS manage machines for its tasks.",
    statements: [allow(["ec2:Describe*"])],
  },
  {
    name: "aws-service-role/AutoScalingServiceRolePolicy",
    description: "Lets Auto Scaling start and end machines.",
    statements: [
      allow([
        ...actionsOf("ec2", [
          "AttachClassicLinkVpc",
          "CancelSpotInstanceRequests",
          "CreateFleet",
          "CreateTags",
          "DeleteTags",
          "Describe*",
          "GetInstanceTypesFromInstanceRequirements",
          "ModifyInstanceAttribute",
          "RequestSpotInstances",
          "RunInstances",
          "StartInstances",
          "StopInstances",
          "TerminateInstances",
        ]),
        ...actionsOf("elasticloadbalancing", ["Register*", "Deregister*", "Describe*"]),
        ...actionsOf("cloudwatch", ["DeleteAlarms", "DescribeAlarms", "GetMetricData", "PutMetricAlarm"]),
        "sns:Publish",
      ]),
      allow(["iam:PassRole"], "*", { StringLike: { "iam:PassedToService": "ec2.amazonaws.com*" } }),
    ],
  },
  {
    name: "aws-service-role/AWSApplicationAutoscalingECSServicePolicy",
    description: "Lets Application Auto Scaling change how many tasks a service has.",
    statements: [
      allow([
        "ecs:DescribeServices",
        "ecs:UpdateService",
        ...actionsOf("cloudwatch", ["PutMetricAlarm", "DescribeAlarms", "DeleteAlarms", "GetMetricData"]),
      ]),
    ],
  },
  {
    name: "aws-service-role/AWSElasticLoadBalancingServiceRolePolicy",
    description: "Lets load balancers manage their interfaces.",
    statements: [
      allow([
        ...actionsOf("ec2", [
          "AllocateAddress",
          "AssociateAddress",
          "AssignIpv6Addresses",
          "AttachNetworkInterface",
          "AuthorizeSecurityGroupIngress",
          "CreateNetworkInterface",
          "CreateSecurityGroup",
          "DeleteNetworkInterface",
          "Describe*",
          "DetachNetworkInterface",
          "DisassociateAddress",
          "ModifyNetworkInterfaceAttribute",
          "ReleaseAddress",
          "UnassignIpv6Addresses",
        ]),
        "logs:CreateLogDelivery",
        "logs:DeleteLogDelivery",
      ]),
    ],
  },
  {
    name: "aws-service-role/AWSEC2SpotServiceRolePolicy",
    description: "Lets EC2 start and end spot machines.",
    statements: [
      allow(actionsOf("ec2", ["DescribeInstances", "StartInstances", "StopInstances", "RunInstances"])),
      {
        Effect: "Deny",
        Action: ["ec2:RunInstances"],
        Resource: "arn:aws:ec2:*:*:instance/*",
        Condition: { StringNotEquals: { "ec2:InstanceMarketType": "spot" } },
      },
    ],
  },
  {
    name: "aws-service-role/ECRReplicationServiceRolePolicy",
    description: "Lets ECR replicate images.",
    statements: [allow(["ecr:CreateRepository", "ecr:ReplicateImage"])],
  },
  {
    name: "aws-service-role/AWSECRPullThroughCache_ServiceRolePolicy",
    description: "Lets ECR keep images of other registries.",
    statements: [
      allow(
        actionsOf("ecr", [
          "GetAuthorizationToken",
          "BatchCheckLayerAvailability",
          "InitiateLayerUpload",
          "UploadLayerPart",
          "CompleteLayerUpload",
          "PutImage",
        ]),
      ),
      allow(["secretsmanager:GetSecretValue"], "arn:aws:secretsmanager:*:*:secret:ecr-pullthroughcache/*", {
        // biome-ignore lint/suspicious/noTemplateCurlyInString: it is a variable of the policy's
        StringEquals: { "aws:ResourceAccount": "${aws:PrincipalAccount}" },
      }),
    ],
  },
  {
    name: "aws-service-role/CloudWatchEventsServiceRolePolicy",
    description: "Lets CloudWatch Events act on machines.",
    statements: [
      allow(
        actionsOf("ec2", [
          "CreateSnapshot",
          "DescribeInstances",
          "DescribeSnapshots",
          "DescribeVolumes",
          "RebootInstances",
          "StopInstances",
          "TerminateInstances",
        ]).concat("cloudwatch:DescribeAlarms"),
      ),
    ],
  },
]
