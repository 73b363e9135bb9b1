"""An explanation as people and programs read it: lines of text, JSON, a page. Never a value of a row."""
