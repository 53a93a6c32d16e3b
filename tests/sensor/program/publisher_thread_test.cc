#include "publisher_thread.h"

#include <gtest/gtest.h>

namespace zonelag::sensor {
namespace {

using namespace std::chrono_literals;

// Takes everything, and has delivered it when the test says so.
class SlowOutput final : public Output {
 public:
  void step(const std::vector<decoder::Event>& events, std::chrono::milliseconds) override { taken += events.size(); }
  bool drained() const override { return delivers; }
  bool blocked() const override { return !delivers; }
  void reconfigure(const SpoolConfig&) override {}
  OutputFigures figures() const override { return {.publisher = {.encoded = taken}}; }
  std::string close() override { return {}; }

  std::uint64_t taken = 0;
  bool delivers = false;
};

// The end of a file waits for a broker that is away, a little at a time.
TEST(PublisherThread, FinishesInSeveralCalls) {
  EventQueue queue(10, WhenFull::wait);
  SlowOutput output;
  PublisherThread publisher(queue, output);
  queue.push({});
  EXPECT_FALSE(publisher.finish(1ms));
  EXPECT_FALSE(publisher.finish(1ms));
  output.delivers = true;
  EXPECT_TRUE(publisher.finish(1ms));
  EXPECT_EQ(publisher.figures().publisher.encoded, 1);
}

TEST(PublisherThread, FinishTakesWhatIsInTheQueue) {
  EventQueue queue(10, WhenFull::wait);
  SlowOutput output;
  output.delivers = true;
  PublisherThread publisher(queue, output);
  for (int i = 0; i < 10; ++i) queue.push({});
  EXPECT_TRUE(publisher.finish(1s));
  EXPECT_EQ(output.taken, 10);
}

}  // namespace
}  // namespace zonelag::sensor
