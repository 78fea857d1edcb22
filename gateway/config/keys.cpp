#include "gateway/config/keys.h"

namespace config {

namespace {

bool isAnything(const std::string&) {
    return true;
}

bool isFolder(const std::string& text) {
    return !text.empty();
}

bool isLocation(const std::string& text) {
    return text.empty() || (text.starts_with('/') && text.ends_with('/'));
}

bool isInterfaceOrAddress(const std::string& text) {
    return isInterface(text) || isUnicast(text);
}

} // namespace

std::vector<Key> keysOf(Config& c) {
    constexpr const char* kToken = "at least 8 printable ASCII characters without spaces";
    constexpr const char* kCredential = "at most 508 printable ASCII characters";
    constexpr const char* kInterface = "the name of a network interface, as ip link shows it";
    return {
        {"server", "listen", listening(c.server),
         "Where the server listens. localhost means IPv4 and IPv6; 0.0.0.0:8080 is every address "
         "of "
         "this machine and needs rules under [access]. Port 0 takes any free port. The option "
         "--listen overrides this."},
        {"server", "data", text(c.data, "a folder", isFolder),
         "Where recordings and their index are kept. Each folder serves one Spillway at a time. "
         "The "
         "option --data overrides this."},
        {"server", "hosts", list(c.server.hosts, "host names without ports", isAnything),
         "Further names by which browsers may address this server, for example the name in the "
         "address bar when a proxy is in front. Requests for other names are refused (403), since "
         "any site can make its own name lead here."},
        {"server", "trusted-proxy", yesNo(c.server.trustedProxy),
         "Whether X-Forwarded-For and X-Forwarded-Proto of a proxy on this machine are believed "
         "(deploy/nginx.conf)."},
        {"server", "x-accel",
         text(c.recording.accelPrefix,
              "a path that begins and ends with a slash, as in /protected-recordings/", isLocation),
         "Lets that proxy send the recordings: its internal location for <data>/recordings. Empty: "
         "Spillway sends them itself."},

        {"access", "publish-token", text(c.access.publishToken, kToken, isToken),
         "Whoever publishes must bring this, as \"Authorization: Bearer TOKEN\" or ?token=TOKEN. "
         "It "
         "also lets one watch, and add and remove outputs and recordings."},
        {"access", "view-token", text(c.access.viewToken, kToken, isToken),
         "Whoever watches must bring this (or the publish token)."},
        {"access", "open", yesNo(c.access.open),
         "Whether everyone who reaches the server may do what no token guards. To listen on an "
         "address that is not loopback, one of these three keys must be set."},

        {"limits", "streams", number(c.streamLimit, 0, 1000),
         "Streams at the same time. 0: two for each core."},
        {"limits", "connections", number<std::size_t>(c.server.connections, 16, 100'000),
         "Connections at the same time. Above that, the one that has been idle longest is closed."},

        {"video", "min-height", number(c.video.minHeight, 144, 2160),
         "The picture has at least this many lines: browsers begin small and grow."},
        {"video", "frame-rate", number(c.video.frameRate, 5, 60),
         "Frames per second of what is encoded."},
        {"video", "preset",
         choice(c.video.preset, {"ultrafast", "superfast", "veryfast", "faster", "fast", "medium",
                                 "slow", "slower", "veryslow"}),
         "Preset of x264. Slower ones use more CPU and look better."},
        {"video", "bitrate", number<std::int64_t>(c.video.bitrate.bitsPerSecond, 100, 50'000, 1000),
         "Bitrate of the encoded video, in kbit/s."},
        {"video", "gop-seconds", seconds(c.video.gop, 1, 10),
         "Seconds from one key frame to the next: players begin at a key frame."},

        {"audio", "bitrate", number<std::int64_t>(c.audio.bitrate.bitsPerSecond, 32, 320, 1000),
         "Bitrate of the AAC audio, in kbit/s."},

        {"hls", "segment-seconds", seconds(c.hls.segment, 1, 10),
         "Length of a segment in seconds, a multiple of gop-seconds."},
        {"hls", "window", number<std::size_t>(c.hls.window, 3, 1000),
         "Segments in the playlist of a live stream."},

        {"rtp", "destination",
         text(c.rtp.destination, "a numeric unicast or multicast address", isDestination),
         "Where RTP of every stream is sent."},
        {"rtp", "ports", portRange(c.rtp.firstPort, c.rtp.lastPort, false),
         "Each stream uses four even ports of these and the odd ones above them."},
        {"rtp", "ttl", number(c.rtp.ttl, 1, 255),
         "Time to live of multicast packets. 1: they stay in the local network."},
        {"rtp", "interface", text(c.rtp.interface, kInterface, isInterface),
         "Multicast leaves by this interface. Empty: the system's choice."},
        {"rtp", "mtu", number(c.rtp.mtu, 576, 9000),
         "Largest packet in bytes, without the headers of IP and UDP."},
        {"rtp", "allowed-destinations",
         list(c.rtp.allowedDestinations, "numeric addresses or blocks such as 192.0.2.0/24",
              isBlock),
         "Where else receivers may be added by POST /api/v1/streams/{stream}/outputs. Loopback is "
         "always allowed."},

        {"recording", "enabled", yesNo(c.recording.enabled), "Whether streams are recorded."},
        {"recording", "minimum-free-mb",
         number<std::int64_t>(c.recording.minimumFree, 0, 1'000'000'000, 1'000'000),
         "A recording stops when less than this is free on its disk, in MB."},

        {"log", "level", choice(c.logLevel, {"debug", "info", "warning", "error"}),
         "Messages of this level and of those behind it are logged."},

        {"relay", "embedded", choice(c.relay.embedded, {"auto", "yes", "no"}),
         "Whether Spillway runs a relay of its own (the Debian package coturn). auto: when no "
         "other "
         "is named below. It reaches nothing but Spillway's own pipelines, by an address of the "
         "loopback."},
        {"relay", "listen", list(c.relay.listen, "numeric addresses of this machine", isUnicast),
         "Addresses of that relay. Empty: those of [server] listen. With a proxy in front, name "
         "the "
         "address that publishers elsewhere reach."},
        {"relay", "port", port(c.relay.port),
         "Its port, UDP and TCP. 0: any free port. Publishers elsewhere need one that the firewall "
         "lets through, such as 3478."},
        {"relay", "policy", choice(c.relay.policy, {"all", "relay"}),
         "relay: browsers send by a relay only. all: by the shortest way that there is."},
        {"relay", "stun", iceUris(c.relay.stun, false),
         "STUN servers, such as stun:stun.example.org."},
        {"relay", "urls", iceUris(c.relay.urls, true),
         "Relays that share a secret with Spillway (coturn with use-auth-secret), such as "
         "turn:turn.example.org:3478?transport=udp and turns:turn.example.org:5349."},
        {"relay", "secret", text(c.relay.secret, kCredential, isCredential),
         "That secret (static-auth-secret of coturn). Publishers get names and passwords made of "
         "it, which expire."},
        {"relay", "secret-file", text(c.relay.secretFile, "a file", isAnything),
         "Holds that secret instead. Only Spillway's user should be able to read it."},
        {"relay", "realm", text(c.relay.realm, kCredential, isCredential),
         "The realm that those relays should have: spillway check-relay complains about another."},
        {"relay", "ttl", seconds(c.relay.ttl, 30, 86'400),
         "How long these names and passwords are valid, in seconds."},
        {"relay", "fixed-urls", iceUris(c.relay.fixedUrls, true),
         "Relays with a name and a password that stay. Every publisher learns them."},
        {"relay", "username", text(c.relay.username, kCredential, isCredential),
         "The name for fixed-urls."},
        {"relay", "credential", text(c.relay.credential, kCredential, isCredential),
         "The password for fixed-urls."},
        {"relay", "service-url",
         text(c.relay.serviceUrl,
              "an address such as https://turn.example.org/ice?service=turn, without # and without "
              "a "
              "name before @ (put \"Authorization: …\" into service-headers)",
              isServiceUrl),
         "A service that hands out servers at GET, such as "
         "https://stunner.example.org:8088/ice?service=turn. The answer "
         "is "
         "{\"iceServers\":[…]} (STUNner's auth service, or a whole RTCConfiguration) or "
         "{\"username\":…,\"password\":…,\"ttl\":…,\"uris\":[…]} (TURN REST). A random username= "
         "is "
         "added to the query unless there is one. An answer that expires, by its ttl or by names "
         "such as 1700003600:x, is given to further publishers during half of its time, and until "
         "it expires while the service fails; another only for as long as its Cache-Control says. "
         "After 3 s without an answer publishers are told that no relay can be had. Redirects are "
         "not followed."},
        {"relay", "service-headers", headers(c.relay.serviceHeaders),
         "Headers that this service wants."},

        {"ice", "ports", portRange(c.ice.firstPort, c.ice.lastPort, true),
         "Each stream uses one of these for each address of this machine. They may not be ports of "
         "[rtp]. Empty: any."},
        {"ice", "public-address",
         text(c.ice.publicAddress,
              "the numeric address by which publishers elsewhere reach this machine", isReachable),
         "Behind a 1:1 NAT, the address outside. It replaces the machine's own addresses of that "
         "kind (IPv4 or IPv6); when there are several of them, name the right one in interfaces."},
        {"ice", "interfaces",
         list(c.ice.interfaces,
              "names of network interfaces, as ip link shows them, or numeric addresses",
              isInterfaceOrAddress),
         "Only these are used. Empty: all. Publishers on this machine are also offered its "
         "loopback."},
        {"ice", "ipv6", yesNo(c.ice.ipv6), "Whether IPv6 is used beside IPv4."},
        {"ice", "use-relay", yesNo(c.useRelay),
         "Whether Spillway itself also sends by the relays of [relay], over UDP or TCP (not by its "
         "own, and not over TLS): for a machine that publishers can reach in no other way."},
    };
}

std::string_view meaningOf(std::string_view group) {
    if (group == "relay") {
        return "Relays (TURN) carry the media of publishers whose network lets nothing else "
               "through. "
               "Browsers get what is set here from /api/v1/ice, WHIP clients as Link headers. "
               "Several kinds add up, in the order of these keys.";
    }
    return group == "ice" ? "How publishers' media reaches this machine (UDP)." : "";
}

} // namespace config
