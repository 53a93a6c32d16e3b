// The newer capture file: a sequence of blocks in sections (draft-ietf-opsawg-pcapng).
#pragma once

#include <bit>
#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <vector>

#include "file_source.h"
#include "pcapng_time.h"

namespace zonelag::sensor {

inline constexpr std::size_t kMaxInterfaces = 65'536;  // of a section: more are corrupt
inline constexpr std::uint32_t kMaxBlock = 16U << 20;  // of any kind, as Wireshark has it: more is corrupt

class PcapngFile : public FileSource {
 public:
  static bool recognise(decoder::Bytes beginning);
  // `bytes` stands at the beginning of such a file.
  static std::expected<std::unique_ptr<PacketSource>, CaptureProblem> open(std::unique_ptr<ByteSource> bytes);

  std::span<const decoder::Packet> next_batch() override;

 private:
  struct Interface {
    decoder::LinkType link = decoder::LinkType::ethernet;
    bool known = true;
    std::uint32_t snap_length = 0;  // 0: none
    TimeUnit unit;
    std::uint64_t skipped = 0;  // packets, where not known
  };
  struct BlockHeader {
    std::uint32_t type = 0;
    std::uint32_t length = 0;
  };
  // Of a packet block: what its fields say, before anything is believed.
  struct PacketFields {
    std::uint32_t interface = 0;
    std::uint64_t ticks = 0;
    bool timed = true;
    std::uint32_t captured = 0;
    std::uint32_t wire_length = 0;
    std::size_t header = 0;  // of the block, before the data
  };

  explicit PcapngFile(std::unique_ptr<ByteSource> bytes) : FileSource(std::move(bytes)) {}
  void read_to_first_packet();
  template <std::endian kOrder>
  std::size_t parse();
  template <std::endian kOrder>
  static PacketFields read_fields(BlockHeader block, const std::byte* at, std::uint32_t snap_length);
  bool accept(const PacketFields& fields, BlockHeader block, const std::byte* at, decoder::Packet& packet);
  std::uint32_t snap_length_of_first() const { return interfaces_.empty() ? 0 : interfaces_.front().snap_length; }

  // One block that parse() left, whatever the reason.
  void read_block();
  bool read_block_header(BlockHeader& block);
  void read_section_header();
  void read_interface(BlockHeader block);
  bool read_options(decoder::Bytes options, Interface& interface);
  void read_packet(BlockHeader block, std::size_t seen);
  void pass_over(BlockHeader block);
  bool trailer_agrees(BlockHeader block);
  void refuse(BlockHeader block, const std::string& why);
  void cut_in(BlockHeader block);

  bool all_unknown() const;
  void tell_skipped();  // of the interfaces of this section; once

  template <typename Number>
  Number number_at(const std::byte* at) const;

  std::endian order_ = std::endian::little;
  std::vector<Interface> interfaces_;
  decoder::Timestamp previous_time_;
  std::uint64_t block_offset_ = 0;  // of the block being read, for messages
  bool told_no_time_ = false;
};

}  // namespace zonelag::sensor
