"""The HTML report: tables and figures in, one self-contained page out."""
