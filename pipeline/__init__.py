"""The steps of the delivery pipeline, one verb a file; the workflows call nothing else. See docs/pipeline.md."""
