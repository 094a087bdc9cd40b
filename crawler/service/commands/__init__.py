"""One file a group of commands; `crawler.service.cli` lists them."""
