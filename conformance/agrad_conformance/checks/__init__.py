"""What is checked: properties of samples, pinned points, scenarios, and the table of ops itself."""
