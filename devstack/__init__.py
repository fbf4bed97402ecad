"""What a laptop needs to run docflow without a cloud account; the app never imports it."""
