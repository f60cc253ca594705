//! the module proxy protocol: proxy list, versions, retractions, conditional requests.
