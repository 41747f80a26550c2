"""The conversation in a browser: a page, and a gateway from web sockets to the protocol."""
