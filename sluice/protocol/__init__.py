"""Pulumi's provider protocol over gRPC, for any provider in Python."""
