"""The bundled, local-only Pulumi plugins: ``aws`` and ``docker`` for the stacks that live on this machine.

Real deployments use the official plugins. These answer for exactly the resource types that the program uses, refuse
everything else by name, and claim nothing about what the official ones would diff.
"""
