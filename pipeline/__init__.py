"""The steps of the delivery pipeline, one file per command; the workflows call nothing else. See docs/pipeline.md."""
