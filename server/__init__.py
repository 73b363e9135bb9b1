"""Opens the MCP and HTTP doors. Assembles, never decides."""
