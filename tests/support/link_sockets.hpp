#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstdint>
#include <cstring>
#include <string>

#include "models/link/shaped_link.hpp"
#include "sim/base/descriptor.hpp"
#include "sim/base/error.hpp"

namespace papilio {

/// Throws what the system says was wrong.
inline void require_done(bool done) {
  if (!done) throw SimulationError{std::strerror(errno)};
}

/// The one port of both sides.
inline sockaddr_in link_place(LinkEnd end) {
  constexpr std::uint16_t kPort = 5201;
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(kPort);
  ::inet_pton(AF_INET, ShapedLink::address(end), &address.sin_addr);
  return address;
}

/// A socket on one side, bound to its place. A socket stays where it was made.
inline Descriptor socket_on(const ShapedLink& link, LinkEnd end, int type) {
  Descriptor made{-1};
  link.side(end).run([&] { made = Descriptor{::socket(AF_INET, type | SOCK_CLOEXEC, 0)}; });
  const sockaddr_in address = link_place(end);
  require_done(::bind(made.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) ==
               0);
  return made;
}

inline void connect_to(const Descriptor& socket, LinkEnd end) {
  const sockaddr_in address = link_place(end);
  require_done(
      ::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
}

inline void send_all(int socket, const std::string& bytes) {
  std::size_t sent = 0;
  while (sent < bytes.size()) {
    const ssize_t count = ::send(socket, bytes.data() + sent, bytes.size() - sent, MSG_NOSIGNAL);
    require_done(count > 0);
    sent += static_cast<std::size_t>(count);
  }
}

}  // namespace papilio
