"""The backend-neutral Graph: recorded, printed, changed by passes, saved, drawn and compiled."""
