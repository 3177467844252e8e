"""The chaos harness: real workers over the sandbox, killed again and again, judged by what really arrived."""
