// What goes wrong around the store, for real: each becomes one line that says where, and nothing is half done.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <pwd.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstring>
#include <filesystem>
#include <fstream>

#include "aggregator/store/migrations.h"
#include "aggregator/store/postgres.h"
#include "batch.h"
#include "database.h"
#include "sample_changes.h"

namespace zonelag::aggregator {
namespace {

using namespace std::chrono_literals;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

// What adopting a partition fails with.
StoreError failure(const DatabaseConfig& config) {
  PostgresStore store(config);
  const auto adopted = store.adopt(kZero, 1);
  EXPECT_FALSE(adopted);
  return adopted ? StoreError{} : adopted.error();
}

DatabaseConfig over_tcp(const Database& database, const std::string& login) {
  return {.connection = fmt::format("postgresql://{}@127.0.0.1:{}/{}", login, server().port(), database.name())};
}

TEST(StoreFault, ConnectionRefused) {
  const StoreError error = failure({.connection = "postgresql://nobody@127.0.0.1:1/zonelag"});
  EXPECT_EQ(error.fault, StoreFault::unavailable);
  EXPECT_THAT(error.text, AllOf(HasSubstr("PostgreSQL at 127.0.0.1:1, database zonelag: "),
                                HasSubstr("Connection refused"), Not(HasSubstr("\n"))));
}

TEST(StoreFault, WrongOrNoPassword) {
  const Database database;
  StoreError error = failure(over_tcp(database, "service:hunter2"));
  EXPECT_EQ(error.fault, StoreFault::refused);
  EXPECT_THAT(error.text,
              AllOf(HasSubstr("password authentication failed for user \"service\""), Not(HasSubstr("hunter2"))));
  EXPECT_EQ(failure(over_tcp(database, "service")).fault, StoreFault::refused);
  DatabaseConfig config = over_tcp(database, "service");
  config.password_file = "/nonexistent";
  EXPECT_THAT(failure(config).text, HasSubstr("cannot read a password from the first line of '/nonexistent'"));

  config.password_file = server().folder() + "/service.password";
  std::ofstream(config.password_file) << "right\nnot this\n";
  PostgresStore store(config);
  const auto adopted = store.adopt(kZero, 1);
  EXPECT_TRUE(adopted) << adopted.error().text;
}

TEST(StoreFault, ASettingThatCannotBeReadDoesNotTellThePassword) {
  for (const char* setting : {"postgresql://u:hun@ter2@127.0.0.1/d", "host=x password='hunter2",
                              "postgresql://u:hunter2@[::1/d", "hunter2 =", "postgresql://u:hunter2@h:port/d"}) {
    const StoreError error = failure({.connection = setting, .connect_timeout = 1ms});
    EXPECT_EQ(error.fault, StoreFault::refused) << setting;
    EXPECT_THAT(error.text, Not(HasSubstr("ter2"))) << setting;
  }
}

TEST(StoreFault, NoSuchDatabaseRoleOrRight) {
  const Database database;
  DatabaseConfig config = database.config();
  EXPECT_EQ(failure({.connection = server().connection("nowhere")}).fault, StoreFault::refused);
  EXPECT_EQ(failure(database.config("nobody")).fault, StoreFault::refused);
  const StoreError error = failure(database.config("stranger"));
  EXPECT_EQ(error.fault, StoreFault::refused);
  EXPECT_THAT(error.text,
              AllOf(HasSubstr("permission denied for schema tlddns"), HasSubstr("GRANT zonelag_aggregator")));
  const StoreError table = failure(database.config("reader"));
  EXPECT_EQ(table.fault, StoreFault::refused);
  EXPECT_THAT(table.text, HasSubstr("permission denied for table kafka_offsets"));
}

TEST(StoreFault, NoSchema) {
  const Database database(Database::Schema::none);
  const StoreError error = failure(database.config());
  EXPECT_EQ(error.fault, StoreFault::schema);
  EXPECT_THAT(error.text, AllOf(HasSubstr("tlddns.kafka_offsets"), HasSubstr("zonelag db migrate")));
}

TEST(StoreFault, TooManyConnections) {
  const Database database;
  database.run("ALTER ROLE stranger CONNECTION LIMIT 0");
  EXPECT_EQ(failure(database.config("stranger")).fault, StoreFault::full);
  database.run("ALTER ROLE stranger CONNECTION LIMIT -1");
}

TEST(StoreFault, AStandby) {
  const Database database;
  database.run(fmt::format("ALTER DATABASE {} SET default_transaction_read_only = on", database.name()));
  EXPECT_EQ(failure(database.service()).fault, StoreFault::unavailable);
}

TEST(StoreFault, AStatementThatTakesTooLong) {
  const Database database;
  DatabaseConfig config = database.service();
  config.statement_timeout = 200ms;
  PostgresStore store(config);
  ASSERT_TRUE(store.adopt(kZero, 1));
  Connection other = database.connect();
  ASSERT_TRUE(other.script("BEGIN; UPDATE tlddns.kafka_offsets SET latest_ns = 0"));
  const ConsumedRange ranges[] = {{0, -1, 1}};
  const auto begun = store.begin(ranges);
  ASSERT_FALSE(begun);
  EXPECT_EQ(begun.error().fault, StoreFault::unavailable);
  EXPECT_THAT(begun.error().text, HasSubstr("statement timeout"));
  other.rollback();
  EXPECT_TRUE(commit(store, -1, 1, {}));
}

TEST(StoreFault, KilledInTheMiddleOfATransaction) {
  testing::PostgresServer own;
  const DatabaseConfig config{.connection = own.connection()};
  {
    auto connection = Connection::open(config);
    ASSERT_TRUE(connection) << connection.error().text;
    ASSERT_TRUE(Migrator(*connection).migrate());
  }
  PostgresStore store(config);
  ASSERT_TRUE(store.adopt(kZero, 1));
  ASSERT_TRUE(commit(store, -1, 1, {}));
  const ConsumedRange ranges[] = {{0, 1, 2}};
  ASSERT_TRUE(store.begin(ranges));
  ASSERT_TRUE(store.write(sample_changes()));
  own.kill();
  const auto committed = store.commit();
  ASSERT_FALSE(committed);
  EXPECT_EQ(committed.error().fault, StoreFault::unavailable) << committed.error().text;
  EXPECT_EQ(store.adopt(kZero, 1).error().fault, StoreFault::unavailable);
  own.start();
  const auto adopted = store.adopt(kZero, 1);
  ASSERT_TRUE(adopted) << adopted.error().text;
  EXPECT_EQ(adopted->front().next_offset, 1);
  EXPECT_TRUE(commit(store, 1, 2, sample_changes()));
}

// A file system of its own, full after some MB.
class SmallDisk {
 public:
  SmallDisk() {
    std::string name = server().folder() + "/disk-XXXXXX";
    if (mkdtemp(name.data()) == nullptr) throw std::runtime_error("mkdtemp");
    path_ = name;
    const passwd* owner = getpwnam("postgres");
    if (mount("zonelag-test", path_.c_str(), "tmpfs", 0, "size=3m") != 0) {
      throw std::runtime_error(fmt::format("mount: {} (this test runs as root, as CI does)", std::strerror(errno)));
    }
    if (owner != nullptr && chown(path_.c_str(), owner->pw_uid, owner->pw_gid) != 0) throw std::runtime_error("chown");
    if (chmod(path_.c_str(), 0700) != 0) throw std::runtime_error("chmod");
  }
  ~SmallDisk() { umount2(path_.c_str(), MNT_DETACH); }
  SmallDisk(const SmallDisk&) = delete;
  SmallDisk& operator=(const SmallDisk&) = delete;
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

TEST(StoreFault, DiskFull) {
  const Database database;
  const SmallDisk disk;
  database.run(fmt::format("CREATE TABLESPACE small LOCATION '{}'", disk.path()));
  database.run(
      fmt::format("GRANT CREATE ON TABLESPACE small TO service; ALTER DATABASE {} SET default_tablespace = small",
                  database.name()));
  PostgresStore store(database.service());
  ASSERT_TRUE(store.adopt(kZero, 1));
  StoreError error{StoreFault::broken, "it never was full"};
  std::int64_t offset = -1;
  for (; offset < 500; ++offset) {
    Changes changes;
    for (std::uint32_t n = 0; n < 300; ++n) {
      EvidenceChange change = sample_changes().evidence[0];
      change.row.serial = Serial(static_cast<std::uint32_t>(1000 + offset));
      change.row.srcip = fmt::format("2001:db8::{}", n);
      changes.evidence.push_back(change);
    }
    const ConsumedRange ranges[] = {{0, offset, offset + 1}};
    ASSERT_TRUE(store.begin(ranges));
    if (const auto wrote = store.write(changes); !wrote) {
      error = wrote.error();
      break;
    }
    ASSERT_TRUE(store.commit());
  }
  EXPECT_EQ(error.fault, StoreFault::full) << error.text;
  EXPECT_THAT(error.text, HasSubstr("No space left on device"));
  // Nothing of that batch, and it goes on once there is room.
  EXPECT_EQ(store.adopt(kZero, 1)->front().next_offset, offset);
  EXPECT_EQ(database.value("SELECT count(*) FROM tlddns.evidence"), std::to_string(300 * (offset + 1)));
  database.run(fmt::format("ALTER DATABASE {} RESET default_tablespace", database.name()));
  ASSERT_EQ(mount("zonelag-test", disk.path().c_str(), "tmpfs", MS_REMOUNT, "size=60m"), 0);
  EXPECT_TRUE(commit(store, offset, offset + 1, sample_changes()));
  database.run("DROP SCHEMA tlddns CASCADE");
  database.run("DROP TABLESPACE small");
}

}  // namespace
}  // namespace zonelag::aggregator
