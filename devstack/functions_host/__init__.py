"""A stand-in for the Azure Functions host with its Durable extension, for Python v2 apps."""
