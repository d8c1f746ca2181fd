import { type AwsPolicy, actionsOf, allow, allowLinkedRoles, allowPassing } from "./statement.ts"

const PULL = actionsOf("ecr", [
  "GetAuthorizationToken",
  "BatchCheckLayerAvailability",
  "GetDownloadUrlForLayer",
  "BatchGetImage",
])

const WRITE_LOGS = ["logs:CreateLogStream", "logs:PutLogEvents"]

const ECR_READ = [
  ...PULL,
  ...actionsOf("ecr", [
    "GetRepositoryPolicy",
    "DescribeRepositories",
    "ListImages",
    "DescribeImages",
    "GetLifecyclePolicy",
    "GetLifecyclePolicyPreview",
    "ListTagsForResource",
    "DescribeImageScanFindings",
  ]),
]

const ECR_PUSH = actionsOf("ecr", ["InitiateLayerUpload", "UploadLayerPart", "CompleteLayerUpload", "PutImage"])

export const containerPolicies: readonly AwsPolicy[] = [
  {
    name: "service-role/AmazonECSTaskExecutionRolePolicy",
    description: "Lets the agent pull images and write logs for tasks.",
    statements: [allow([...PULL, ...WRITE_LOGS])],
  },
  {
    name: "service-role/AmazonEC2ContainerServiceforEC2Role",
    description: "Lets container instances join clusters and run tasks.",
    statements: [
      allow([
        "ec2:DescribeTags",
        ...actionsOf("ecs", [
          "CreateCluster",
          "DeregisterContainerInstance",
          "DiscoverPollEndpoint",
          "Poll",
          "RegisterContainerInstance",
          "StartTelemetrySession",
          "UpdateContainerInstancesState",
          "Submit*",
        ]),
        ...PULL,
        ...WRITE_LOGS,
      ]),
      allow(["ecs:TagResource"], "*", {
        StringEquals: { "ecs:CreateAction": ["CreateCluster", "RegisterContainerInstance"] },
      }),
      allow(["ecs:ListTagsForResource"], ["arn:aws:ecs:*:*:task/*/*", "arn:aws:ecs:*:*:container-instance/*/*"]),
    ],
  },
  {
    name: "service-role/AmazonEC2ContainerServiceRole",
    description: "Lets ECS register tasks with load balancers.",
    statements: [
      allow([
        "ec2:AuthorizeSecurityGroupIngress",
        "ec2:Describe*",
        ...actionsOf("elasticloadbalancing", [
          "DeregisterInstancesFromLoadBalancer",
          "DeregisterTargets",
          "Describe*",
          "RegisterInstancesWithLoadBalancer",
          "RegisterTargets",
        ]),
      ]),
    ],
  },
  {
    name: "service-role/AmazonEC2ContainerServiceAutoscaleRole",
    description: "Lets Application Auto Scaling change how many tasks a service has.",
    statements: [
      allow(["ecs:DescribeServices", "ecs:UpdateService"]),
      allow(["cloudwatch:DescribeAlarms", "cloudwatch:PutMetricAlarm"]),
    ],
  },
  {
    name: "service-role/AmazonEC2ContainerServiceEventsRole",
    description: "Lets EventBridge run tasks.",
    statements: [
      allow(["ecs:RunTask"]),
      allowPassing("ecs-tasks.amazonaws.com"),
      allow(["ecs:TagResource"], "*", { StringEquals: { "ecs:CreateAction": ["RunTask"] } }),
    ],
  },
  {
    name: "AmazonECS_FullAccess",
    description: "Allows everything that ECS has, and what it needs of other services.",
    statements: [
      allow([
        ...actionsOf("application-autoscaling", [
          "DeleteScalingPolicy",
          "DeregisterScalableTarget",
          "DescribeScalableTargets",
          "DescribeScalingActivities",
          "DescribeScalingPolicies",
          "PutScalingPolicy",
          "RegisterScalableTarget",
        ]),
        ...actionsOf("autoscaling", [
          "CreateAutoScalingGroup",
          "CreateLaunchConfiguration",
          "DeleteAutoScalingGroup",
          "DeleteLaunchConfiguration",
          "Describe*",
          "UpdateAutoScalingGroup",
        ]),
        ...actionsOf("cloudwatch", ["DeleteAlarms", "DescribeAlarms", "GetMetricStatistics", "PutMetricAlarm"]),
        ...actionsOf("codedeploy", [
          "BatchGetApplicationRevisions",
          "BatchGetApplications",
          "BatchGetDeploymentGroups",
          "BatchGetDeployments",
          "ContinueDeployment",
          "CreateApplication",
          "CreateDeployment",
          "CreateDeploymentGroup",
          "GetApplication",
          "GetApplicationRevision",
          "GetDeployment",
          "GetDeploymentConfig",
          "GetDeploymentGroup",
          "GetDeploymentTarget",
          "ListApplicationRevisions",
          "ListApplications",
          "ListDeploymentConfigs",
          "ListDeploymentGroups",
          "ListDeployments",
          "ListDeploymentTargets",
          "RegisterApplicationRevision",
          "StopDeployment",
        ]),
        ...actionsOf("ec2", [
          "AssociateRouteTable",
          "AttachInternetGateway",
          "AuthorizeSecurityGroupIngress",
          "CancelSpotFleetRequests",
          "CreateInternetGateway",
          "CreateLaunchTemplate",
          "CreateRoute",
          "CreateRouteTable",
          "CreateSecurityGroup",
          "CreateSubnet",
          "CreateVpc",
          "DeleteLaunchTemplate",
          "DeleteSubnet",
          "DeleteVpc",
          "Describe*",
          "DetachInternetGateway",
          "DisassociateRouteTable",
          "ModifySubnetAttribute",
          "ModifyVpcAttribute",
          "RequestSpotFleet",
          "RunInstances",
        ]),
        "ecs:*",
        ...actionsOf("elasticfilesystem", ["DescribeAccessPoints", "DescribeFileSystems"]),
        ...actionsOf("elasticloadbalancing", [
          "CreateListener",
          "CreateLoadBalancer",
          "CreateRule",
          "CreateTargetGroup",
          "DeleteListener",
          "DeleteLoadBalancer",
          "DeleteRule",
          "DeleteTargetGroup",
          "DescribeListeners",
          "DescribeLoadBalancers",
          "DescribeRules",
          "DescribeTargetGroups",
        ]),
        ...actionsOf("events", [
          "DeleteRule",
          "DescribeRule",
          "ListRuleNamesByTarget",
          "ListTargetsByRule",
          "PutRule",
          "PutTargets",
          "RemoveTargets",
        ]),
        ...actionsOf("iam", ["ListAttachedRolePolicies", "ListInstanceProfiles", "ListRoles"]),
        "lambda:ListFunctions",
        ...actionsOf("logs", ["CreateLogGroup", "DescribeLogGroups", "FilterLogEvents"]),
        ...actionsOf("route53", [
          "CreateHostedZone",
          "DeleteHostedZone",
          "GetHealthCheck",
          "GetHostedZone",
          "ListHostedZonesByName",
        ]),
        ...actionsOf("servicediscovery", [
          "CreatePrivateDnsNamespace",
          "CreateService",
          "DeleteService",
          "GetNamespace",
          "GetOperation",
          "GetService",
          "ListNamespaces",
          "ListServices",
          "UpdateService",
        ]),
      ]),
      allow(
        actionsOf("ssm", ["GetParameter", "GetParameters", "GetParametersByPath"]),
        "arn:aws:ssm:*:*:parameter/aws/service/ecs*",
      ),
      allow(
        actionsOf("ec2", ["DeleteInternetGateway", "DeleteRoute", "DeleteRouteTable", "DeleteSecurityGroup"]),
        "*",
        { StringLike: { "ec2:ResourceTag/aws:cloudformation:stack-name": "EC2ContainerService-*" } },
      ),
      allowPassing("ecs-tasks.amazonaws.com"),
      allowPassing(["ec2.amazonaws.com", "ec2.amazonaws.com.cn"], "arn:aws:iam::*:role/ecsInstanceRole*"),
      allowPassing(
        ["application-autoscaling.amazonaws.com", "application-autoscaling.amazonaws.com.cn"],
        "arn:aws:iam::*:role/ecsAutoscaleRole*",
      ),
      allowPassing("ecs.amazonaws.com", "arn:aws:iam::*:role/ecsInfrastructureRole*"),
      allowLinkedRoles([
        "autoscaling.amazonaws.com",
        "ecs.amazonaws.com",
        "ecs.application-autoscaling.amazonaws.com",
        "spot.amazonaws.com",
        "spotfleet.amazonaws.com",
      ]),
      allow(["elasticloadbalancing:AddTags"], "*", {
        StringEquals: {
          "elasticloadbalancing:CreateAction": [
            "CreateTargetGroup",
            "CreateRule",
            "CreateListener",
            "CreateLoadBalancer",
          ],
        },
      }),
    ],
  },
  {
    name: "AWSCodeDeployRoleForECS",
    description: "Lets CodeDeploy move ECS services from one task set to the next.",
    statements: [
      allow([
        ...actionsOf("ecs", ["DescribeServices", "CreateTaskSet", "UpdateServicePrimaryTaskSet", "DeleteTaskSet"]),
        ...actionsOf("elasticloadbalancing", [
          "DescribeTargetGroups",
          "DescribeListeners",
          "ModifyListener",
          "DescribeRules",
          "ModifyRule",
        ]),
        "lambda:InvokeFunction",
        "cloudwatch:DescribeAlarms",
        "sns:Publish",
        "s3:GetObject",
        "s3:GetObjectVersion",
      ]),
      allowPassing("ecs-tasks.amazonaws.com"),
    ],
  },
  {
    name: "AWSCodeDeployRoleForECSLimited",
    description: "Lets CodeDeploy move ECS services, with hooks, files and roles of certain names only.",
    statements: [
      allow([
        ...actionsOf("ecs", ["DescribeServices", "CreateTaskSet", "UpdateServicePrimaryTaskSet", "DeleteTaskSet"]),
        "cloudwatch:DescribeAlarms",
        ...actionsOf("elasticloadbalancing", [
          "DescribeTargetGroups",
          "DescribeListeners",
          "ModifyListener",
          "DescribeRules",
          "ModifyRule",
        ]),
      ]),
      allow(["sns:Publish"], "arn:aws:sns:*:*:CodeDeployTopic_*"),
      allow(["lambda:InvokeFunction"], "arn:aws:lambda:*:*:function:CodeDeployHook_*"),
      allow(["s3:GetObject", "s3:GetObjectVersion"], "*", {
        StringEquals: { "s3:ExistingObjectTag/UseWithCodeDeploy": "true" },
      }),
      allowPassing("ecs-tasks.amazonaws.com", [
        "arn:aws:iam::*:role/ecsTaskExecutionRole",
        "arn:aws:iam::*:role/ECSTaskExecution*",
      ]),
    ],
  },
  {
    name: "service-role/AmazonECSInfrastructureRolePolicyForVolumes",
    description: "Lets ECS manage volumes that are made for tasks.",
    statements: [
      allow(["ec2:CreateVolume"], "arn:aws:ec2:*:*:volume/*", {
        ArnLike: { "aws:RequestTag/AmazonECSCreated": "arn:aws:ecs:*:*:task/*" },
        StringEquals: { "aws:RequestTag/AmazonECSManaged": "true" },
      }),
      allow(["ec2:CreateVolume"], "arn:aws:ec2:*:*:snapshot/*"),
      allow(["ec2:CreateTags"], "arn:aws:ec2:*:*:volume/*", {
        ArnLike: { "aws:RequestTag/AmazonECSCreated": "arn:aws:ecs:*:*:task/*" },
        StringEquals: { "ec2:CreateAction": "CreateVolume", "aws:RequestTag/AmazonECSManaged": "true" },
      }),
      allow(actionsOf("ec2", ["DescribeVolumes", "DescribeAvailabilityZones", "DescribeInstances"])),
      allow(["ec2:AttachVolume"], "arn:aws:ec2:*:*:volume/*", {
        StringEquals: { "aws:ResourceTag/AmazonECSManaged": "true" },
      }),
      allow(["ec2:AttachVolume"], "arn:aws:ec2:*:*:instance/*"),
      allow(["ec2:DetachVolume", "ec2:DeleteVolume"], "arn:aws:ec2:*:*:volume/*", {
        ArnLike: { "aws:ResourceTag/AmazonECSCreated": "arn:aws:ecs:*:*:task/*" },
        StringEquals: { "aws:ResourceTag/AmazonECSManaged": "true" },
      }),
      allow(["ec2:DetachVolume"], "arn:aws:ec2:*:*:instance/*"),
    ],
  },
  {
    name: "AmazonECSInfrastructureRolePolicyForLoadBalancers",
    description: "Lets ECS change listeners and targets of load balancers for its services.",
    statements: [
      allow(
        actionsOf("elasticloadbalancing", [
          "DescribeListeners",
          "DescribeLoadBalancers",
          "DescribeRules",
          "DescribeTargetGroups",
          "DescribeTargetHealth",
        ]),
      ),
      allow(["elasticloadbalancing:ModifyListener"], "arn:aws:elasticloadbalancing:*:*:listener/*/*/*/*"),
      allow(["elasticloadbalancing:ModifyRule"], "arn:aws:elasticloadbalancing:*:*:listener-rule/*/*/*/*/*"),
      allow(
        ["elasticloadbalancing:RegisterTargets", "elasticloadbalancing:DeregisterTargets"],
        "arn:aws:elasticloadbalancing:*:*:targetgroup/*/*",
      ),
    ],
  },
  {
    name: "service-role/AmazonECSInfrastructureRolePolicyForServiceConnectTransportLayerSecurity",
    description: "Lets ECS manage certificates for Service Connect.",
    statements: [
      allow(actionsOf("acm-pca", ["GetCertificate", "GetCertificateAuthorityCertificate", "IssueCertificate"]), "*", {
        StringEquals: { "aws:ResourceTag/AmazonECSManaged": "true" },
      }),
      allow(
        actionsOf("secretsmanager", [
          "CreateSecret",
          "DeleteSecret",
          "DescribeSecret",
          "PutSecretValue",
          "RotateSecret",
          "TagResource",
          "UpdateSecret",
          "UpdateSecretVersionStage",
        ]),
        "arn:aws:secretsmanager:*:*:secret:ecs-sc!*",
      ),
    ],
  },
  {
    name: "AmazonEC2ContainerRegistryFullAccess",
    description: "Allows everything that ECR has.",
    statements: [allow(["ecr:*", "cloudtrail:LookupEvents"]), allowLinkedRoles(["replication.ecr.amazonaws.com"])],
  },
  {
    name: "AmazonEC2ContainerRegistryPowerUser",
    description: "Allows to push and pull images, but not to delete repositories or change who may use them.",
    statements: [allow([...ECR_READ, ...ECR_PUSH])],
  },
  {
    name: "AmazonEC2ContainerRegistryReadOnly",
    description: "Allows to pull and look at images.",
    statements: [allow(ECR_READ)],
  },
  {
    name: "AmazonEC2ContainerRegistryPullOnly",
    description: "Allows to pull images.",
    statements: [allow([...PULL, "ecr:BatchImportUpstreamImage"])],
  },
  {
    name: "AmazonElasticContainerRegistryPublicFullAccess",
    description: "Allows everything that public repositories have.",
    statements: [allow(["ecr-public:*", "sts:GetServiceBearerToken"])],
  },
  {
    name: "AmazonElasticContainerRegistryPublicReadOnly",
    description: "Allows to look at public repositories.",
    statements: [
      allow([
        ...actionsOf("ecr-public", [
          "GetAuthorizationToken",
          "BatchCheckLayerAvailability",
          "GetRepositoryPolicy",
          "DescribeRepositories",
          "DescribeRegistries",
          "DescribeImages",
          "DescribeImageTags",
          "GetRepositoryCatalogData",
          "GetRegistryCatalogData",
        ]),
        "sts:GetServiceBearerToken",
      ]),
    ],
  },
]
