"""What an agent can do: one file per toolset, one function per tool, small views of what comes back."""
