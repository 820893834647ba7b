"""The parts of a deployment, each a component resource with one typed args object."""
