"""Omoi's gRPC contract. The package path equals the proto path; v1 holds generated code beside its .proto files."""
