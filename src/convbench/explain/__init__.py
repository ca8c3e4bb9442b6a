"""What goes on inside a trained network: its filters, its feature maps, where it looks, how it sorts."""
