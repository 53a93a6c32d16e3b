// The last error of each broker, for a line that tells what keeps a client from its work. One thread.
#pragma once

#include <map>
#include <string>

#include "service/kafka/kafka_problem.h"

namespace zonelag::service {

class BrokerErrors {
 public:
  void add(BrokerError error);
  void clear() { errors_.clear(); }
  bool empty() const { return errors_.empty(); }
  // A few of them in one line; empty: there is none.
  std::string text() const;

 private:
  std::map<std::string, std::string> errors_;  // by broker
};

}  // namespace zonelag::service
