#include "service/kafka/broker_errors.h"

#include <gtest/gtest.h>

namespace {

using zonelag::service::BrokerErrors;

TEST(BrokerErrors, TheLastOfEachInOneLine) {
  BrokerErrors errors;
  EXPECT_TRUE(errors.empty());
  EXPECT_EQ(errors.text(), "");
  errors.add({"b:2", "disconnected"});
  errors.add({"", "of none in particular"});
  errors.add({"b:2", "does not answer"});
  EXPECT_FALSE(errors.empty());
  EXPECT_EQ(errors.text(), "of none in particular; b:2: does not answer");
  errors.clear();
  EXPECT_TRUE(errors.empty());
}

TEST(BrokerErrors, TellsOfAFew) {
  BrokerErrors errors;
  for (const char* broker : {"a", "b", "c", "d"}) errors.add({broker, "is away"});
  EXPECT_EQ(errors.text(), "a: is away; b: is away; c: is away");
}

TEST(BrokerErrors, KeepsThoseOf64Brokers) {
  BrokerErrors errors;
  for (int i = 0; i < 64; ++i) errors.add({"m" + std::to_string(i), "is away"});
  errors.add({"a", "is one too many"});
  EXPECT_EQ(errors.text().find("one too many"), std::string::npos);
  errors.add({"m0", "is back, but slow"});
  EXPECT_TRUE(errors.text().starts_with("m0: is back, but slow; m1: is away; ")) << errors.text();
}

}  // namespace
