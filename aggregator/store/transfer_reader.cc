#include "aggregator/exchanges.h"
#include "report_rows.h"
#include "report_store_impl.h"

namespace zonelag::aggregator {

Stored<std::optional<decoder::Event>> TransferReader::Impl::next_view() {
  for (;;) {
    auto fields = cursor_.next();
    if (!fields) return std::unexpected(fields.error());
    if (!*fields) return std::nullopt;
    auto view = read_transfer(**fields);
    if (view) return view;
    ++unreadable_;
  }
}

// Each view goes through the log as the event that it once was: what replay shows of a transfer is what is shown here.
Stored<std::vector<TransferRow>> TransferReader::Impl::next_zone() {
  std::vector<TransferRow> rows;
  ExchangeLog log;
  if (!ahead_) {
    auto first = next_view();
    if (!first) return std::unexpected(first.error());
    if (!*first) return rows;
    ahead_ = *std::move(first);
  }
  const ZoneName zone = ahead_->zone;
  while (ahead_ && ahead_->zone == zone) {
    log.consume(*ahead_);
    auto next = next_view();
    if (!next) return std::unexpected(next.error());
    ahead_ = *std::move(next);
  }
  log.for_each_transfer([&](const TransferRow& row) { rows.push_back(row); });
  return rows;
}

TransferReader::TransferReader(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
TransferReader::~TransferReader() = default;
TransferReader::TransferReader(TransferReader&&) noexcept = default;

Stored<std::vector<TransferRow>> TransferReader::next_zone() { return impl_->next_zone(); }

}  // namespace zonelag::aggregator
