#include "models/confined/walls.hpp"

#include <fcntl.h>
#include <linux/landlock.h>
#include <linux/sched.h>
#include <seccomp.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <initializer_list>
#include <memory>

#include "sim/base/descriptor.hpp"

namespace papilio {
namespace {

// ---- Landlock: which files may be read. ----

/// The kernel's `landlock_ruleset_attr`, of which Debian 12's header knows the first member alone.
struct Ruleset {
  std::uint64_t files;
  std::uint64_t network;
  std::uint64_t scopes;
};

/// Forbids all of files and networks that this kernel's Landlock knows, but reading. The list of
/// system calls is the wall; this one says which files may be read, and stands behind it.
void raise_landlock(const std::vector<std::filesystem::path>& readable) {
  const long version =
      ::syscall(SYS_landlock_create_ruleset, nullptr, 0, LANDLOCK_CREATE_RULESET_VERSION);
  if (version < 1) return;  // a kernel without it, or one that has it switched off
  // What each version of the interface brought: of files 13 rights at first, then moving between
  // folders, truncating, and device commands; TCP in version 4; other processes' signals and
  // abstract sockets in version 6.
  constexpr std::uint64_t kFirst = (1U << 13) - 1;
  constexpr std::uint64_t kMove = 1U << 13;
  constexpr std::uint64_t kTruncate = 1U << 14;
  constexpr std::uint64_t kDevices = 1U << 15;
  constexpr std::uint64_t kBoth = 3;
  const Ruleset rules{.files = kFirst | (version >= 2 ? kMove : 0) |
                               (version >= 3 ? kTruncate : 0) | (version >= 5 ? kDevices : 0),
                      .network = version >= 4 ? kBoth : 0,
                      .scopes = version >= 6 ? kBoth : 0};
  const std::size_t members = version >= 6 ? 3 : version >= 4 ? 2 : 1;
  const Descriptor set{static_cast<int>(
      ::syscall(SYS_landlock_create_ruleset, &rules, members * sizeof(std::uint64_t), 0))};
  if (set.get() < 0) return;
  const auto allow = [&](const std::filesystem::path& path) {
    const Descriptor place{::open(path.c_str(), O_PATH | O_CLOEXEC)};
    struct stat what {};
    if (place.get() < 0 || ::fstat(place.get(), &what) != 0) return;
    landlock_path_beneath_attr rule{};
    rule.allowed_access = LANDLOCK_ACCESS_FS_READ_FILE;
    if (S_ISDIR(what.st_mode)) rule.allowed_access |= LANDLOCK_ACCESS_FS_READ_DIR;
    rule.parent_fd = place.get();
    ::syscall(SYS_landlock_add_rule, set.get(), LANDLOCK_RULE_PATH_BENEATH, &rule, 0);
  };
  for (const char* path :
       {"/usr", "/lib", "/lib64", "/etc/ld.so.cache", "/etc/localtime", "/proc/self",
        "/proc/cpuinfo", "/proc/meminfo", "/proc/stat", "/sys/devices/system", "/dev/null",
        "/dev/zero", "/dev/random", "/dev/urandom"}) {
    allow(path);
  }
  for (const std::filesystem::path& path : readable) allow(path);
  ::syscall(SYS_landlock_restrict_self, set.get(), 0);
}

// ---- seccomp: which system calls there are. ----

using Rule = scmp_arg_cmp;

Rule equals(unsigned int argument, std::uint64_t value) {
  return {.arg = argument, .op = SCMP_CMP_EQ, .datum_a = value, .datum_b = 0};
}

Rule masked(unsigned int argument, std::uint64_t mask, std::uint64_t value) {
  return {.arg = argument, .op = SCMP_CMP_MASKED_EQ, .datum_a = mask, .datum_b = value};
}

/// A list of what is allowed; what is not on it fails with EPERM.
class CallList {
 public:
  CallList() : filter_{::seccomp_init(SCMP_ACT_ERRNO(EPERM)), &::seccomp_release} {
    problem_ = filter_ == nullptr ? ENOMEM : 0;
  }

  void add(std::uint32_t action, int call, std::initializer_list<Rule> rules = {}) {
    if (problem_ != 0) return;
    const int result = ::seccomp_rule_add_array(
        filter_.get(), action, call, static_cast<unsigned int>(rules.size()), rules.begin());
    // A call that this machine's architecture does not have needs no rule.
    if (result != 0 && result != -EDOM) problem_ = -result;
  }
  void allow(int call, std::initializer_list<Rule> rules = {}) { add(SCMP_ACT_ALLOW, call, rules); }

  /// @return the number of the error, 0: it holds from now on
  int load() {
    if (problem_ != 0) return problem_;
    const int result = ::seccomp_load(filter_.get());
    // libseccomp hides the kernel's reason behind this one.
    return result == -ECANCELED ? EPERM : -result;
  }

 private:
  std::unique_ptr<void, void (*)(scmp_filter_ctx)> filter_;
  int problem_{0};
};

/// Calls that change nothing outside this process, whatever they are given.
constexpr std::array kHarmless{
    // memory; without a file opened for writing, no mapping reaches one
    SCMP_SYS(brk), SCMP_SYS(mmap), SCMP_SYS(munmap), SCMP_SYS(mprotect), SCMP_SYS(mremap),
    SCMP_SYS(madvise), SCMP_SYS(mincore), SCMP_SYS(membarrier),
    // threads of this process, and its end
    SCMP_SYS(futex), SCMP_SYS(set_robust_list), SCMP_SYS(get_robust_list), SCMP_SYS(rseq),
    SCMP_SYS(set_tid_address), SCMP_SYS(sched_yield), SCMP_SYS(sched_getaffinity),
    SCMP_SYS(sched_getparam), SCMP_SYS(sched_getscheduler), SCMP_SYS(getcpu), SCMP_SYS(exit),
    SCMP_SYS(exit_group),
    // its own signals
    SCMP_SYS(rt_sigaction), SCMP_SYS(rt_sigprocmask), SCMP_SYS(rt_sigreturn), SCMP_SYS(sigaltstack),
    SCMP_SYS(restart_syscall),
    // reading; what can be opened is said below
    SCMP_SYS(read), SCMP_SYS(readv), SCMP_SYS(pread64), SCMP_SYS(lseek), SCMP_SYS(close),
    SCMP_SYS(fstat), SCMP_SYS(newfstatat), SCMP_SYS(stat), SCMP_SYS(lstat), SCMP_SYS(statx),
    SCMP_SYS(fstatfs), SCMP_SYS(statfs), SCMP_SYS(access), SCMP_SYS(faccessat),
    SCMP_SYS(faccessat2), SCMP_SYS(readlink), SCMP_SYS(readlinkat), SCMP_SYS(getdents64),
    SCMP_SYS(getcwd), SCMP_SYS(poll), SCMP_SYS(ppoll),
    // clocks, and who and where this is
    SCMP_SYS(clock_gettime), SCMP_SYS(clock_getres), SCMP_SYS(gettimeofday), SCMP_SYS(time),
    SCMP_SYS(nanosleep), SCMP_SYS(clock_nanosleep), SCMP_SYS(getpid), SCMP_SYS(getppid),
    SCMP_SYS(gettid), SCMP_SYS(getuid), SCMP_SYS(geteuid), SCMP_SYS(getgid), SCMP_SYS(getegid),
    SCMP_SYS(uname), SCMP_SYS(sysinfo), SCMP_SYS(getrusage), SCMP_SYS(getrlimit), SCMP_SYS(times),
    SCMP_SYS(getrandom)};

/// @return the number of the error, 0: it holds
int raise_call_list(int pipe) {
  CallList list;
  for (const int call : kHarmless) list.allow(call);

  // Opening for reading alone. O_TMPFILE makes a file; its other bit is O_DIRECTORY, which may
  // stand.
  constexpr std::uint64_t kMakes = O_TMPFILE & ~O_DIRECTORY;
  constexpr std::uint64_t kChanges = O_ACCMODE | O_CREAT | O_TRUNC | O_APPEND | kMakes;
  list.allow(SCMP_SYS(open), {masked(1, kChanges, O_RDONLY)});
  list.allow(SCMP_SYS(openat), {masked(2, kChanges, O_RDONLY)});
  // Writing to the streams and the pipe that are there.
  for (const int to : {STDOUT_FILENO, STDERR_FILENO, pipe}) {
    const auto descriptor = static_cast<std::uint64_t>(to);
    list.allow(SCMP_SYS(write), {equals(0, descriptor)});
    list.allow(SCMP_SYS(writev), {equals(0, descriptor)});
  }
#ifdef __SANITIZE_ADDRESS__
  // The sanitizers find out whether memory can be read by writing it into a pipe of their own.
  for (const int call : {SCMP_SYS(pipe), SCMP_SYS(pipe2), SCMP_SYS(write)}) list.allow(call);
#endif
  // Of the commands of descriptors those that concern this process; others send signals.
  for (const int command : {F_GETFD, F_SETFD, F_GETFL, F_DUPFD, F_DUPFD_CLOEXEC}) {
    list.allow(SCMP_SYS(fcntl), {equals(1, static_cast<std::uint64_t>(command))});
  }
  // Threads, not processes, and in no namespace of their own. Flags of clone3 lie in memory, where
  // no filter sees them; the C library then takes clone.
  constexpr std::uint64_t kThread = CLONE_THREAD | CLONE_VM | CLONE_SIGHAND;
  constexpr std::uint64_t kApart = CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC |
                                   CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET | CLONE_PTRACE |
                                   CLONE_VFORK | CLONE_IO;
  list.allow(SCMP_SYS(clone), {masked(0, kThread | kApart, kThread)});
  list.add(SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3));
  list.add(SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(openat2));
  // Signals to itself, as abort sends one.
  const auto self = static_cast<std::uint64_t>(::getpid());
  list.allow(SCMP_SYS(tgkill), {equals(0, self)});
  list.allow(SCMP_SYS(kill), {equals(0, self)});
  // Names of threads; limits that are asked for, not set.
  list.allow(SCMP_SYS(prctl), {equals(0, PR_SET_NAME)});
  list.allow(SCMP_SYS(prctl), {equals(0, PR_GET_NAME)});
  list.allow(SCMP_SYS(prlimit64), {equals(0, 0), equals(2, 0)});
  return list.load();
}

}  // namespace

std::string raise_walls(int pipe, const std::vector<std::filesystem::path>& readable) {
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) {
    return std::string{"PR_SET_NO_NEW_PRIVS: "} + std::strerror(errno);
  }
  raise_landlock(readable);
  const int problem = raise_call_list(pipe);
  return problem == 0 ? "" : std::string{"seccomp: "} + std::strerror(problem);
}

}  // namespace papilio
