"""One folder per outside thing. Adapters implement the ports of `closeloop.application.ports`."""
