#include "inject_program.h"

#include <linux/bpf.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <vector>

namespace zonelag::traffic {
namespace {

constexpr std::uint32_t kWord = 8;

/// The head of a map's entry: what xdp_adjust_tail() is told, and the frame's length. The frame follows.
struct EntryHead {
  std::int32_t tail;
  std::uint32_t length;
};

long bpf(int command, bpf_attr& attributes) { return ::syscall(SYS_bpf, command, &attributes, sizeof attributes); }

std::uint64_t address_of(const void* pointer) { return reinterpret_cast<std::uint64_t>(pointer); }

Descriptor create_array(std::uint32_t value_size, std::uint32_t entries) {
  bpf_attr attributes{};
  attributes.map_type = BPF_MAP_TYPE_ARRAY;
  attributes.key_size = sizeof(std::uint32_t);
  attributes.value_size = value_size;
  attributes.max_entries = entries;
  return Descriptor{static_cast<int>(bpf(BPF_MAP_CREATE, attributes))};
}

bool fill(const Descriptor& map, const PcapFrames& frames, std::uint32_t room) {
  std::vector<std::uint8_t> value(sizeof(EntryHead) + room);
  for (std::uint32_t i = 0; i < frames.size(); ++i) {
    const ByteView frame = frames[i];
    const auto length = static_cast<std::uint32_t>(frame.size());
    const EntryHead head{static_cast<std::int32_t>(length) - static_cast<std::int32_t>(room), length};
    std::memcpy(value.data(), &head, sizeof head);
    std::memcpy(value.data() + sizeof head, frame.data(), frame.size());
    bpf_attr attributes{};
    attributes.map_fd = static_cast<std::uint32_t>(map.get());
    attributes.key = address_of(&i);
    attributes.value = address_of(value.data());
    if (bpf(BPF_MAP_UPDATE_ELEM, attributes) != 0) return false;
  }
  return true;
}

/// Writes instructions; names are those of the kernel's documentation of the instruction set.
class Assembler {
 public:
  void put(int code, std::uint8_t to, std::uint8_t from, int offset, std::int32_t value) {
    bpf_insn instruction{};
    instruction.code = static_cast<std::uint8_t>(code);
    instruction.dst_reg = to & 0xf;
    instruction.src_reg = from & 0xf;
    instruction.off = static_cast<std::int16_t>(offset);
    instruction.imm = value;
    code_.push_back(instruction);
  }
  void move(std::uint8_t to, std::uint8_t from) { put(BPF_ALU64 | BPF_MOV | BPF_X, to, from, 0, 0); }
  void compute(int operation, std::uint8_t to, std::int32_t value) {
    put(BPF_ALU64 | operation | BPF_K, to, 0, 0, value);
  }
  void load(int size, std::uint8_t to, std::uint8_t from, std::uint32_t offset) {
    put(BPF_LDX | size | BPF_MEM, to, from, static_cast<int>(offset), 0);
  }
  void store(int size, std::uint8_t to, int offset, std::uint8_t from) {
    put(BPF_STX | size | BPF_MEM, to, from, offset, 0);
  }
  void call(std::int32_t function) { put(BPF_JMP | BPF_CALL, 0, 0, 0, function); }
  /// r0 = the map's entry whose number is on the stack; goes to the end when there is none.
  void look_up(const Descriptor& map) {
    put(BPF_LD | BPF_DW | BPF_IMM, 1, BPF_PSEUDO_MAP_FD, 0, map.get());
    put(0, 0, 0, 0, 0);
    move(2, 10);
    compute(BPF_ADD, 2, kKey);
    call(BPF_FUNC_map_lookup_elem);
    jump_to_end(BPF_JEQ | BPF_K, 0, 0);
  }
  void jump_to_end(int condition, std::uint8_t left, std::uint8_t right) {
    to_end_.push_back(code_.size());
    put(BPF_JMP | condition, left, right, 0, 0);
  }
  /// Here is the end.
  void land() {
    for (const std::size_t jump : to_end_) code_[jump].off = static_cast<std::int16_t>(code_.size() - jump - 1);
  }
  const std::vector<bpf_insn>& code() const { return code_; }

  static constexpr int kKey = -4;  ///< of the stack's frame: an entry's number

 private:
  std::vector<bpf_insn> code_;
  std::vector<std::size_t> to_end_;
};

/// Which frame: counter modulo frames, to the stack.
void choose(Assembler& out, const Descriptor& counter, std::size_t frames) {
  out.put(BPF_ST | BPF_W | BPF_MEM, 10, 0, Assembler::kKey, 0);
  out.look_up(counter);
  out.load(BPF_DW, 7, 0, 0);
  out.move(1, 7);
  out.compute(BPF_ADD, 1, 1);
  out.store(BPF_DW, 0, 0, 1);
  out.compute(BPF_MOD, 7, static_cast<std::int32_t>(frames));
  out.store(BPF_W, 10, Assembler::kKey, 7);
}

/// Copies it (all the room: the lengths are not known to the verifier) and cuts the frame to its length.
void copy(Assembler& out, const Descriptor& frames, std::uint32_t room) {
  out.look_up(frames);
  out.move(8, 0);
  out.load(BPF_W, 2, 6, offsetof(xdp_md, data));
  out.load(BPF_W, 3, 6, offsetof(xdp_md, data_end));
  out.move(4, 2);
  out.compute(BPF_ADD, 4, static_cast<std::int32_t>(room));
  out.jump_to_end(BPF_JGT | BPF_X, 4, 3);
  for (std::uint32_t at = 0; at < room; at += kWord) {
    out.load(BPF_DW, 5, 8, sizeof(EntryHead) + at);
    out.store(BPF_DW, 2, static_cast<int>(at), 5);
  }
  out.move(1, 6);
  out.load(BPF_W, 2, 8, offsetof(EntryHead, tail));
  out.compute(BPF_LSH, 2, 32);
  out.compute(BPF_ARSH, 2, 32);
  out.call(BPF_FUNC_xdp_adjust_tail);
}

std::expected<Descriptor, std::string> load_program(const Assembler& assembler) {
  static constexpr char kLicense[] = "GPL";  // of this program alone: adjust_tail() asks for nothing
  std::vector<char> log(1 << 16);
  bpf_attr attributes{};
  attributes.prog_type = BPF_PROG_TYPE_XDP;
  attributes.insns = address_of(assembler.code().data());
  attributes.insn_cnt = static_cast<std::uint32_t>(assembler.code().size());
  attributes.license = address_of(kLicense);
  attributes.log_buf = address_of(log.data());
  attributes.log_size = static_cast<std::uint32_t>(log.size());
  attributes.log_level = 1;
  Descriptor program{static_cast<int>(bpf(BPF_PROG_LOAD, attributes))};
  if (!program) return std::unexpected{std::string{"BPF program: "} + std::strerror(errno) + " " + log.data()};
  return program;
}

}  // namespace

std::expected<InjectProgram, std::string> InjectProgram::load(const PcapFrames& frames) {
  const std::size_t longest = frames.longest();
  if (longest > kLongestFrame)
    return std::unexpected{"a frame of " + std::to_string(longest) + " bytes; inject takes at most " +
                           std::to_string(kLongestFrame)};
  InjectProgram self;
  self.room_ = static_cast<std::uint32_t>((longest + kWord - 1) / kWord * kWord);
  self.counter_ = create_array(sizeof(std::uint64_t), 1);
  self.frames_ = create_array(sizeof(EntryHead) + self.room_, static_cast<std::uint32_t>(frames.size()));
  if (!self.counter_ || !self.frames_ || !fill(self.frames_, frames, self.room_))
    return std::unexpected{std::string{"BPF map (needs CAP_BPF): "} + std::strerror(errno)};
  Assembler assembler;
  assembler.move(6, 1);
  choose(assembler, self.counter_, frames.size());
  copy(assembler, self.frames_, self.room_);
  assembler.land();
  assembler.put(BPF_ALU64 | BPF_MOV | BPF_K, 0, 0, 0, XDP_PASS);
  assembler.put(BPF_JMP | BPF_EXIT, 0, 0, 0, 0);
  auto program = load_program(assembler);
  if (!program) return std::unexpected{program.error()};
  self.program_ = *std::move(program);
  return self;
}

std::expected<void, int> InjectProgram::run(int interface, std::uint32_t count) {
  const std::vector<std::uint8_t> empty(room_);
  xdp_md context{};
  context.data_end = room_;
  context.ingress_ifindex = static_cast<std::uint32_t>(interface);
  bpf_attr attributes{};
  attributes.test.prog_fd = static_cast<std::uint32_t>(program_.get());
  attributes.test.data_in = address_of(empty.data());
  attributes.test.data_size_in = room_;
  attributes.test.ctx_in = address_of(&context);
  attributes.test.ctx_size_in = sizeof context;
  attributes.test.repeat = count;
  attributes.test.flags = BPF_F_TEST_XDP_LIVE_FRAMES;
  attributes.test.batch_size = 64;
  if (bpf(BPF_PROG_TEST_RUN, attributes) != 0) return std::unexpected{errno};
  return {};
}

std::uint64_t InjectProgram::runs() const {
  const std::uint32_t key = 0;
  std::uint64_t value = 0;
  bpf_attr attributes{};
  attributes.map_fd = static_cast<std::uint32_t>(counter_.get());
  attributes.key = address_of(&key);
  attributes.value = address_of(&value);
  return bpf(BPF_MAP_LOOKUP_ELEM, attributes) == 0 ? value : 0;
}

}  // namespace zonelag::traffic
