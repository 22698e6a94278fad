"""Studios' protocols as pure translations.  `PROVIDERS` is the list: being in it is being tested."""
