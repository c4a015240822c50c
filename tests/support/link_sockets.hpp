#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <cerrno>
#include <cstddef>
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

/// Makes what waits at the socket give up after a minute: what never comes is then told.
inline void bound_waits(const Descriptor& socket) {
  constexpr timeval kPatience{60, 0};
  for (const int way : {SO_RCVTIMEO, SO_SNDTIMEO}) {
    require_done(::setsockopt(socket.get(), SOL_SOCKET, way, &kPatience, sizeof kPatience) == 0);
  }
}

/// The one port of both sides.
inline sockaddr_in link_address(LinkEnd end) {
  constexpr std::uint16_t kPort = 5201;
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(kPort);
  ::inet_pton(AF_INET, ShapedLink::address(end), &address.sin_addr);
  return address;
}

/// A socket on one side, bound to its address. A socket stays where it was made.
inline Descriptor socket_on(const ShapedLink& link, LinkEnd end, int type) {
  Descriptor made{-1};
  link.side(end).run([&] { made = Descriptor{::socket(AF_INET, type | SOCK_CLOEXEC, 0)}; });
  bound_waits(made);
  const sockaddr_in address = link_address(end);
  require_done(::bind(made.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) ==
               0);
  return made;
}

inline void connect_to(const Descriptor& socket, LinkEnd end) {
  const sockaddr_in address = link_address(end);
  require_done(
      ::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
}

/// Sockets for datagrams from each side to the other.
struct Datagrams {
  explicit Datagrams(const ShapedLink& link)
      : mobile{socket_on(link, LinkEnd::kMobile, SOCK_DGRAM)},
        server{socket_on(link, LinkEnd::kServer, SOCK_DGRAM)} {
    connect_to(mobile, LinkEnd::kServer);
    connect_to(server, LinkEnd::kMobile);
  }
  Descriptor mobile;
  Descriptor server;
};

/// The next connection to a listener.
inline Descriptor accept_at(const Descriptor& listener) {
  Descriptor peer{::accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC)};
  require_done(peer.get() >= 0);
  bound_waits(peer);
  return peer;
}

inline void send_all(int socket, const std::string& bytes) {
  std::size_t sent = 0;
  while (sent < bytes.size()) {
    const ssize_t count = ::send(socket, bytes.data() + sent, bytes.size() - sent, MSG_NOSIGNAL);
    require_done(count > 0);
    sent += static_cast<std::size_t>(count);
  }
}

/// Receives as many bytes as the string has place for.
inline void receive_all(int socket, std::string& bytes) {
  std::size_t have = 0;
  while (have < bytes.size()) {
    const ssize_t count = ::recv(socket, bytes.data() + have, bytes.size() - have, 0);
    require_done(count >= 0);
    if (count == 0) throw SimulationError{"the other side has closed the connection"};
    have += static_cast<std::size_t>(count);
  }
}

}  // namespace papilio
