"""A small ``docker`` plugin: images, built and pushed by the Docker command line."""
