"""Pictures of digits, drawn here or photographed, brought to MNIST's convention."""
