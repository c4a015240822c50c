// Claims: what runs confined computes, reads what it is told to, and does nothing else, whatever it
// tries; it ends in bounded time and memory, with this process, and whatever becomes of it is one
// error. Where the kernel cannot confine it, it is not begun.

#include "models/confined/confined.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <seccomp.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string_view>
#include <thread>
#include <vector>

#include "sim/base/error.hpp"
#include "tests/support/temporary_folder.hpp"

namespace papilio {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::read_file;
using ::testing::SizeIs;
using testing::TemporaryFolder;
using ::testing::ThrowsMessage;
using Kind = ConfinedFailure::Kind;

ConfinedLimits usual() {
  return {.seconds = 60, .memory_bytes = std::uint64_t{512} << 20U};
}

/// What became of work that comes to no answer.
struct Failed {
  Kind kind{};
  std::string what;
};

Failed fail(const std::function<std::string()>& work, const ConfinedLimits& limits = usual()) {
  try {
    ADD_FAILURE() << "came to an answer: " << run_confined(work, limits).substr(0, 100);
  } catch (const ConfinedFailure& failure) {
    return {failure.kind(), failure.what()};
  }
  return {};
}

/// Whether this kernel has Landlock.
bool has_landlock() {
  constexpr int kVersion = 1;
  return ::syscall(SYS_landlock_create_ruleset, nullptr, 0, kVersion) > 0;
}

/// In a process of its own, as the kernel answers one that may not make these calls.
/// @return whether `work` threw nothing and returned true there
bool where_refused(const std::vector<std::pair<int, std::vector<scmp_arg_cmp>>>& calls,
                   const std::function<bool()>& work) {
  const pid_t child = ::fork();
  if (child == 0) {
    const scmp_filter_ctx filter = ::seccomp_init(SCMP_ACT_ALLOW);
    for (const auto& [call, rules] : calls) {
      ::seccomp_rule_add_array(filter, SCMP_ACT_ERRNO(ENOSYS), call,
                               static_cast<unsigned int>(rules.size()), rules.data());
    }
    bool good = ::seccomp_load(filter) == 0;
    ::seccomp_release(filter);
    try {
      good = good && work();
    } catch (const std::exception& error) {
      std::fprintf(stderr, "%s\n", error.what());
      good = false;
    }
    ::_exit(good ? 0 : 1);
  }
  int status = -1;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

TEST(Confined, WorkComesToItsAnswer) {
  // Of any bytes and more than a pipe holds at once; by several threads; from a file.
  const TemporaryFolder folder;
  ConfinedLimits limits = usual();
  limits.readable = {folder.write("a.txt", "text of a file")};
  std::string bytes(std::size_t{3} << 20U, '\0');
  for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<char>(i * i % 251);
  const std::string answer = run_confined(
      [&] {
        std::string first;
        std::string second;
        std::thread one{[&] { first = bytes; }};
        std::thread two{[&] { second = read_file(limits.readable.front()); }};
        one.join();
        two.join();
        return first + second;
      },
      limits);
  EXPECT_TRUE(answer == bytes + "text of a file");
  EXPECT_EQ(run_confined([] { return std::string{}; }, usual()), "");
}

// Every way of changing something outside that a program has, each by the system call itself. The
// child tells which were let through: none. They do no harm where they are: signal 0 asks whether
// one could be sent, and the numbers of some are wrong, which those calls would say.
TEST(Confined, NothingOutsideIsChangedOrReached) {
  const TemporaryFolder folder;
  const std::string victim = folder.write("victim", "precious").string();
  const std::string other = (folder.path() / "other").string();
  ConfinedLimits limits = usual();
  limits.readable = {folder.path()};
  const pid_t parent = ::getpid();
  using Try = std::pair<const char*, std::function<long()>>;
  const char* from = victim.c_str();
  const char* to = other.c_str();
  const std::vector<Try> tries{
      {"open to write", [&] { return ::open(from, O_WRONLY); }},
      {"open to read and write", [&] { return ::open(from, O_RDWR); }},
      {"open to truncate", [&] { return ::open(from, O_RDONLY | O_TRUNC); }},
      {"open to append", [&] { return ::open(from, O_RDONLY | O_APPEND); }},
      {"open to make", [&] { return ::open(to, O_RDONLY | O_CREAT, 0600); }},
      {"open without a name",
       [&] { return ::open(folder.path().c_str(), O_TMPFILE | O_RDWR, 0600); }},
      {"openat", [&] { return ::syscall(SYS_openat, AT_FDCWD, to, O_WRONLY | O_CREAT, 0600); }},
      {"openat2",
       [&] {
         const std::array<std::uint64_t, 3> how{O_WRONLY | O_CREAT, 0600, 0};
         return ::syscall(SYS_openat2, AT_FDCWD, to, how.data(), sizeof how);
       }},
      {"creat", [&] { return ::creat(to, 0600); }},
      {"device", [] { return ::open("/dev/full", O_WRONLY); }},
      {"own memory", [] { return ::open("/proc/self/mem", O_RDWR); }},
      {"truncate", [&] { return ::truncate(from, 0); }},
      {"unlink", [&] { return ::unlink(from); }},
      {"rename", [&] { return ::rename(from, to); }},
      {"renameat2", [&] { return ::syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, 0); }},
      {"link", [&] { return ::link(from, to); }},
      {"symlink", [&] { return ::symlink(from, to); }},
      {"mkdir", [&] { return ::mkdir(to, 0700); }},
      {"mknod", [&] { return ::mknod(to, S_IFIFO | 0600, 0); }},
      {"chmod", [&] { return ::chmod(from, 0777); }},
      {"chown", [&] { return ::chown(from, 1, 1); }},
      {"utimensat", [&] { return ::utimensat(AT_FDCWD, from, nullptr, 0); }},
      {"chdir", [] { return ::chdir("/"); }},
      {"memfd", [] { return ::memfd_create("m", 0); }},
      {"socket of the internet", [] { return ::socket(AF_INET, SOCK_STREAM, 0); }},
      {"socket of the machine", [] { return ::socket(AF_UNIX, SOCK_STREAM, 0); }},
      {"pair of sockets",
       [] {
         std::array<int, 2> ends{};
         return ::socketpair(AF_UNIX, SOCK_STREAM, 0, ends.data());
       }},
      {"execve",
       [] {
         std::array<char*, 1> nothing{nullptr};
         return ::execve("/bin/true", nothing.data(), nothing.data());
       }},
      {"fork", [] { return ::syscall(SYS_fork); }},
      {"vfork", [] { return ::syscall(SYS_clone, CLONE_VFORK | SIGCHLD, 0, 0, 0, 0); }},
      {"clone", [] { return ::syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0); }},
      {"clone3", [] { return ::syscall(SYS_clone3, nullptr, 0); }},
      {"namespace", [] { return ::unshare(CLONE_NEWUSER); }},
      {"kill the parent", [&] { return ::kill(parent, 0); }},
      {"kill the group", [] { return ::kill(0, 0); }},
      {"kill a thread of the parent", [&] { return ::syscall(SYS_tgkill, parent, parent, 0); }},
      {"signals by descriptors", [&] { return ::fcntl(STDOUT_FILENO, F_SETOWN, parent); }},
      {"ptrace", [&] { return ::ptrace(PTRACE_ATTACH, parent, 0, 0); }},
      {"memory of the parent",
       [&] { return ::syscall(SYS_process_vm_readv, parent, 0, 0, 0, 0, 0); }},
      {"io_uring", [] { return ::syscall(SYS_io_uring_setup, 1, nullptr); }},
      {"bpf", [] { return ::syscall(SYS_bpf, 0, nullptr, 0); }},
      {"keyring", [] { return ::syscall(SYS_add_key, "user", "k", "v", 1, -3); }},
      {"shared memory", [] { return ::syscall(SYS_shmget, 1, 4096, 01600); }},
      {"message queue", [] { return ::syscall(SYS_mq_open, "/q", O_CREAT | O_RDWR, 0600, 0); }},
      {"new session", [] { return ::setsid(); }},
      {"nice", [] { return ::setpriority(PRIO_PROCESS, 0, 5); }},
      {"more time",
       [] {
         const rlimit most{RLIM_INFINITY, RLIM_INFINITY};
         return ::setrlimit(RLIMIT_CPU, &most);
       }},
      {"outliving the parent", [] { return ::prctl(PR_SET_PDEATHSIG, 0); }},
      {"terminal", [] { return ::syscall(SYS_ioctl, 0, 0x5412, "x"); }},
      {"reboot", [] { return ::syscall(SYS_reboot, 0, 0, 0, 0); }},
      {"clock", [] { return ::syscall(SYS_clock_settime, 0, nullptr); }},
      {"mount", [] { return ::syscall(SYS_mount, "a", "b", "tmpfs", 0, 0); }}};
  const std::string passed = run_confined(
      [&] {
        std::string list;
        for (const auto& [name, call] : tries) {
          errno = 0;
          const bool refused = call() == -1 && (errno == EPERM || errno == ENOSYS);
          if (!refused) list += fmt::format("{} ({}); ", name, std::strerror(errno));
        }
        // A mapping of what was opened for reading does not reach the file.
        const int file = ::open(from, O_RDONLY);
        const void* shared = ::mmap(nullptr, 8, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
        if (file < 0 || shared != MAP_FAILED) list += "mmap; ";
        return list;
      },
      limits);
  EXPECT_EQ(passed, "");
  EXPECT_EQ(read_file(victim), "precious");
  EXPECT_FALSE(fs::exists(other));
}

TEST(Confined, NothingIsInheritedAndPrintedIsNothing) {
  const TemporaryFolder folder;
  const int open = ::open(folder.write("secret", "secret").c_str(), O_RDWR);
  ASSERT_GT(open, 2);
  ::testing::internal::CaptureStdout();
  ::testing::internal::CaptureStderr();
  const std::string found = run_confined(
      [] {
        std::puts("to the terminal");
        std::fputs("to the terminal\n", stderr);
        std::fflush(nullptr);
        std::string list;
        for (int fd = 0; fd < 1000; ++fd) {
          if (::fcntl(fd, F_GETFD) != -1) list += fmt::format("{} ", fd);
        }
        return list;
      },
      usual());
  EXPECT_EQ(::testing::internal::GetCapturedStdout(), "");
  EXPECT_EQ(::testing::internal::GetCapturedStderr(), "");
  EXPECT_EQ(found, "0 1 2 3 ") << "streams that lead nowhere, stderr and the answer's";
  ::close(open);
}

TEST(Confined, OnlyWhatIsAllowedIsRead) {
  if (!has_landlock()) GTEST_SKIP() << "this kernel has no Landlock, or has it switched off";
  const TemporaryFolder folder;
  ConfinedLimits limits = usual();
  limits.readable = {folder.write("given.pt", "given")};
  const fs::path secret = folder.write("secret", "secret");
  const std::string read = run_confined(
      [&] {
        std::string all = read_file(limits.readable.front());
        std::ifstream other{secret};
        std::getline(other, all, '\0');
        for (const char* path : {"/etc/passwd", "/proc/1/status"}) {
          if (std::ifstream{path}) all += path;
        }
        return all;
      },
      limits);
  EXPECT_EQ(read, "given");
}

TEST(Confined, TimeIsBounded) {
  ConfinedLimits limits = usual();
  limits.seconds = 0.2;
  const std::vector<std::function<std::string()>> works{
      [] {
        for (volatile int i = 0;;) i = (i + 1) % 7;
        return std::string{};
      },
      [] {
        std::this_thread::sleep_for(std::chrono::hours{1});
        return std::string{};
      },
      // One that closes its pipes and lives on.
      [] {
        ::close(2);
        ::close(3);
        std::this_thread::sleep_for(std::chrono::hours{1});
        return std::string{};
      }};
  for (const auto& work : works) {
    const Failed failed = fail(work, limits);
    EXPECT_EQ(failed.kind, Kind::kTime);
    EXPECT_EQ(failed.what, "took longer than 0.2 s");
    EXPECT_EQ(::waitpid(-1, nullptr, WNOHANG), -1) << "no child is left";
  }
}

TEST(Confined, MemoryIsBounded) {
  ConfinedLimits limits = usual();
  const auto grow = [](std::size_t bytes) {
    return [=] {
      std::vector<std::unique_ptr<char[]>> blocks;
      constexpr std::size_t kBlock = 16 << 20U;
      for (std::size_t had = 0; had < bytes; had += kBlock) {
        blocks.push_back(std::make_unique<char[]>(kBlock));
        std::memset(blocks.back().get(), 1, kBlock);
      }
      return fmt::format("{} blocks", blocks.size());
    };
  };
  EXPECT_EQ(run_confined(grow(std::size_t{256} << 20U), limits), "16 blocks");
  const Failed failed = fail(grow(std::size_t{64} << 30U), limits);
  EXPECT_EQ(failed.kind, Kind::kMemory);
  EXPECT_EQ(failed.what, "took more than 0.5 GiB of memory");
}

TEST(Confined, WhateverBecomesOfItIsOneError) {
  const Failed aborted = fail([]() -> std::string {
    std::fputs("double free or corruption (out)\n", stderr);
    std::abort();
  });
  EXPECT_EQ(aborted.kind, Kind::kCrashed);
  EXPECT_EQ(aborted.what, "crashed (Aborted), with the words: double free or corruption (out)");
  EXPECT_THAT(fail([]() -> std::string {
                ::signal(SIGSEGV, SIG_DFL);  // not the sanitizer's
                ::kill(::getpid(), SIGSEGV);
                return "survived";
              }).what,
              HasSubstr("crashed (Segmentation fault)"));
  EXPECT_EQ(fail([]() -> std::string { ::_exit(0); }).what, "handed back what is no answer");
  EXPECT_EQ(fail([]() -> std::string { ::_exit(3); }).what, "ended without an answer");
  EXPECT_EQ(fail([]() -> std::string { throw std::runtime_error{"bad luck"}; }).what,
            "failed: bad luck");
  // A file's program that has found the pipe.
  const auto forge = [](const std::string& bytes) {
    return [=]() -> std::string {
      if (::write(3, bytes.data(), bytes.size()) < 0) return "cannot";
      ::_exit(0);
    };
  };
  EXPECT_EQ(fail(forge("\x7fgarbage")).what, "handed back what is no answer");
  EXPECT_EQ(fail(forge(std::string(9, '\0'))).what, "handed back what is no answer");
  ConfinedLimits little = usual();
  little.answer_bytes = 1 << 20;
  EXPECT_EQ(fail([] { return std::string((1 << 20) + 1, 'x'); }, little).what,
            "handed back more than 1 MiB");
  EXPECT_THAT(run_confined([] { return std::string(1 << 20, 'x'); }, little), SizeIs(1 << 20));
  // An error of the work's is that error, cut where somebody made it long.
  EXPECT_THAT(
      [] { run_confined([]() -> std::string { throw ConfigError{"a: error: b"}; }, usual()); },
      ThrowsMessage<ConfigError>("a: error: b"));
  try {
    run_confined([]() -> std::string { throw ConfigError{std::string(1 << 20, 'x')}; }, usual());
    ADD_FAILURE();
  } catch (const ConfigError& error) {
    EXPECT_EQ(std::string{error.what()}, std::string(4000, 'x') + "…");
  }
}

// The process that waits is ended as Ctrl-C ends it: its child goes with it. And one that stops by
// itself takes it along.
TEST(Confined, EndsWithItsParent) {
  std::array<int, 2> ends{};
  ASSERT_EQ(::pipe(ends.data()), 0);
  const pid_t parent = ::fork();
  if (parent == 0) {
    ::signal(SIGINT, SIG_DFL);
    bool told = false;
    ConfinedLimits limits = usual();
    limits.stop_requested = [&] {
      if (!std::exchange(told, true) && ::write(ends[1], "x", 1) != 1) ::_exit(1);
      return false;
    };
    run_confined(
        []() -> std::string {
          while (true) ::pause();
        },
        limits);
    ::_exit(0);
  }
  char begun = 0;
  ASSERT_EQ(::read(ends[0], &begun, 1), 1);
  std::ifstream list{fmt::format("/proc/{0}/task/{0}/children", parent)};
  pid_t child = 0;
  ASSERT_TRUE(list >> child);
  ::kill(parent, SIGINT);
  int status = 0;
  ::waitpid(parent, &status, 0);
  EXPECT_TRUE(WIFSIGNALED(status));
  // It ends within the time of the test, or the test does not: 60 s are its own limit.
  while (fs::exists(fmt::format("/proc/{}", child))) {
    std::ifstream stat{fmt::format("/proc/{}/stat", child)};
    std::string number;
    std::string name;
    std::string state;
    if (stat >> number >> name >> state && state == "Z")
      break;  // nobody reaps it in some containers
    std::this_thread::sleep_for(std::chrono::milliseconds{5});
  }
  for (const int end : ends) ::close(end);

  ConfinedLimits limits = usual();
  limits.stop_requested = [] { return true; };
  EXPECT_THROW(run_confined(
                   []() -> std::string {
                     while (true) ::pause();
                   },
                   limits),
               Interrupted);
  EXPECT_EQ(::waitpid(-1, nullptr, WNOHANG), -1) << "no child is left";
}

TEST(Confined, IsNotBegunWhereNothingConfines) {
  const std::vector<std::pair<int, std::vector<scmp_arg_cmp>>> no_seccomp{
      {SCMP_SYS(seccomp), {}},
      {SCMP_SYS(prctl), {{.arg = 0, .op = SCMP_CMP_EQ, .datum_a = PR_SET_SECCOMP, .datum_b = 0}}}};
  const TemporaryFolder folder;
  const std::string trace = (folder.path() / "begun").string();
  const auto work = [&] {
    ::close(::open(trace.c_str(), O_WRONLY | O_CREAT, 0600));
    return std::string{"done"};
  };
  EXPECT_TRUE(where_refused(no_seccomp, [&] {
    const Failed failed = fail(work);
    return failed.kind == Kind::kNoWalls && failed.what.starts_with("seccomp: ");
  }));
  EXPECT_FALSE(fs::exists(trace));
  // The user's own file is read all the same.
  EXPECT_TRUE(where_refused(no_seccomp, [&] {
    ConfinedLimits limits = usual();
    limits.confined = false;
    return run_confined(work, limits) == "done";
  }));
  EXPECT_TRUE(fs::exists(trace));
  // Without Landlock, the list of calls still holds.
  fs::remove(trace);
  EXPECT_TRUE(where_refused({{SCMP_SYS(landlock_create_ruleset), {}}},
                            [&] { return run_confined(work, usual()) == "done"; }));
  EXPECT_FALSE(fs::exists(trace));
}

// ---- One that answers several questions. ----

TEST(ConfinedWorker, AnswersOneQuestionAfterAnotherAndKeepsWhatItHas) {
  int asked = 0;
  ConfinedWorker worker{
      [&asked](std::string_view question) { return fmt::format("{}{}", question, ++asked); },
      usual()};
  EXPECT_EQ(worker.ask("a"), "a1");
  EXPECT_EQ(worker.ask(""), "2");
  // Longer than what a socket holds, both ways.
  const std::string text(std::size_t{3} << 20U, 'x');
  EXPECT_EQ(worker.ask(text), text + "3");
  EXPECT_EQ(asked, 0);
}

TEST(ConfinedWorker, ARefusalIsNotTheEnd) {
  ConfinedWorker worker{[](std::string_view question) -> std::string {
                          if (question == "no") throw ConfigError{"not that"};
                          return "yes";
                        },
                        usual()};
  EXPECT_THAT([&] { worker.ask("no"); }, ThrowsMessage<ConfigError>("not that"));
  EXPECT_EQ(worker.ask("go on"), "yes");
}

TEST(ConfinedWorker, WhateverBecomesOfItIsOneError) {
  const auto fails = [](const ConfinedLimits& limits, const ConfinedWorker::Work& work) {
    ConfinedWorker worker{work, limits};
    std::string what = "none";
    Kind kind = Kind::kNoWalls;
    try {
      worker.ask("x");
    } catch (const ConfinedFailure& failure) {
      kind = failure.kind();
      what = failure.what();
    }
    // It is gone, and says so.
    EXPECT_THAT([&] { worker.ask("x"); }, ThrowsMessage<ConfinedFailure>("has ended before"));
    return std::pair{kind, what};
  };
  EXPECT_EQ(fails(usual(), [](std::string_view) -> std::string { std::abort(); }).first,
            Kind::kCrashed);
  EXPECT_EQ(fails(usual(), [](std::string_view) -> std::string { ::_exit(0); }),
            (std::pair{Kind::kCrashed, std::string{"ended without an answer"}}));
  ConfinedLimits little = usual();
  little.answer_bytes = 100;
  EXPECT_EQ(fails(little, [](std::string_view) { return std::string(101, 'x'); }).first,
            Kind::kCrashed);
  EXPECT_EQ(
      fails(usual(), [](std::string_view) -> std::string { throw std::runtime_error{"odd"}; }),
      (std::pair{Kind::kCrashed, std::string{"failed: odd"}}));
  ConfinedLimits brief = usual();
  brief.seconds = 0.1;
  EXPECT_EQ(fails(brief,
                  [](std::string_view) -> std::string {
                    while (true) ::usleep(1000);
                  })
                .first,
            Kind::kTime);
}

TEST(ConfinedWorker, ReadsNoOtherFileAndWritesNone) {
  const TemporaryFolder folder;
  const fs::path told = folder.write("told", "content");
  ConfinedLimits limits = usual();
  limits.readable = {told};
  ConfinedWorker worker{[&](std::string_view) {
                          const int made =
                              ::open((folder.path() / "made").c_str(), O_WRONLY | O_CREAT, 0600);
                          return read_file(told) + (made < 0 ? ", none made" : ", made");
                        },
                        limits};
  EXPECT_EQ(worker.ask("x"), "content, none made");
  EXPECT_FALSE(fs::exists(folder.path() / "made"));
}

TEST(ConfinedWorker, ItsChildEndsWithIt) {
  pid_t child = 0;
  {
    ConfinedWorker worker{[](std::string_view) { return std::to_string(::getpid()); }, usual()};
    child = static_cast<pid_t>(std::stol(worker.ask("x")));
    EXPECT_EQ(::kill(child, 0), 0);
  }
  EXPECT_EQ(::kill(child, 0), -1);
}

}  // namespace
}  // namespace papilio
