"""The rating room: the pages that raters and researchers use, and the server behind them, on this computer alone."""
