// What a ReportStore and its readers share. Private to the room.
#pragma once

#include <utility>

#include "aggregator/store/report_store.h"
#include "read_session.h"

namespace zonelag::aggregator {

class TransferReader::Impl {
 public:
  Impl(Cursor cursor, std::uint64_t& unreadable) : cursor_(std::move(cursor)), unreadable_(unreadable) {}
  Stored<std::vector<TransferRow>> next_zone();

 private:
  // The next view; empty: the end.
  Stored<std::optional<decoder::Event>> next_view();

  Cursor cursor_;
  std::uint64_t& unreadable_;
  std::optional<decoder::Event> ahead_;  // first view of the zone to come
};

}  // namespace zonelag::aggregator
