"""From images as they are stored to the arrays that training reads."""
