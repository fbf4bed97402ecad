"""The HTTP side: the app's routes, the management API, the administration."""
