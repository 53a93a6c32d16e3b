// Transfers of one batch as rows, one for each sensor that saw them. Private to the room.
#pragma once

#include <map>
#include <string>
#include <utility>

#include "aggregator/changes.h"
#include "transfer_views.h"

namespace zonelag::aggregator {

class TransferChanges {
 public:
  void consume(const decoder::Event& event);
  void take(Changes& into);

 private:
  std::map<std::pair<TransferKey, std::string>, TransferView> views_;
};

}  // namespace zonelag::aggregator
