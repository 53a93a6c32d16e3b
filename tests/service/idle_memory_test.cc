#include "service/idle_memory.h"

#include <gtest/gtest.h>

#include <cstring>
#include <vector>

// The C library's own allocator, whatever stands before it: the sanitizers' has nothing to give back.
extern "C" void* __libc_malloc(std::size_t size);  // NOLINT(bugprone-reserved-identifier)
extern "C" void __libc_free(void* block);          // NOLINT(bugprone-reserved-identifier)

namespace zonelag::service {
namespace {

constexpr std::uint64_t kMega = 1U << 20;

MemoryUse with_idle(std::uint64_t idle, std::uint64_t in_use = 0) {
  return {.resident = in_use + idle, .in_use = in_use};
}

TEST(IdleMemory, IsWorthItBeyondAFewMegabytes) {
  IdleMemory memory;
  EXPECT_FALSE(memory.is_much(with_idle(8 * kMega)));
  EXPECT_TRUE(memory.is_much(with_idle(9 * kMega)));
}

TEST(IdleMemory, IsWorthItBeyondAShareOfWhatIsUsed) {
  IdleMemory memory;
  EXPECT_FALSE(memory.is_much(with_idle(30 * kMega, 1000 * kMega)));
  EXPECT_TRUE(memory.is_much(with_idle(32 * kMega, 1000 * kMega)));
}

TEST(IdleMemory, WhatCannotBeGivenBackIsNotTriedAgain) {
  IdleMemory memory;
  EXPECT_TRUE(memory.is_much(with_idle(100 * kMega)));
  memory.given_back(with_idle(30 * kMega));
  EXPECT_FALSE(memory.is_much(with_idle(38 * kMega)));
  EXPECT_TRUE(memory.is_much(with_idle(39 * kMega)));
}

TEST(IdleMemory, WhatWasUsedMeanwhileCountsAgain) {
  IdleMemory memory;
  memory.given_back(with_idle(30 * kMega));
  EXPECT_FALSE(memory.is_much(with_idle(2 * kMega)));
  EXPECT_TRUE(memory.is_much(with_idle(20 * kMega)));
}

// Blocks of which one stays at the end of the heap, so that free() alone can't shorten it.
TEST(IdleMemory, FreedBlocksAreGivenBackToTheSystem) {
  constexpr std::size_t kBlock = 8'192;
  constexpr std::size_t kBlocks = 64 * kMega / kBlock;
  IdleMemory memory;
  memory.give_back();
  std::vector<void*> blocks;
  for (std::size_t i = 0; i < kBlocks; ++i) {
    blocks.push_back(__libc_malloc(kBlock));
    std::memset(blocks.back(), 1, kBlock);
  }
  void* const last = __libc_malloc(kBlock);
  const MemoryUse full = memory_use().value();
  for (void* block : blocks) __libc_free(block);
  const std::uint64_t given = memory.give_back();
  EXPECT_GT(given, 56 * kMega);
  EXPECT_LT(memory_use().value().resident, full.resident - 56 * kMega);
  EXPECT_EQ(memory.give_back(), 0U);
  __libc_free(last);
}

}  // namespace
}  // namespace zonelag::service
