"""Questions -> one PowerShell script; the bytes that come back -> answers. Pure: nothing here sends or receives."""
