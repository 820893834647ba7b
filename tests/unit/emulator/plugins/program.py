"""The inputs that a program gives, one resource of every type, in an order in which each finds what it needs.

``{vpc.id}`` stands for an output of the resource of that name; ``{zone.id}`` for a hosted zone that is there
already. ``CHANGES`` are inputs of a second update of the same
resource: those that are updated in place.
"""

from __future__ import annotations

import json
import re
from typing import Any

PLACE = re.compile(r"\{([a-z][a-z-]*(?:\.\w+)+)\}")

TRUST = json.dumps({
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"Service": "ecs-tasks.amazonaws.com"}, "Action": "sts:AssumeRole"}],
})  # fmt: skip
POLICY = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "logs:*", "Resource": "*"}]})
CONTAINERS = json.dumps([{
    "name": "service", "image": "127.0.0.1:5000/notes@sha256:" + "0" * 64, "essential": True,
    "portMappings": [{"containerPort": 8000, "protocol": "tcp"}],
    "environment": [{"name": "PORT", "value": "8000"}, {"name": "DB_HOST", "value": "db"}],
}])  # fmt: skip
EXPIRY = json.dumps({"rules": [{
    "rulePriority": 1, "description": "untagged", "action": {"type": "expire"},
    "selection": {"tagStatus": "untagged", "countType": "sinceImagePushed", "countUnit": "days", "countNumber": 14},
}]})  # fmt: skip
WIDGETS = json.dumps({"widgets": [{"type": "text", "width": 24, "height": 6, "properties": {"markdown": "hello"}}]})
STOPPED = json.dumps({"source": ["aws.ecs"], "detail-type": ["ECS Task State Change"]})
PUBLISHERS = json.dumps({
    "Version": "2012-10-17",
    "Statement": [{"Sid": "Events", "Effect": "Allow", "Principal": {"Service": "events.amazonaws.com"},
                   "Action": "sns:Publish", "Resource": "*"}],
})  # fmt: skip
TAGS = {"Name": "thing", "team": "notes"}
WRITERS = json.dumps({
    "Version": "2012-10-17",
    "Statement": [{"Sid": "Logs", "Effect": "Allow", "Principal": {"Service": "delivery.logs.amazonaws.com"},
                   "Action": "s3:PutObject", "Resource": "arn:aws:s3:::notes-traffic/*"}],
})  # fmt: skip


def visible(metric: str) -> dict[str, Any]:
    return {"cloudwatchMetricsEnabled": True, "sampledRequestsEnabled": True, "metricName": metric}


def waf_rule(limit: int, effect: str) -> list[dict[str, Any]]:
    """A rate limit, and a group of AWS's that counts or acts."""
    limited = {"rateBasedStatement": {"limit": limit, "aggregateKeyType": "IP"}}
    group = {"managedRuleGroupStatement": {"name": "AWSManagedRulesCommonRuleSet", "vendorName": "AWS"}}
    return [
        {"name": "rate", "priority": 0, "action": {"block": {}}, "statement": limited,
         "visibilityConfig": visible("rate")},
        {"name": "common", "priority": 1, "overrideAction": {effect: {}}, "statement": group,
         "visibilityConfig": visible("common")},
    ]  # fmt: skip


RESOURCES: tuple[tuple[str, str, dict[str, Any]], ...] = (
    ("vpc", "aws:ec2/vpc:Vpc",
     {"cidrBlock": "10.0.0.0/16", "enableDnsSupport": True, "enableDnsHostnames": True, "tags": TAGS}),
    ("gateway", "aws:ec2/internetGateway:InternetGateway", {"vpcId": "{vpc.id}", "tags": TAGS}),
    ("first", "aws:ec2/subnet:Subnet",
     {"vpcId": "{vpc.id}", "cidrBlock": "10.0.0.0/24", "availabilityZone": "us-east-1a", "mapPublicIpOnLaunch": False,
      "tags": TAGS}),
    ("second", "aws:ec2/subnet:Subnet",
     {"vpcId": "{vpc.id}", "cidrBlock": "10.0.1.0/24", "availabilityZone": "us-east-1b"}),
    ("routes", "aws:ec2/routeTable:RouteTable", {"vpcId": "{vpc.id}", "tags": TAGS}),
    ("others", "aws:ec2/routeTable:RouteTable", {"vpcId": "{vpc.id}"}),
    ("outward", "aws:ec2/route:Route",
     {"routeTableId": "{routes.id}", "destinationCidrBlock": "0.0.0.0/0", "gatewayId": "{gateway.id}"}),
    ("association", "aws:ec2/routeTableAssociation:RouteTableAssociation",
     {"subnetId": "{first.id}", "routeTableId": "{routes.id}"}),
    ("address", "aws:ec2/eip:Eip", {"domain": "vpc", "tags": TAGS}),
    ("nat", "aws:ec2/natGateway:NatGateway",
     {"subnetId": "{first.id}", "allocationId": "{address.id}", "connectivityType": "public", "tags": TAGS}),
    ("through-nat", "aws:ec2/route:Route",
     {"routeTableId": "{others.id}", "destinationCidrBlock": "0.0.0.0/0", "natGatewayId": "{nat.id}"}),
    ("storage", "aws:ec2/vpcEndpoint:VpcEndpoint",
     {"vpcId": "{vpc.id}", "serviceName": "com.amazonaws.us-east-1.s3", "vpcEndpointType": "Gateway",
      "routeTableIds": ["{routes.id}"], "tags": TAGS}),
    ("web", "aws:ec2/securityGroup:SecurityGroup", {"vpcId": "{vpc.id}", "description": "the service", "tags": TAGS}),
    ("database-access", "aws:ec2/securityGroup:SecurityGroup", {"vpcId": "{vpc.id}"}),
    ("http", "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule",
     {"securityGroupId": "{web.id}", "ipProtocol": "tcp", "fromPort": 80, "toPort": 80, "cidrIpv4": "0.0.0.0/0",
      "description": "from anywhere"}),
    ("postgres", "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule",
     {"securityGroupId": "{database-access.id}", "ipProtocol": "tcp", "fromPort": 5432, "toPort": 5432,
      "referencedSecurityGroupId": "{web.id}", "description": "from the service"}),
    ("all-outward", "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule",
     {"securityGroupId": "{web.id}", "ipProtocol": "-1", "cidrIpv4": "0.0.0.0/0", "description": "to anywhere"}),
    ("to-storage", "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule",
     {"securityGroupId": "{database-access.id}", "ipProtocol": "tcp", "fromPort": 443, "toPort": 443,
      "prefixListId": "{storage.prefixListId}", "description": "to S3"}),
    ("logging-endpoint", "aws:ec2/vpcEndpoint:VpcEndpoint",
     {"vpcId": "{vpc.id}", "serviceName": "com.amazonaws.us-east-1.logs", "vpcEndpointType": "Interface",
      "subnetIds": ["{first.id}"], "securityGroupIds": ["{web.id}"], "privateDnsEnabled": True,
      "policy": WRITERS, "tags": TAGS}),
    ("notes", "aws:ecr/repository:Repository",
     {"imageTagMutability": "IMMUTABLE", "imageScanningConfiguration": {"scanOnPush": True}, "forceDelete": True,
      "encryptionConfigurations": [{"encryptionType": "AES256"}], "tags": TAGS}),
    ("pulled", "aws:ecr/repositoryPolicy:RepositoryPolicy", {"repository": "{notes.name}", "policy": POLICY}),
    ("expiry", "aws:ecr/lifecyclePolicy:LifecyclePolicy", {"repository": "{notes.name}", "policy": EXPIRY}),
    ("subnets", "aws:rds/subnetGroup:SubnetGroup",
     {"subnetIds": ["{first.id}", "{second.id}"], "description": "private", "tags": TAGS}),
    ("parameters", "aws:rds/parameterGroup:ParameterGroup",
     {"family": "postgres17", "description": "notes",
      "parameters": [{"name": "rds.force_ssl", "value": "1", "applyMethod": "pending-reboot"},
                     {"name": "log_lock_waits", "value": "1", "applyMethod": "immediate"},
                     {"name": "max_connections", "value": "50", "applyMethod": "pending-reboot"}]}),
    ("database", "aws:rds/instance:Instance",
     {"engine": "postgres", "engineVersion": "17", "instanceClass": "db.t4g.micro", "allocatedStorage": 20,
      "storageType": "gp3", "storageEncrypted": True, "dbName": "notes", "username": "notes",
      "manageMasterUserPassword": True, "port": 5432, "dbSubnetGroupName": "{subnets.name}",
      "vpcSecurityGroupIds": ["{database-access.id}"], "parameterGroupName": "{parameters.name}",
      "publiclyAccessible": False, "multiAz": False, "backupRetentionPeriod": 1, "copyTagsToSnapshot": True,
      "autoMinorVersionUpgrade": False, "allowMajorVersionUpgrade": False, "applyImmediately": True,
      "deletionProtection": False, "skipFinalSnapshot": True, "deleteAutomatedBackups": True,
      "maxAllocatedStorage": 40, "backupWindow": "02:00-03:00", "maintenanceWindow": "sun:04:30-sun:05:30",
      "performanceInsightsEnabled": True, "performanceInsightsRetentionPeriod": 7,
      "enabledCloudwatchLogsExports": ["postgresql", "upgrade"], "caCertIdentifier": "rds-ca-rsa2048-g1",
      "engineLifecycleSupport": "open-source-rds-extended-support-disabled", "tags": TAGS}),
    ("queue-length", "aws:cloudwatch/metricAlarm:MetricAlarm",
     {"alarmDescription": "long", "comparisonOperator": "GreaterThanThreshold", "threshold": 5.5,
      "evaluationPeriods": 5, "datapointsToAlarm": 5, "treatMissingData": "notBreaching", "namespace": "AWS/RDS",
      "metricName": "CPUUtilization", "dimensions": {"DBInstanceIdentifier": "notes"}, "period": 60,
      "extendedStatistic": "p95", "evaluateLowSampleCountPercentiles": "ignore", "tags": TAGS}),
    ("errors", "aws:cloudwatch/metricAlarm:MetricAlarm",
     {"comparisonOperator": "GreaterThanThreshold", "threshold": 5, "evaluationPeriods": 1, "metricQueries": [
         {"id": "result", "expression": "100*e/r", "label": "errors", "returnData": True},
         {"id": "e", "returnData": False, "metric": {"metricName": "Errors", "namespace": "Notes", "period": 60,
                                                     "stat": "Sum", "dimensions": {"Service": "notes"}}},
         {"id": "r", "returnData": False, "metric": {"metricName": "Requests", "namespace": "Notes", "period": 60,
                                                     "stat": "Sum"}}]}),
    ("page", "aws:cloudwatch/dashboard:Dashboard", {"dashboardName": "notes", "dashboardBody": WIDGETS}),
    ("cluster", "aws:ecs/cluster:Cluster", {"tags": TAGS}),
    ("execution", "aws:iam/role:Role", {"assumeRolePolicy": TRUST, "description": "starts tasks", "tags": TAGS}),
    ("logging", "aws:iam/rolePolicy:RolePolicy", {"role": "{execution.name}", "policy": POLICY}),
    ("bound", "aws:iam/policy:Policy",
     {"policy": POLICY, "path": "/notes/", "description": "what tasks may do at most", "tags": TAGS}),
    ("writing", "aws:iam/rolePolicyAttachment:RolePolicyAttachment",
     {"role": "{execution.name}", "policyArn": "{bound.arn}"}),
    ("password", "aws:secretsmanager/secret:Secret",
     {"description": "the owner's", "recoveryWindowInDays": 0, "tags": TAGS}),
    ("parameter", "aws:ssm/parameter:Parameter",
     {"name": "/notes/promotable", "type": "String", "description": "Image", "insecureValue": "{}", "tags": TAGS}),
    ("topic", "aws:sns/topic:Topic", {"tags": TAGS}),
    ("publishers", "aws:sns/topicPolicy:TopicPolicy", {"arn": "{topic.arn}", "policy": PUBLISHERS}),
    ("stopped", "aws:cloudwatch/eventRule:EventRule",
     {"description": "tasks that stopped", "eventPattern": STOPPED, "tags": TAGS}),
    ("told", "aws:cloudwatch/eventTarget:EventTarget",
     {"rule": "{stopped.name}", "targetId": "topic", "arn": "{topic.arn}",
      "inputTransformer": {"inputPaths": {"task": "$.detail.taskArn"}, "inputTemplate": "\"<task> stopped\""}}),
    ("subscription", "aws:sns/topicSubscription:TopicSubscription",
     {"topic": "{topic.arn}", "protocol": "email", "endpoint": "ops@example.com"}),
    ("log", "aws:cloudwatch/logGroup:LogGroup", {"name": "/sluice/notes/local/service", "retentionInDays": 7}),
    ("balancer", "aws:lb/loadBalancer:LoadBalancer",
     {"loadBalancerType": "application", "internal": False, "securityGroups": ["{web.id}"],
      "subnets": ["{first.id}", "{second.id}"], "idleTimeout": 30, "dropInvalidHeaderFields": True,
      "enableDeletionProtection": False, "tags": TAGS}),
    ("traffic", "aws:s3/bucket:Bucket", {"bucket": "notes-traffic", "forceDestroy": True,
                                                    "tags": TAGS}),
    ("closed", "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock",
     {"bucket": "{traffic.bucket}", "blockPublicAcls": True, "blockPublicPolicy": True, "ignorePublicAcls": True,
      "restrictPublicBuckets": True}),
    ("ending", "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration",
     {"bucket": "{traffic.bucket}",
      "rules": [{"id": "end", "status": "Enabled", "filter": {"prefix": ""}, "expiration": {"days": 90}}]}),
    ("writers", "aws:s3/bucketPolicy:BucketPolicy", {"bucket": "{traffic.bucket}", "policy": WRITERS}),
    ("flow", "aws:ec2/flowLog:FlowLog",
     {"vpcId": "{vpc.id}", "trafficType": "REJECT", "logDestinationType": "s3",
      "logDestination": "{traffic.arn}", "tags": TAGS}),
    ("acl", "aws:wafv2/webAcl:WebAcl",
     {"name": "notes", "scope": "REGIONAL", "defaultAction": {"allow": {}}, "rules": waf_rule(2000, "count"),
      "visibilityConfig": visible("notes"), "tags": TAGS}),
    ("guarded", "aws:wafv2/webAclAssociation:WebAclAssociation",
     {"webAclArn": "{acl.arn}", "resourceArn": "{balancer.arn}"}),
    ("targets", "aws:lb/targetGroup:TargetGroup",
     {"vpcId": "{vpc.id}", "port": 8000, "protocol": "HTTP", "targetType": "ip", "deregistrationDelay": 10,
      "healthCheck": {"enabled": True, "path": "/live", "protocol": "HTTP", "port": "traffic-port", "matcher": "200",
                      "interval": 5, "timeout": 2, "healthyThreshold": 2, "unhealthyThreshold": 3}, "tags": TAGS}),
    ("listener", "aws:lb/listener:Listener",
     {"loadBalancerArn": "{balancer.id}", "port": 80, "protocol": "HTTP",
      "defaultActions": [{"type": "forward", "targetGroupArn": "{targets.id}"}], "tags": TAGS}),
    ("certificate", "aws:acm/certificate:Certificate",
     {"domainName": "shop.example.com", "validationMethod": "DNS", "tags": TAGS}),
    ("proof", "aws:route53/record:Record",
     {"zoneId": "{zone.id}", "name": "{certificate.domainValidationOptions.0.resourceRecordName}", "type": "CNAME",
      "ttl": 300, "allowOverwrite": True,
      "records": ["{certificate.domainValidationOptions.0.resourceRecordValue}"]}),
    ("issued", "aws:acm/certificateValidation:CertificateValidation",
     {"certificateArn": "{certificate.arn}", "validationRecordFqdns": ["{proof.fqdn}"]}),
    ("alias", "aws:route53/record:Record",
     {"zoneId": "{zone.id}", "name": "shop.example.com", "type": "A",
      "aliases": [{"name": "{balancer.dnsName}", "zoneId": "{balancer.zoneId}", "evaluateTargetHealth": False}]}),
    ("rule", "aws:lb/listenerRule:ListenerRule",
     {"listenerArn": "{listener.arn}", "priority": 40, "conditions": [{"hostHeader": {"values": ["shop.example.com"]}}],
      "actions": [{"type": "forward", "targetGroupArn": "{targets.arn}"}], "tags": TAGS}),
    ("task", "aws:ecs/taskDefinition:TaskDefinition",
     {"family": "notes-service", "cpu": "256", "memory": "512", "networkMode": "awsvpc",
      "requiresCompatibilities": ["FARGATE"], "executionRoleArn": "{execution.arn}", "taskRoleArn": "{execution.arn}",
      "runtimePlatform": {"operatingSystemFamily": "LINUX", "cpuArchitecture": "X86_64"},
      "containerDefinitions": CONTAINERS, "skipDestroy": False, "tags": TAGS}),
    ("service", "aws:ecs/service:Service",
     {"cluster": "{cluster.arn}", "taskDefinition": "{task.arn}", "desiredCount": 0, "launchType": "FARGATE",
      "platformVersion": "LATEST", "deploymentCircuitBreaker": {"enable": True, "rollback": True},
      "alarms": {"alarmNames": [], "enable": False, "rollback": False},
      "networkConfiguration": {"subnets": ["{first.id}"], "securityGroups": ["{web.id}"], "assignPublicIp": True},
      "loadBalancers": [{"targetGroupArn": "{targets.arn}", "containerName": "service", "containerPort": 8000}],
      "deploymentMinimumHealthyPercent": 100, "deploymentMaximumPercent": 200, "healthCheckGracePeriodSeconds": 5,
      "availabilityZoneRebalancing": "DISABLED", "propagateTags": "SERVICE", "enableEcsManagedTags": True,
      "enableExecuteCommand": False, "waitForSteadyState": False, "tags": TAGS}),
    ("scaled", "aws:appautoscaling/target:Target",
     {"serviceNamespace": "ecs", "scalableDimension": "ecs:service:DesiredCount",
      "resourceId": "service/{cluster.name}/{service.name}", "minCapacity": 0, "maxCapacity": 4}),
    ("by-cpu", "aws:appautoscaling/policy:Policy",
     {"serviceNamespace": "ecs", "scalableDimension": "ecs:service:DesiredCount", "resourceId": "{scaled.resourceId}",
      "policyType": "TargetTrackingScaling", "targetTrackingScalingPolicyConfiguration": {
          "targetValue": 60, "scaleInCooldown": 300, "scaleOutCooldown": 60, "disableScaleIn": False,
          "predefinedMetricSpecification": {"predefinedMetricType": "ECSServiceAverageCPUUtilization"}}}),
)  # fmt: skip

WITHOUT_TRACE = {"issued"}
"""Waits for another resource and is nothing in AWS itself, so that it cannot be gone."""

CHANGES: dict[str, dict[str, Any]] = {
    "parameter": {"insecureValue": '{"image": "new"}', "tags": {"Name": "other"}},
    "vpc": {"enableDnsHostnames": False, "tags": {"Name": "other"}},
    "gateway": {"tags": {}},
    "first": {"mapPublicIpOnLaunch": True},
    "association": {"routeTableId": "{others.id}"},
    "address": {"tags": {"Name": "other"}},
    "nat": {"tags": {"Name": "other"}},
    "storage": {"routeTableIds": ["{others.id}"]},
    "logging-endpoint": {"subnetIds": ["{second.id}"], "securityGroupIds": ["{database-access.id}"],
                         "policy": WRITERS.replace("Logs", "Other")},
    "web": {"tags": {"Name": "web"}},
    "http": {"fromPort": 8080, "toPort": 8080, "description": "other port"},
    "pulled": {"policy": POLICY.replace("logs:*", "ecr:BatchGetImage")},
    "notes": {"imageTagMutability": "MUTABLE", "imageScanningConfiguration": {"scanOnPush": False}},
    "queue-length": {"threshold": 7, "dimensions": {"DBInstanceIdentifier": "other"}, "tags": {"Name": "other"}},
    "errors": {"evaluationPeriods": 2},
    "page": {"dashboardBody": WIDGETS.replace("hello", "bye")},
    "publishers": {"policy": PUBLISHERS.replace("events.", "cloudwatch.")},
    "stopped": {"description": "tasks", "eventPattern": STOPPED.replace("Task", "Service")},
    "told": {"inputTransformer": {"inputPaths": {"task": "$.detail.taskArn"}, "inputTemplate": "\"<task> ended\""}},
    "scaled": {"maxCapacity": 6},
    "by-cpu": {"targetTrackingScalingPolicyConfiguration": {
        "targetValue": 50, "predefinedMetricSpecification": {"predefinedMetricType": "ECSServiceAverageCPUUtilization"},
    }},
    "expiry": {"policy": EXPIRY.replace("14", "7")},
    "subnets": {"description": "still private"},
    "parameters": {"parameters": [{"name": "max_connections", "value": "60", "applyMethod": "pending-reboot"}]},
    "database": {"backupRetentionPeriod": 3, "copyTagsToSnapshot": False, "tags": {"Name": "database"},
                 "enabledCloudwatchLogsExports": ["postgresql"], "backupWindow": "01:00-02:00",
                 "performanceInsightsEnabled": False, "performanceInsightsRetentionPeriod": None},
    "cluster": {"tags": {"Name": "cluster"}},
    "execution": {"description": "starts all tasks"},
    "logging": {"policy": POLICY.replace("logs:*", "logs:PutLogEvents")},
    "bound": {"policy": POLICY.replace("logs:*", "logs:GetLogEvents"), "tags": {"Name": "other"}},
    "password": {"description": "the app's", "tags": {"Name": "other"}},
    "topic": {"tags": {"Name": "other"}},
    "log": {"retentionInDays": 14},
    "balancer": {"idleTimeout": 60},
    "traffic": {"tags": {"Name": "other"}},
    "closed": {"blockPublicPolicy": False},
    "ending": {"rules": [{"id": "end", "status": "Enabled", "filter": {"prefix": ""}, "expiration": {"days": 30}}]},
    "writers": {"policy": WRITERS.replace("Logs", "Other")},
    "flow": {"tags": {"Name": "other"}},
    "acl": {"rules": waf_rule(500, "none"), "tags": {"Name": "other"}},
    "targets": {"deregistrationDelay": 20, "healthCheck": {"path": "/live", "matcher": "200-299", "interval": 10,
                                                           "timeout": 2, "healthyThreshold": 2,
                                                           "unhealthyThreshold": 3, "enabled": True,
                                                           "protocol": "HTTP", "port": "traffic-port"}},
    "listener": {"port": 8080},
    "certificate": {"tags": {"Name": "other"}},
    "proof": {"ttl": 60},
    "rule": {"priority": 41, "conditions": [{"hostHeader": {"values": ["other.example.com"]}}]},
    "service": {"deploymentMaximumPercent": 150, "healthCheckGracePeriodSeconds": 10},
}  # fmt: skip


def filled(value: Any, outputs: dict[str, dict[str, Any]]) -> Any:
    """*value* with ``{name.output}`` replaced."""
    if isinstance(value, dict):
        return {key: filled(item, outputs) for key, item in value.items()}
    if isinstance(value, list):
        return [filled(item, outputs) for item in value]
    if isinstance(value, str) and (whole := PLACE.fullmatch(value)):
        return looked_up(whole[1], outputs)
    return PLACE.sub(lambda part: str(looked_up(part[1], outputs)), value) if isinstance(value, str) else value


def looked_up(path: str, outputs: dict[str, dict[str, Any]]) -> Any:
    """``name.output``, or deeper."""
    found: Any = outputs
    for part in path.split("."):
        found = found[int(part)] if isinstance(found, list) else found[part]
    return found
