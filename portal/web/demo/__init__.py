"""The story that `make demo` plays: three invented organizations, real actions, the real worker."""
