import { type AwsPolicy, actionsOf, allow, allowLinkedRoles, allowPassing } from "./statement.ts"

/** Policies about what tasks use: logs, secrets, parameters, keys, networks, load balancers. */
export const resourcePolicies: readonly AwsPolicy[] = [
  {
    name: "CloudWatchLogsFullAccess",
    description: "Allows everything that CloudWatch Logs has.",
    statements: [allow(["logs:*", "cloudwatch:GenerateQuery"])],
  },
  {
    name: "CloudWatchLogsReadOnlyAccess",
    description: "Allows to read logs.",
    statements: [
      allow([
        ...actionsOf("logs", [
          "Describe*",
          "Get*",
          "List*",
          "StartQuery",
          "StopQuery",
          "TestMetricFilter",
          "FilterLogEvents",
          "StartLiveTail",
          "StopLiveTail",
        ]),
        "cloudwatch:GenerateQuery",
      ]),
    ],
  },
  {
    name: "CloudWatchFullAccess",
    description: "Allows everything that CloudWatch and its logs have.",
    statements: [
      allow([
        "autoscaling:Describe*",
        "cloudwatch:*",
        "logs:*",
        "sns:*",
        "iam:GetPolicy",
        "iam:GetPolicyVersion",
        "iam:GetRole",
      ]),
      allowLinkedRoles(["events.amazonaws.com"]),
    ],
  },
  {
    name: "CloudWatchReadOnlyAccess",
    description: "Allows to read metrics, alarms and logs.",
    statements: [
      allow([
        "application-autoscaling:DescribeScalingPolicies",
        "autoscaling:Describe*",
        "cloudwatch:Describe*",
        "cloudwatch:Get*",
        "cloudwatch:List*",
        "logs:Describe*",
        "logs:FilterLogEvents",
        "logs:Get*",
        "logs:List*",
        "logs:StartLiveTail",
        "logs:StartQuery",
        "logs:StopLiveTail",
        "logs:StopQuery",
        "logs:TestMetricFilter",
        "sns:Get*",
        "sns:List*",
      ]),
    ],
  },
  {
    name: "CloudWatchAgentServerPolicy",
    description: "Lets an agent write metrics and logs.",
    statements: [
      allow([
        "cloudwatch:PutMetricData",
        "ec2:DescribeTags",
        "ec2:DescribeVolumes",
        ...actionsOf("logs", [
          "CreateLogGroup",
          "CreateLogStream",
          "DescribeLogGroups",
          "DescribeLogStreams",
          "PutLogEvents",
          "PutRetentionPolicy",
        ]),
        ...actionsOf("xray", [
          "GetSamplingRules",
          "GetSamplingStatisticSummaries",
          "GetSamplingTargets",
          "PutTelemetryRecords",
          "PutTraceSegments",
        ]),
      ]),
      allow(["ssm:GetParameter"], "arn:aws:ssm:*:*:parameter/AmazonCloudWatch-*"),
    ],
  },
  {
    name: "AWSXRayDaemonWriteAccess",
    description: "Lets a daemon write traces.",
    statements: [
      allow(
        actionsOf("xray", [
          "PutTraceSegments",
          "PutTelemetryRecords",
          "GetSamplingRules",
          "GetSamplingTargets",
          "GetSamplingStatisticSummaries",
        ]),
      ),
    ],
  },
  {
    name: "SecretsManagerReadWrite",
    description: "Allows everything that Secrets Manager has, and what it needs of other services.",
    statements: [
      allow([
        "secretsmanager:*",
        ...actionsOf("ec2", ["DescribeSecurityGroups", "DescribeSubnets", "DescribeVpcs"]),
        ...actionsOf("kms", ["DescribeKey", "ListAliases", "ListKeys"]),
        "lambda:ListFunctions",
        "tag:GetResources",
      ]),
      allow(
        actionsOf("lambda", [
          "AddPermission",
          "CreateFunction",
          "GetFunction",
          "InvokeFunction",
          "UpdateFunctionConfiguration",
        ]),
        "arn:aws:lambda:*:*:function:SecretsManager*",
      ),
    ],
  },
  {
    name: "AmazonSSMFullAccess",
    description: "Allows everything that Systems Manager has.",
    statements: [
      allow([
        "cloudwatch:PutMetricData",
        "ds:CreateComputer",
        "ds:DescribeDirectories",
        "ec2:DescribeInstanceStatus",
        "logs:*",
        "ssm:*",
        "ec2messages:*",
      ]),
      allowLinkedRoles(["ssm.amazonaws.com"]),
      allow(["ssmmessages:*"]),
    ],
  },
  {
    name: "AmazonSSMReadOnlyAccess",
    description: "Allows to look at everything that Systems Manager has.",
    statements: [allow(["ssm:Describe*", "ssm:Get*", "ssm:List*"])],
  },
  {
    name: "AmazonSSMManagedInstanceCore",
    description: "Lets machines and tasks be reached through Systems Manager.",
    statements: [
      allow(
        actionsOf("ssm", [
          "DescribeAssociation",
          "DescribeDocument",
          "GetDeployablePatchSnapshotForInstance",
          "GetDocument",
          "GetManifest",
          "GetParameter",
          "GetParameters",
          "ListAssociations",
          "ListInstanceAssociations",
          "PutComplianceItems",
          "PutConfigurePackageResult",
          "PutInventory",
          "UpdateAssociationStatus",
          "UpdateInstanceAssociationStatus",
          "UpdateInstanceInformation",
        ]),
      ),
      allow(
        actionsOf("ssmmessages", [
          "CreateControlChannel",
          "CreateDataChannel",
          "OpenControlChannel",
          "OpenDataChannel",
        ]),
      ),
      allow(
        actionsOf("ec2messages", [
          "AcknowledgeMessage",
          "DeleteMessage",
          "FailMessage",
          "GetEndpoint",
          "GetMessages",
          "SendReply",
        ]),
      ),
    ],
  },
  {
    name: "AWSKeyManagementServicePowerUser",
    description: "Allows to make keys and to look at them, but not to use or delete them.",
    statements: [
      allow(
        actionsOf("kms", [
          "CreateAlias",
          "CreateKey",
          "DeleteAlias",
          "Describe*",
          "GenerateRandom",
          "Get*",
          "List*",
          "TagResource",
          "UntagResource",
        ]).concat(["iam:ListGroups", "iam:ListRoles", "iam:ListUsers"]),
      ),
    ],
  },
  {
    name: "AmazonS3FullAccess",
    description: "Allows everything that S3 has.",
    statements: [allow(["s3:*", "s3-object-lambda:*"])],
  },
  {
    name: "AmazonS3ReadOnlyAccess",
    description: "Allows to read buckets and objects.",
    statements: [allow(["s3:Get*", "s3:List*", "s3:Describe*", "s3-object-lambda:Get*", "s3-object-lambda:List*"])],
  },
  {
    name: "AmazonVPCFullAccess",
    description: "Allows everything about networks.",
    statements: [
      allow(
        [
          "*Acl*",
          "*Address*",
          "*CarrierGateway*",
          "*DhcpOptions*",
          "*EgressOnlyInternetGateway*",
          "*FlowLogs",
          "*InternetGateway*",
          "*ManagedPrefixList*",
          "*NatGateway*",
          "*NetworkInterface*",
          "*Route*",
          "*SecurityGroup*",
          "*Subnet*",
          "*Vpc*",
          "CreateTags",
          "DeleteTags",
          "Describe*",
          "GetSecurityGroupsForVpc",
        ].map((name) => `ec2:${name}`),
      ),
    ],
  },
  {
    name: "AmazonVPCReadOnlyAccess",
    description: "Allows to look at networks.",
    statements: [allow(["ec2:Describe*", "ec2:GetManagedPrefixListEntries", "ec2:GetSecurityGroupsForVpc"])],
  },
  {
    name: "AmazonEC2FullAccess",
    description: "Allows everything that EC2, load balancers and Auto Scaling have.",
    statements: [
      allow(["ec2:*", "elasticloadbalancing:*", "cloudwatch:*", "autoscaling:*"]),
      allowLinkedRoles([
        "autoscaling.amazonaws.com",
        "ec2scheduled.amazonaws.com",
        "elasticloadbalancing.amazonaws.com",
        "spot.amazonaws.com",
        "spotfleet.amazonaws.com",
        "transitgateway.amazonaws.com",
      ]),
    ],
  },
  {
    name: "AmazonEC2ReadOnlyAccess",
    description: "Allows to look at machines, networks and load balancers.",
    statements: [
      allow([
        "autoscaling:Describe*",
        "cloudwatch:Describe*",
        "cloudwatch:GetMetricStatistics",
        "cloudwatch:ListMetrics",
        "ec2:Describe*",
        "ec2:GetSecurityGroupsForVpc",
        "elasticloadbalancing:Describe*",
      ]),
    ],
  },
  {
    name: "ElasticLoadBalancingFullAccess",
    description: "Allows everything that load balancers have.",
    statements: [
      allow([
        "elasticloadbalancing:*",
        ...actionsOf("ec2", [
          "DescribeAccountAttributes",
          "DescribeAddresses",
          "DescribeAvailabilityZones",
          "DescribeInternetGateways",
          "DescribeInstances",
          "DescribeNetworkInterfaces",
          "DescribeRouteTables",
          "DescribeSecurityGroups",
          "DescribeSubnets",
          "DescribeVpcs",
        ]),
      ]),
      allowLinkedRoles(["elasticloadbalancing.amazonaws.com"]),
    ],
  },
  {
    name: "ElasticLoadBalancingReadOnly",
    description: "Allows to look at load balancers.",
    statements: [allow(["elasticloadbalancing:Describe*", "ec2:DescribeInstances", "ec2:DescribeSecurityGroups"])],
  },
  {
    name: "AutoScalingFullAccess",
    description: "Allows everything that Auto Scaling has.",
    statements: [
      allow([
        "autoscaling:*",
        "cloudwatch:PutMetricAlarm",
        "ec2:Describe*",
        "ec2:GetInstanceTypesFromInstanceRequirements",
        "elasticloadbalancing:DescribeLoadBalancers",
        "elasticloadbalancing:DescribeTargetGroups",
      ]),
      allowLinkedRoles(["autoscaling.amazonaws.com"]),
    ],
  },
  {
    name: "AmazonEventBridgeFullAccess",
    description: "Allows everything that EventBridge and its scheduler have.",
    statements: [
      allow(["events:*", "schemas:*", "scheduler:*", "pipes:*"]),
      allowLinkedRoles(["apidestinations.events.amazonaws.com", "schemas.amazonaws.com"]),
      allowPassing(["events.amazonaws.com", "scheduler.amazonaws.com", "pipes.amazonaws.com"], "arn:aws:iam::*:role/*"),
    ],
  },
]
