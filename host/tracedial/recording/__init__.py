"""Records dials and a player into journals, and reads journals back."""
