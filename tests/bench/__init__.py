"""The benchmark: one outbound pass by the product and by a plain script that does the same work, side by side."""
