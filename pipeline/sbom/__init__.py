"""The bill of materials (SBOM) of an image.

A job that may read exports the image, a job without a role makes the document, a job that may push attaches it.
"""
