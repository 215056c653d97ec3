"""Files that are whole, private and of the right shape; free text that is safe where it is shown."""
