// Capture files behind the interface of a live capture (--read): the same pipeline, all files as one, by time.
#pragma once

#include <expected>
#include <memory>
#include <string>
#include <vector>

#include "sensor/live/capture.h"
#include "sensor/live/packet_filter.h"
#include "sensor/merge.h"
#include "sensor/packet_source.h"

namespace zonelag::sensor {

class FileCapture final : public Capture {
 public:
  // "-" is standard input. `filter`: pcap-filter(7), empty: none. Error: one line that names the file or the filter.
  static std::expected<std::unique_ptr<FileCapture>, std::string> open(const std::vector<std::string>& files,
                                                                       const std::string& filter);

  // Does not wait, but for a pipe. Packet numbers are Pipeline::numbered().
  CaptureState poll(std::chrono::milliseconds wait, BatchConsumer& consumer) override;
  // The wait for a pipe ends, and with it the capture.
  void wake() override { source_.interrupt(); }
  CaptureFigures figures() override { return figures_; }
  std::vector<InterfaceNotice> take_notices() override { return {}; }

  // What is wrong with the files; complete once poll() said ended. Thread: after the worker's end.
  std::vector<CaptureProblem> problems() const { return source_.problems(); }

 private:
  FileCapture(std::vector<std::unique_ptr<PacketSource>> sources, std::string filter)
      : source_(std::move(sources)), filter_text_(std::move(filter)) {}
  bool wanted(const decoder::Packet& packet);

  MergedSource source_;
  std::string filter_text_;
  std::vector<std::pair<decoder::LinkType, PacketFilter>> filters_;  // compiled as link types turn up
  std::vector<decoder::Packet> batch_;
  CaptureFigures figures_;
};

}  // namespace zonelag::sensor
