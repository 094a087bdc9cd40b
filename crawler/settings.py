"""What Scrapy reads: names of components and the switches that a list of hostile pages needs."""
