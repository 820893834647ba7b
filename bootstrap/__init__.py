"""What an AWS account needs before a stack can be deployed to it from GitHub."""
