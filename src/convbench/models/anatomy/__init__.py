"""What a network is made of: layers, receptive fields, cost."""
