#include "aggregator/intake/event_feed.h"
