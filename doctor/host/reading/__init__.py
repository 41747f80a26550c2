"""What is said to the host of a room, and as what it is read: tables and who uses them."""
