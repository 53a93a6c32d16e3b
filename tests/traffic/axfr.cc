#include "traffic/axfr.h"

#include "traffic/message_builder.h"
#include "traffic/records.h"
#include "zone_content.h"

namespace zonelag::traffic {
namespace {

using std::chrono::milliseconds;

constexpr std::uint16_t kClientPort = 40053;

std::uint64_t nanoseconds_of(Time time) { return static_cast<std::uint64_t>(time.time_since_epoch().count()); }

Path path_of(bool v6) { return {{client_address(1, v6), kClientPort}, {server_address(v6), kDnsPort}}; }

SenderOptions sender_options(const AxfrOptions& options) {
  const unsigned segments_per_ack = options.segment > TcpFlow::kUsualSegment ? 1 : 2;
  return {options.segment, segments_per_ack, options.disturbance};
}

class Axfr {
 public:
  Axfr(const AxfrOptions& options, PacketSink& sink)
      : options_{options},
        sink_{sink},
        wire_{sink, options.wire},
        rng_{options.seed},
        id_{rng_.next16()},
        flow_{path_of(options.v6), rng_.next32(), options.start_seq.value_or(rng_.next32()) - 1},
        sender_{flow_, wire_, counts_, sender_options(options), Rng{rng_.next()}} {}

  Summary run(Progress& progress) {
    progress.begin("records", options_.records);
    flow_.handshake(wire_, counts_);
    ask();
    answer(progress);
    sender_.flush();
    flow_.close(wire_, counts_);
    return summary();
  }

 private:
  void ask() {
    message_.begin(id_, 0, Framing::kStream);
    message_.question(options_.zone, RrType::kAxfr);
    if (options_.tsig) add_tsig();
    asked_ = flow_.send(wire_, counts_, Side::kClient, message_.finish());
    flow_.acknowledge(wire_, counts_, Side::kServer);
    wire_.pause(milliseconds{1});
  }

  void answer(Progress& progress) {
    begin_message();
    ZoneContent content{options_.zone, Rng{rng_.next()}};
    add_record([&] { add_soa(message_, Section::kAnswer, options_.zone, options_.serial); });
    for (std::uint64_t done = 2; done < options_.records && !sink_.failed(); ++done) {
      add_record([&] { content.write(message_); });
      content.advance();
      progress.at(done);
    }
    add_record([&] { add_soa(message_, Section::kAnswer, options_.zone, options_.serial); });
    end_message();
  }

  template <typename Write>
  void add_record(Write write) {
    const MessageBuilder::Mark mark = message_.mark();
    write();
    if (message_.size() <= room_) return;
    message_.rewind(mark);
    end_message();
    begin_message();
    write();
  }

  void begin_message() {
    room_ = options_.message_size - (options_.tsig ? fake_tsig_size(key_) : 0);
    message_.begin(id_, kFlagResponse | kFlagAuthoritative, Framing::kStream);
    if (messages_ == 0 || options_.question == QuestionIn::kAll) message_.question(options_.zone, RrType::kAxfr);
  }

  void end_message() {
    records_ += message_.count(Section::kAnswer);
    if (options_.tsig) add_tsig();
    ++messages_;
    message_bytes_ += message_.size();
    sender_.write(message_.finish());
  }

  void add_tsig() {
    const auto seconds = std::chrono::floor<std::chrono::seconds>(wire_.now().time_since_epoch());
    add_fake_tsig(message_, key_, static_cast<std::uint64_t>(seconds.count()), id_, rng_);
  }

  Summary summary() const {
    const TcpSender::Truth& truth = sender_.truth();
    const std::uint64_t completed = truth.dropped == 0 ? nanoseconds_of(truth.last_new_byte) : 0;
    return {
        .scenario = "axfr",
        .packets = sink_.packets(),
        .bytes = sink_.bytes(),
        .classes = {{"handshake", counts_.handshake},
                    {"data", counts_.data},
                    {"ack", counts_.ack},
                    {"fin", counts_.fin}},
        .truth = {{"zone", options_.zone_text},
                  {"serial", std::uint64_t{options_.serial}},
                  {"records", records_},
                  {"messages", messages_},
                  {"message_bytes", message_bytes_},
                  {"stream_bytes", truth.stream_bytes},
                  {"segments", truth.segments},
                  {"reordered", truth.reordered},
                  {"duplicated", truth.duplicated},
                  {"overlapped", truth.overlapped},
                  {"dropped", truth.dropped},
                  {"dropped_bytes", truth.dropped_bytes},
                  {"asked_ns", nanoseconds_of(asked_)},
                  {"completed_ns", completed}},
    };
  }

  const AxfrOptions& options_;
  PacketSink& sink_;
  Wire wire_;
  Rng rng_;
  std::uint16_t id_;
  TcpCounts counts_;
  TcpFlow flow_;
  TcpSender sender_;
  MessageBuilder message_;
  Name key_ = Name::of("transfer-key");
  std::size_t room_ = 0;
  std::uint64_t records_ = 0;
  std::uint64_t messages_ = 0;
  std::uint64_t message_bytes_ = 0;
  Time asked_{};
};

}  // namespace

Summary write_axfr(const AxfrOptions& options, PacketSink& sink, Progress& progress) {
  return Axfr{options, sink}.run(progress);
}

}  // namespace zonelag::traffic
