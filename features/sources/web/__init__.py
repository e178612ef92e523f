"""Weather from services on the network, at points."""
