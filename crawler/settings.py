"""What Scrapy reads: names of components and the switches that a list of hostile pages needs."""

BOT_NAME = "xunwang"
SPIDER_MODULES = ["spiders"]

TWISTED_REACTOR_ENABLED = False
LOG_FORMATTER = "crawler.fetching.engine_parts.QuietLog"
LOG_LEVEL = "WARNING"

# the way out
DOWNLOAD_HANDLERS = {
    "http": "crawler.fetching.wire.Wire",
    "https": "crawler.fetching.wire.Wire",
    "data": None,
    "file": None,
    "ftp": None,
    "s3": None,
}
DOWNLOADER = "crawler.fetching.engine_parts.SlimDownloader"
SCHEDULER = "crawler.fetching.engine_parts.NoScheduler"
DOWNLOADER_MIDDLEWARES_BASE: dict[str, int] = {}
DOWNLOADER_MIDDLEWARES = {"crawler.fetching.middlewares.Inflate": 590}
SPIDER_MIDDLEWARES_BASE: dict[str, int] = {}
EXTENSIONS_BASE: dict[str, int] = {}

# `scrapy crawl` by hand prints its captures; a fetching child has no feed
EXTENSIONS = {"scrapy.extensions.feedexport.FeedExporter": 0}
FEED_EXPORT_ENCODING = "utf-8"
FEEDS = {"stdout:": {"format": "jsonlines", "encoding": "utf-8"}}

# the spider's workers are the limit; a 0 a domain would stall for ever
CONCURRENT_REQUESTS = 4096
CONCURRENT_REQUESTS_PER_DOMAIN = 8

# nothing of a page's is stopped by Scrapy: the handler cuts, the capture says so
DOWNLOAD_MAXSIZE = 0
DOWNLOAD_WARNSIZE = 0
DOWNLOAD_FAIL_ON_DATALOSS = False

# off, whatever a later version makes of its defaults
COOKIES_ENABLED = False
DOWNLOADER_STATS = False
HTTPPROXY_ENABLED = False  # a proxy in the environment would go around the guard
METAREFRESH_ENABLED = False
REDIRECT_ENABLED = False  # hops are followed, counted and recorded by the visit
REFERER_ENABLED = False
REMOTE_CONTROL_ENABLED = False
RETRY_ENABLED = False
ROBOTSTXT_OBEY = False  # asked by the visit, as its policy says
TELNETCONSOLE_ENABLED = False
