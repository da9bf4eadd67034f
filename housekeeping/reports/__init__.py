"""What housekeeping tells the plant manager."""
