"""`make bench`: the gate beside the AWS CLI and ecs-deploy, on the same emulated AWS, in turn."""
