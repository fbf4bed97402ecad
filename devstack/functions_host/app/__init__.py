"""The function app: found through the SDK's indexing, and called."""
