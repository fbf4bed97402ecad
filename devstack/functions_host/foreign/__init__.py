"""The host in the Python environment of an app that brings its own packages."""
