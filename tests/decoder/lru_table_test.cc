#include "decoder/lru_table.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <list>
#include <memory>
#include <random>

#include "decoder/net.h"

namespace zonelag::decoder {
namespace {

struct Item {
  int key = -1;
  int value = 0;
  std::shared_ptr<int> owned;
};

// The same table, written to be obviously right: oldest first.
class Model {
 public:
  std::list<Item> items;

  std::list<Item>::iterator find(int key) {
    return std::ranges::find_if(items, [&](const Item& item) { return item.key == key; });
  }
  void touch(int key) { items.splice(items.end(), items, find(key)); }
};

template <typename Table>
Item* find(Table& table, std::uint64_t hash, int key) {
  return table.find(hash, [&](const Item& item) { return item.key == key; });
}

void expect_same(LruTable<Item>& table, Model& model) {
  ASSERT_EQ(table.size(), model.items.size());
  auto expected = model.items.begin();
  table.for_each([&](Item& item) {
    ASSERT_NE(expected, model.items.end());
    EXPECT_EQ(item.key, expected->key);
    EXPECT_EQ(item.value, (expected++)->value);
  });
  EXPECT_EQ(expected, model.items.end());
  EXPECT_EQ(table.oldest() == nullptr ? -1 : table.oldest()->key, model.items.empty() ? -1 : model.items.front().key);
}

// `hashes`: how many hashes there are for 300 keys; 1: all collide.
void compare_with_model(std::uint32_t limit, std::uint64_t hashes, std::uint32_t seed) {
  LruTable<Item> table(limit);
  Model model;
  std::mt19937 random(seed);
  for (int step = 0; step < 3000; ++step) {
    const int key = static_cast<int>(random() % 300);
    const std::uint64_t hash = (static_cast<std::uint64_t>(key) % hashes) * 0x9e3779b97f4a7c15ULL;
    const auto expected = model.find(key);
    Item* found = find(table, hash, key);
    ASSERT_EQ(found != nullptr, expected != model.items.end());
    if (found == nullptr) {
      ASSERT_EQ(table.full(), model.items.size() == limit);
      if (table.full()) {
        table.erase(*table.oldest());
        model.items.pop_front();
      }
      EXPECT_EQ(table.insert(hash, {key, step, {}}).value, step);
      model.items.push_back({key, step, {}});
    } else if (random() % 3 == 0) {
      table.erase(*found);
      model.items.erase(expected);
    } else {
      table.touch(*found);
      model.touch(key);
    }
    if (step % 50 == 0) expect_same(table, model);
  }
  expect_same(table, model);
}

TEST(LruTable, DoesWhatItsModelDoes) {
  for (const std::uint32_t limit : {1U, 2U, 3U, 42U, 43U, 200U, 1000U}) {
    for (const std::uint64_t hashes : {1U, 2U, 7U, 300U}) {
      SCOPED_TRACE(testing::Message() << "limit " << limit << ", hashes " << hashes);
      compare_with_model(limit, hashes, limit + static_cast<std::uint32_t>(hashes));
    }
  }
}

TEST(LruTable, LimitOfZeroIsOne) {
  LruTable<Item> table(0);
  EXPECT_FALSE(table.full());
  EXPECT_EQ(table.oldest(), nullptr);
  table.insert(5, {.key = 1});
  EXPECT_TRUE(table.full());
}

TEST(LruTable, FindDoesNotCountAsUse) {
  LruTable<Item> table(2);
  table.insert(1, {.key = 1});
  table.insert(2, {.key = 2});
  ASSERT_NE(find(table, 1, 1), nullptr);
  EXPECT_EQ(table.oldest()->key, 1);
  table.touch(*find(table, 1, 1));
  EXPECT_EQ(table.oldest()->key, 2);
}

TEST(LruTable, EntriesDoNotMoveWhileItGrows) {
  LruTable<Item> table(5000);
  const Item* const first = &table.insert(mix(0), {.key = 0});
  for (int key = 1; key < 5000; ++key) table.insert(mix(static_cast<std::uint64_t>(key)), {.key = key});
  EXPECT_EQ(find(table, mix(0), 0), first);
  for (int key = 0; key < 5000; ++key) ASSERT_NE(find(table, mix(static_cast<std::uint64_t>(key)), key), nullptr);
}

TEST(LruTable, ErasedEntryLetsGoOfWhatItOwned) {
  LruTable<Item> table(2);
  const auto owned = std::make_shared<int>(1);
  Item& item = table.insert(1, {.key = 1, .owned = owned});
  EXPECT_EQ(owned.use_count(), 2);
  table.erase(item);
  EXPECT_EQ(owned.use_count(), 1);
}

}  // namespace
}  // namespace zonelag::decoder
