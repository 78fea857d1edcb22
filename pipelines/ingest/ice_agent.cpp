#include "pipelines/ingest/ice_agent.h"

#include "pipelines/base/log.h"
#include "pipelines/gst/element.h"
#include "pipelines/ingest/rankable.h"

#include <algorithm>

namespace ingest {

using base::fail;
using base::Problem;
using base::Result;

namespace {

const base::Logger logger("ice");

constexpr const char* kLoopback = "127.0.0.1";

std::string joined(const std::vector<std::string>& texts) {
    std::string text;
    for (const std::string& each : texts) {
        text += (text.empty() ? "" : ", ") + each;
    }
    return text;
}

bool allowed(const IceConfig& config, const base::LocalAddress& local) {
    const auto named = [&](const std::string& name) {
        return name == local.interface || name == local.address;
    };
    const auto& names = config.interfaces;
    const bool wanted =
        names.empty() ? !local.loopback : std::any_of(names.begin(), names.end(), named);
    return wanted && (config.ipv6 || !local.ipv6);
}

/// UPnP costs 200 ms and opens ports nobody asked for.
Result<void> restrictAgent(GObject* ice, GObject* agent) {
    for (GObject* object : {ice, agent}) {
        if (auto set = gst::setProperty(object, {"ice-tcp", false}); !set) {
            return set;
        }
    }
    for (const gst::Property& property :
         {gst::Property{"upnp", false}, gst::Property{"keepalive-conncheck", true}}) {
        if (auto set = gst::setProperty(agent, property); !set) {
            return set;
        }
    }
    return {};
}

Result<void> setPorts(GObject* ice, const IceConfig& config) {
    if (config.firstPort == 0) {
        return {};
    }
    const auto first = static_cast<unsigned>(config.firstPort);
    const auto last = static_cast<unsigned>(config.lastPort);
    for (const gst::Property& property :
         {gst::Property{"min-rtp-port", first}, gst::Property{"max-rtp-port", last}}) {
        if (auto set = gst::setProperty(ice, property); !set) {
            return set;
        }
    }
    return {};
}

} // namespace

std::vector<std::string> hostAddresses(const IceConfig& config,
                                       const std::vector<base::LocalAddress>& all) {
    std::vector<std::string> addresses;
    for (const base::LocalAddress& local : all) {
        if (allowed(config, local)) {
            addresses.push_back(local.address);
        }
    }
    const auto known = [&](const std::string& address) {
        return std::find(addresses.begin(), addresses.end(), address) != addresses.end();
    };
    if (config.loopback && !known(kLoopback)) {
        addresses.emplace_back(kLoopback);
    }
    if (!config.mediaAddress.empty()) {
        addresses.push_back(config.mediaAddress);
    }
    return addresses;
}

Result<void> setUpIce(GstElement* webrtcbin, const IceConfig& config) {
    const auto ice = gst::getObject(webrtcbin, "ice-agent");
    if (!ice) {
        return fail(Problem::MissingPackage,
                    "webrtcbin has no ICE agent: install the Debian package gstreamer1.0-nice");
    }
    const auto agent = gst::getObject(ice.get(), "agent");
    if (auto restricted = restrictAgent(ice.get(), agent.get()); !restricted) {
        return restricted;
    }
    if (auto set = setPorts(ice.get(), config); !set) {
        return set;
    }
    const auto addresses = hostAddresses(config, base::localAddresses());
    if (addresses.empty() && !config.interfaces.empty()) {
        return fail(Problem::Unavailable, whyUnreachable(config));
    }
    const auto offered = rankable(addresses, addressesKnownToLibnice());
    if (!config.mediaAddress.empty() &&
        (offered.empty() || offered.back() != config.mediaAddress)) {
        logger.warning(
            "this machine has more addresses than libnice takes: publishers can't come by "
            "Spillway's own relay");
    }
    for (const std::string& address : offered) {
        gboolean added = FALSE;
        g_signal_emit_by_name(ice.get(), "add-local-ip-address", address.c_str(), &added);
    }
    for (const std::string& relay : config.relays) {
        gboolean added = FALSE;
        g_signal_emit_by_name(webrtcbin, "add-turn-server", relay.c_str(), &added);
        if (added == FALSE) {
            return fail(Problem::Internal, "webrtcbin does not take the address of a relay");
        }
    }
    return {};
}

std::string whyUnreachable(const IceConfig& config) {
    if (hostAddresses(config, base::localAddresses()).empty()) {
        return config.interfaces.empty()
                   ? "this machine has no network address that a publisher could reach"
                   : "none of [ice] interfaces (" + joined(config.interfaces) +
                         ") has an address now";
    }
    if (config.firstPort != 0) {
        return "no UDP port of [ice] ports " + std::to_string(config.firstPort) + "-" +
               std::to_string(config.lastPort) +
               " is free: give it more, or wait until another stream ends";
    }
    return "no UDP port could be opened for this publisher";
}

} // namespace ingest
