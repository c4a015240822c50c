#include "models/confined/confined.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cmath>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <new>
#include <optional>
#include <string_view>

#include "models/confined/walls.hpp"
#include "sim/base/descriptor.hpp"
#include "sim/base/error.hpp"
#include "sim/base/text.hpp"

namespace papilio {
namespace {

using Clock = std::chrono::steady_clock;
using Kind = ConfinedFailure::Kind;

#ifdef __SANITIZE_ADDRESS__
/// The address sanitizer maps twenty terabytes, which no limit of the address space lets it.
constexpr bool kSanitized = true;
#else
constexpr bool kSanitized = false;
#endif

/// The first byte of what a child hands back.
enum class Answer : char {
  kDone = 'd',
  kRefused = 'r',  ///< the work threw a ConfigError
  kThrew = 't',    ///< another exception
  kMemory = 'm',
  kNoWalls = 'w',  ///< the work was not begun
};

constexpr std::size_t kMostOfError = 4000;     ///< bytes of an error's text
constexpr std::size_t kMostOfLastWords = 300;  ///< of stderr, where it died

/// Where the child's ends are. Fixed numbers, so that all others can be closed.
constexpr int kAnswers = 3;

// ---- In the child. ----

void limit(__rlimit_resource_t what, std::uint64_t most) {
  const rlimit both{.rlim_cur = most, .rlim_max = most};
  ::setrlimit(what, &both);
}

/// What /proc/PID/statm tells, in bytes.
struct Memory {
  std::uint64_t mapped{0};
  std::uint64_t resident{0};
};

Memory memory_of(pid_t process) {
  std::uint64_t mapped = 0;
  std::uint64_t resident = 0;
  std::ifstream{fmt::format("/proc/{}/statm", process)} >> mapped >> resident;
  const auto page = static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
  return {mapped * page, resident * page};
}

/// @param once whether the time is that of the whole process
void set_limits(const ConfinedLimits& limits, bool once) {
  limit(RLIMIT_CORE, 0);
  limit(RLIMIT_FSIZE, 0);
  constexpr std::uint64_t kDescriptors = 64;
  limit(RLIMIT_NOFILE, kDescriptors);
  // The parent's clock ends it before, unless it has several threads.
  if (once) limit(RLIMIT_CPU, static_cast<std::uint64_t>(std::ceil(limits.seconds)) + 1);
  if (!kSanitized) limit(RLIMIT_AS, memory_of(::getpid()).mapped + limits.memory_bytes);
  // Where the machine runs out of memory all the same, this is the process to end.
  if (std::FILE* file = std::fopen("/proc/self/oom_score_adj", "w"); file != nullptr) {
    std::fputs("1000", file);
    std::fclose(file);
  }
  ::prctl(PR_SET_DUMPABLE, 0);
}

/// Leaves the child stdin and stdout that lead nowhere, stderr and what it answers through.
bool keep_only(int answers, int errors) {
  // Above those numbers first, lest one lands on the other.
  constexpr int kAbove = 10;
  const int nowhere = ::open("/dev/null", O_RDWR | O_CLOEXEC);
  const int high_answers = ::fcntl(answers, F_DUPFD_CLOEXEC, kAbove);
  const int high_errors = ::fcntl(errors, F_DUPFD_CLOEXEC, kAbove);
  const int high_nowhere = ::fcntl(nowhere, F_DUPFD_CLOEXEC, kAbove);
  if (nowhere < 0 || high_answers < 0 || high_errors < 0 || high_nowhere < 0) return false;
  if (::dup2(high_nowhere, STDIN_FILENO) < 0 || ::dup2(high_nowhere, STDOUT_FILENO) < 0 ||
      ::dup2(high_errors, STDERR_FILENO) < 0 || ::dup2(high_answers, kAnswers) < 0) {
    return false;
  }
  if (::syscall(SYS_close_range, kAnswers + 1, ~0U, 0) == 0) return true;
  rlimit most{};
  ::getrlimit(RLIMIT_NOFILE, &most);
  for (rlim_t fd = kAnswers + 1; fd < most.rlim_cur; ++fd) ::close(static_cast<int>(fd));
  return true;
}

/// Leaves by `_exit`, so that nothing of the parent's is flushed or destroyed twice.
void send(const char* data, std::size_t size) {
  while (size > 0) {
    const ssize_t written = ::write(kAnswers, data, size);
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) ::_exit(1);
    data += written;
    size -= static_cast<std::size_t>(written);
  }
}

[[noreturn]] void answer(Answer kind, std::string_view text) {
  const char first = static_cast<char>(kind);
  send(&first, 1);
  send(text.data(), text.size());
  ::_exit(0);
}

/// Shuts the child in; work may begin.
void become_confined(const ConfinedLimits& limits, int answers, int errors, pid_t parent,
                     bool once) {
  for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGPIPE, SIGXCPU, SIGABRT, SIGSEGV}) {
    ::signal(signal, SIG_DFL);
  }
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent || !keep_only(answers, errors)) ::_exit(1);
  set_limits(limits, once);
  if (!limits.confined) return;
  if (const std::string problem = raise_walls(kAnswers, limits.readable); !problem.empty()) {
    answer(Answer::kNoWalls, problem);
  }
}

[[noreturn]] void run_child(const std::function<std::string()>& work, const ConfinedLimits& limits,
                            int answers, int errors, pid_t parent) {
  become_confined(limits, answers, errors, parent, /*once=*/true);
  try {
    const std::string text = work();
    answer(Answer::kDone, text);
  } catch (const ConfigError& error) {
    answer(Answer::kRefused, error.what());
  } catch (const std::bad_alloc&) {
    answer(Answer::kMemory, "");
  } catch (const std::exception& error) {
    answer(Answer::kThrew, error.what());
  }
}

/// Reads so many bytes of a question; leaves where there is none.
void receive(char* data, std::size_t size) {
  while (size > 0) {
    const ssize_t count = ::read(kAnswers, data, size);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) ::_exit(0);
    data += count;
    size -= static_cast<std::size_t>(count);
  }
}

/// An answer with its length before it.
void send_one(Answer kind, std::string_view text) {
  const char first = static_cast<char>(kind);
  const std::uint64_t size = text.size();
  send(&first, 1);
  send(reinterpret_cast<const char*>(&size), sizeof size);
  send(text.data(), text.size());
}

[[noreturn]] void serve(const ConfinedWorker::Work& work) {
  while (true) {
    std::uint64_t size = 0;
    receive(reinterpret_cast<char*>(&size), sizeof size);
    try {
      std::string question(size, '\0');
      receive(question.data(), size);
      send_one(Answer::kDone, work(question));
    } catch (const ConfigError& error) {
      send_one(Answer::kRefused, error.what());
    } catch (const std::bad_alloc&) {
      send_one(Answer::kMemory, "");
      ::_exit(1);
    } catch (const std::exception& error) {
      send_one(Answer::kThrew, error.what());
      ::_exit(1);
    }
  }
}

// ---- In the parent. ----

/// At most so many bytes, whole characters of UTF-8, and a sign that more were there.
std::string cut_to(std::string_view text, std::size_t most) {
  if (text.size() <= most) return std::string{text};
  while (most > 0 && (static_cast<unsigned char>(text[most]) & 0xC0U) == 0x80U) --most;
  return std::string{text.substr(0, most)} + "…";
}

/// Two descriptors, which no program that is started inherits.
struct Pipe {
  Descriptor out{-1};
  Descriptor in{-1};

  Pipe() {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) {
      throw ConfigError{
          fmt::format("papilio: error: cannot open a pipe: {}; try again", std::strerror(errno))};
    }
    out = Descriptor{ends[0]};
    in = Descriptor{ends[1]};
  }
};

}  // namespace

// These two have names of their own: a type with linkage has them inside.

/// A child, which does not outlive this object.
class ConfinedChild {
 public:
  explicit ConfinedChild(pid_t pid) : pid_{pid} {}
  ~ConfinedChild() { end(); }
  ConfinedChild(const ConfinedChild&) = delete;
  ConfinedChild& operator=(const ConfinedChild&) = delete;

  [[nodiscard]] pid_t pid() const { return pid_; }

  /// How it ended, as `waitpid` tells; nothing while it lives.
  std::optional<int> status() {
    int status = 0;
    if (!status_ && ::waitpid(pid_, &status, WNOHANG) == pid_) status_ = status;
    return status_;
  }
  void end() {
    if (status_) return;
    ::kill(pid_, SIGKILL);
    int status = 0;
    while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
    }
    status_ = status;
  }

 private:
  pid_t pid_;
  std::optional<int> status_;
};

/// One stream of the child's.
struct ConfinedStream {
  Descriptor from;
  std::size_t most;
  bool whole;  ///< more than `most` is an error; else it is dropped
  std::string text{};
  bool open{true};

  /// Reads what is there. @return false if it is more than may come
  bool receive() {
    std::array<char, 65536> buffer{};
    const ssize_t count = ::read(from.get(), buffer.data(), buffer.size());
    if (count < 0 && errno == EINTR) return true;
    if (count <= 0) {
      open = false;
      return true;
    }
    const auto size = static_cast<std::size_t>(count);
    text.append(buffer.data(), std::min(size, most - text.size()));
    return !whole || text.size() < most;
  }
};

namespace {

[[noreturn]] void fail_by_time(const ConfinedLimits& limits) {
  throw ConfinedFailure{Kind::kTime, fmt::format("took longer than {:g} s", limits.seconds)};
}

[[noreturn]] void fail_by_memory(const ConfinedLimits& limits) {
  constexpr double kGib = 1U << 30;
  throw ConfinedFailure{Kind::kMemory,
                        fmt::format("took more than {:.3g} GiB of memory",
                                    static_cast<double>(limits.memory_bytes) / kGib)};
}

[[noreturn]] void fail_by_death(int status, const std::string& last_words,
                                const ConfinedLimits& limits) {
  if (WIFSIGNALED(status) && WTERMSIG(status) == SIGXCPU) fail_by_time(limits);
  std::string how = WIFSIGNALED(status) ? fmt::format("crashed ({})", ::strsignal(WTERMSIG(status)))
                                        : std::string{"ended without an answer"};
  if (const std::string words = cut_to(last_words, kMostOfLastWords); !words.empty()) {
    how += ", with the words: " + words;
    while (how.ends_with('\n')) how.pop_back();
  }
  throw ConfinedFailure{Kind::kCrashed, how};
}

/// What the child handed back, as far as it can be trusted to have a form.
std::string read_answer(std::string_view bytes, const ConfinedLimits& limits) {
  const std::string_view text = bytes.substr(std::min<std::size_t>(1, bytes.size()));
  switch (bytes.empty() ? Answer{} : static_cast<Answer>(bytes.front())) {
    case Answer::kDone:
      return std::string{text};
    case Answer::kRefused:
      throw ConfigError{cut_to(text, kMostOfError)};
    case Answer::kMemory:
      fail_by_memory(limits);
    case Answer::kNoWalls:
      throw ConfinedFailure{Kind::kNoWalls, cut_to(text, kMostOfError)};
    case Answer::kThrew:
      throw ConfinedFailure{Kind::kCrashed, "failed: " + cut_to(text, kMostOfError)};
  }
  throw ConfinedFailure{Kind::kCrashed, "handed back what is no answer"};
}

}  // namespace

std::string run_confined(const std::function<std::string()>& work, const ConfinedLimits& limits) {
  PAPILIO_CHECK(limits.seconds > 0 && limits.memory_bytes > 0);
  Pipe answers;
  Pipe errors;
  std::fflush(nullptr);  // what is buffered must not be printed twice
  const pid_t parent = ::getpid();
  const Memory before = memory_of(parent);
  const pid_t pid = ::fork();
  if (pid < 0) {
    throw ConfigError{
        fmt::format("papilio: error: cannot start a process: {}; try again", std::strerror(errno))};
  }
  if (pid == 0) run_child(work, limits, answers.in.get(), errors.in.get(), parent);
  ConfinedChild child{pid};
  answers.in = Descriptor{-1};
  errors.in = Descriptor{-1};
  const auto end = Clock::now() + std::chrono::duration_cast<Clock::duration>(
                                      std::chrono::duration<double>{limits.seconds});
  // A byte for the kind, and one more than may be.
  std::array streams{ConfinedStream{std::move(answers.out), limits.answer_bytes + 2, true},
                     ConfinedStream{std::move(errors.out), kMostOfLastWords + 1, false}};
  // The streams end when the child does, or closes them, after which it ends soon or too late.
  while (streams[0].open || streams[1].open || !child.status()) {
    constexpr int kTickMs = 20;
    const bool waits = streams[0].open || streams[1].open;
    std::array<pollfd, 2> polled{};
    for (std::size_t i = 0; i < streams.size(); ++i) {
      polled[i] = {streams[i].open ? streams[i].from.get() : -1, POLLIN, 0};
    }
    const int ready = ::poll(polled.data(), polled.size(), waits ? kTickMs : 1);
    if (limits.stop_requested && limits.stop_requested()) throw Interrupted{};
    if (Clock::now() >= end) fail_by_time(limits);
    if (memory_of(pid).resident > before.resident + limits.memory_bytes) fail_by_memory(limits);
    for (std::size_t i = 0; i < streams.size() && ready > 0; ++i) {
      if (polled[i].revents == 0 || streams[i].receive()) continue;
      throw ConfinedFailure{
          Kind::kCrashed, fmt::format("handed back more than {} MiB", limits.answer_bytes >> 20U)};
    }
  }
  const int status = child.status().value();
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
    fail_by_death(status, streams[1].text, limits);
  }
  return read_answer(streams[0].text, limits);
}

struct ConfinedWorker::Running {
  ConfinedChild child;
  Descriptor socket;  ///< both ways
  ConfinedStream errors;
  std::uint64_t resident;  ///< bytes of this process as the child began
};

ConfinedWorker::ConfinedWorker(const Work& work, ConfinedLimits limits)
    : limits_{std::move(limits)} {
  PAPILIO_CHECK(limits_.seconds > 0 && limits_.memory_bytes > 0);
  std::array<int, 2> ends{};
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0) {
    throw ConfigError{
        fmt::format("papilio: error: cannot open a socket: {}; try again", std::strerror(errno))};
  }
  Descriptor ours{ends[0]};
  Descriptor theirs{ends[1]};
  Pipe errors;
  std::fflush(nullptr);
  const pid_t parent = ::getpid();
  const std::uint64_t resident = memory_of(parent).resident;
  const pid_t pid = ::fork();
  if (pid < 0) {
    throw ConfigError{
        fmt::format("papilio: error: cannot start a process: {}; try again", std::strerror(errno))};
  }
  if (pid == 0) {
    become_confined(limits_, theirs.get(), errors.in.get(), parent, /*once=*/false);
    serve(work);
  }
  running_ = std::unique_ptr<Running>{
      new Running{ConfinedChild{pid}, std::move(ours),
                  ConfinedStream{std::move(errors.out), kMostOfLastWords + 1, false}, resident}};
}

ConfinedWorker::~ConfinedWorker() = default;

std::string ConfinedWorker::ask(std::string_view question) {
  if (!running_) throw ConfinedFailure{Kind::kCrashed, "has ended before"};
  // Whatever goes wrong below, the child is not asked again.
  std::unique_ptr<Running> running = std::move(running_);
  std::string out(sizeof(std::uint64_t), '\0');
  const std::uint64_t size = question.size();
  std::memcpy(out.data(), &size, sizeof size);
  out += question;
  std::size_t sent = 0;
  std::string answer;
  constexpr std::size_t kHead = 1 + sizeof(std::uint64_t);
  std::optional<std::uint64_t> expected;
  const auto end = Clock::now() + std::chrono::duration_cast<Clock::duration>(
                                      std::chrono::duration<double>{limits_.seconds});
  while (!expected || answer.size() < kHead + *expected) {
    constexpr int kTickMs = 20;
    std::array<pollfd, 2> polled{
        {{running->socket.get(), static_cast<short>(sent < out.size() ? POLLIN | POLLOUT : POLLIN),
          0},
         {running->errors.open ? running->errors.from.get() : -1, POLLIN, 0}}};
    ::poll(polled.data(), polled.size(), kTickMs);
    if (limits_.stop_requested && limits_.stop_requested()) throw Interrupted{};
    if (Clock::now() >= end) fail_by_time(limits_);
    if (memory_of(running->child.pid()).resident > running->resident + limits_.memory_bytes) {
      fail_by_memory(limits_);
    }
    if (polled[1].revents != 0) running->errors.receive();
    if ((polled[0].revents & POLLOUT) != 0 && sent < out.size()) {
      const ssize_t count = ::send(running->socket.get(), out.data() + sent, out.size() - sent,
                                   MSG_NOSIGNAL | MSG_DONTWAIT);
      if (count > 0) sent += static_cast<std::size_t>(count);
    }
    if ((polled[0].revents & (POLLIN | POLLHUP | POLLERR)) == 0) continue;
    std::array<char, 1U << 16U> buffer{};
    const ssize_t count = ::recv(running->socket.get(), buffer.data(), buffer.size(), MSG_DONTWAIT);
    if (count < 0 && (errno == EINTR || errno == EAGAIN)) continue;
    if (count <= 0) {
      running->child.end();
      const int status = running->child.status().value();
      running->errors.receive();
      // What it said before it left, such as that it has no walls.
      if (!expected && !answer.empty()) return read_answer(answer, limits_);
      fail_by_death(status, running->errors.text, limits_);
    }
    answer.append(buffer.data(), static_cast<std::size_t>(count));
    if (!expected && answer.size() >= kHead &&
        answer.front() != static_cast<char>(Answer::kNoWalls)) {
      std::uint64_t told = 0;
      std::memcpy(&told, answer.data() + 1, sizeof told);
      expected = told;
      if (told > limits_.answer_bytes) {
        throw ConfinedFailure{Kind::kCrashed, fmt::format("handed back more than {} MiB",
                                                          limits_.answer_bytes >> 20U)};
      }
    }
  }
  const char kind = answer.front();
  answer.erase(1, sizeof(std::uint64_t));
  const bool goes_on =
      kind == static_cast<char>(Answer::kDone) || kind == static_cast<char>(Answer::kRefused);
  if (goes_on) running_ = std::move(running);
  return read_answer(answer, limits_);
}

}  // namespace papilio
