"""The labelled replies, the training of the wording model, and its model card."""
