"""What transport tells the plant manager."""
