"""巡网 Xunwang: the ground under the rooms and the roof over them.

floor 4  crawler.service                       starts and shows
floor 3  spiders | lexicons | indexer | alerts four rooms, none knows another
floor 2  crawler.fetching | crawler.reading    the way out | foreign bytes become nouns
floor 1  crawler.store    (config, settings)   memory
floor 0  crawler.domain                        nouns and pure decisions
"""
