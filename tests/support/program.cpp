#include "tests/support/program.hpp"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <fstream>
#include <stdexcept>
#include <thread>

#include "tests/support/temporary_folder.hpp"

namespace papilio::testing {

std::vector<pid_t> children_of(pid_t parent) {
  std::ifstream file{"/proc/" + std::to_string(parent) + "/task/" + std::to_string(parent) +
                     "/children"};
  std::vector<pid_t> children;
  for (pid_t child = 0; file >> child;) children.push_back(child);
  return children;
}

namespace {

Finished run_there(const std::filesystem::path& where, const std::vector<std::string>& arguments,
                   const std::optional<Stop>& stop) {
  const TemporaryFolder folder;
  const std::string out = (folder.path() / "out").string();
  const std::string err = (folder.path() / "err").string();
  std::vector<std::string> words{PAPILIO_PROGRAM};
  words.insert(words.end(), arguments.begin(), arguments.end());
  std::vector<char*> argv;
  argv.reserve(words.size() + 1);
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);

  const pid_t child = ::fork();
  if (child < 0) throw std::runtime_error{"fork failed"};
  if (child == 0) {
    const auto redirect = [](const std::string& path, int fd) {
      const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
      return file >= 0 && ::dup2(file, fd) == fd;
    };
    if (::chdir(where.c_str()) == 0 && redirect(out, STDOUT_FILENO) &&
        redirect(err, STDERR_FILENO)) {
      ::execv(PAPILIO_PROGRAM, argv.data());
    }
    ::_exit(127);
  }
  int status = 0;
  if (stop) {
    // Until the program has ended by itself, if it never comes to that.
    const auto ended = [&] {
      siginfo_t info{};
      return ::waitid(P_PID, static_cast<id_t>(child), &info, WEXITED | WNOHANG | WNOWAIT) == 0 &&
             info.si_pid == child;
    };
    while (!stop->once(child) && !ended())
      std::this_thread::sleep_for(std::chrono::milliseconds{5});
    ::kill(child, stop->signal);  // it is not reaped yet, so the number is still its own
  }
  if (::waitpid(child, &status, 0) != child) throw std::runtime_error{"waitpid failed"};
  return {WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status), read_file(out),
          read_file(err)};
}

}  // namespace

Finished run_papilio(const std::vector<std::string>& arguments, const std::optional<Stop>& stop) {
  return run_there(PAPILIO_SOURCE_DIR, arguments, stop);
}

Finished run_papilio_in(const std::filesystem::path& where,
                        const std::vector<std::string>& arguments) {
  return run_there(where, arguments, std::nullopt);
}

}  // namespace papilio::testing
