#include "mail.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fake_topic.h"

namespace zonelag::aggregator {
namespace {

OutboxEntry entry(std::int64_t id) { return {.id = id, .messages = {{.topic = "t", .value = std::to_string(id)}}}; }

std::vector<std::string> values(const FakeSender& sender) {
  std::vector<std::string> all;
  for (const auto& message : sender.arrived) all.push_back(message.value);
  return all;
}

TEST(Mail, WhatDidNotFitGoesLaterInOrder) {
  FakeTopic topic(1);
  FakeSender sender(topic, "events");
  Mail mail(sender);
  sender.full = true;
  mail.post(entry(1));
  EXPECT_TRUE(mail.blocked());
  sender.full = false;
  mail.post(entry(2));
  EXPECT_TRUE(mail.blocked()) << "2 must not overtake 1";
  EXPECT_EQ(mail.waiting(), 2);
  mail.tick();
  EXPECT_FALSE(mail.blocked());
  EXPECT_THAT(values(sender), testing::ElementsAre("1", "2"));
  EXPECT_THAT(mail.arrived(), testing::ElementsAre(1, 2));
  EXPECT_TRUE(mail.drained());
}

TEST(Mail, AnEntryFoundAgainIsSentAgainOnlyIfNobodySentIt) {
  FakeTopic topic(1);
  FakeSender sender(topic, "events");
  Mail mail(sender);
  mail.post(entry(1));
  mail.found({entry(1), entry(2)});
  mail.tick();
  mail.found({entry(1)});  // arrived, but its row is still there
  mail.tick();
  EXPECT_THAT(values(sender), testing::ElementsAre("1", "2"));
  mail.removed(1);
  EXPECT_THAT(mail.arrived(), testing::ElementsAre(2));
}

}  // namespace
}  // namespace zonelag::aggregator
