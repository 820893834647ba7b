"""Images in their registry: digest, configuration, tags, scan."""
