"""A small ``aws`` plugin on boto3, driven by tables over botocore's service models."""
