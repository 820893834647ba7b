"""Pulumi's provider protocol over gRPC, for any provider written in Python."""
