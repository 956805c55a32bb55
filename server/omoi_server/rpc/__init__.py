"""The only room that speaks protobuf: services, watch, conversion, authentication, errors."""
