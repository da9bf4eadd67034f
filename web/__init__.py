"""What a browser and a neighbouring system see of the plant; imports everybody, is imported by nobody."""
