#include "pipelines/ingest/ice_agent.h"

#include "pipelines/base/log.h"
#include "pipelines/control/media_addresses.h"
#include "pipelines/gst/element.h"
#include "pipelines/ingest/libnice_limit.h"

namespace ingest {

using base::fail;
using base::Problem;
using base::Result;

namespace {

const base::Logger logger("ice");

std::string joined(const std::vector<std::string>& texts) {
    std::string text;
    for (const std::string& each : texts) {
        text += (text.empty() ? "" : ", ") + each;
    }
    return text;
}

/// UPnP costs 200 ms and opens ports nobody asked for.
Result<void> restrictAgent(GObject* agent, GObject* nice) {
    for (GObject* object : {agent, nice}) {
        if (auto set = gst::setProperty(object, {"ice-tcp", false}); !set) {
            return set;
        }
    }
    for (const gst::Property& property :
         {gst::Property{"upnp", false}, gst::Property{"keepalive-conncheck", true}}) {
        if (auto set = gst::setProperty(nice, property); !set) {
            return set;
        }
    }
    return {};
}

Result<void> setPorts(GObject* agent, const control::IceSettings& ice) {
    if (ice.firstPort == 0) {
        return {};
    }
    const auto first = static_cast<unsigned>(ice.firstPort);
    const auto last = static_cast<unsigned>(ice.lastPort);
    for (const gst::Property& property :
         {gst::Property{"min-rtp-port", first}, gst::Property{"max-rtp-port", last}}) {
        if (auto set = gst::setProperty(agent, property); !set) {
            return set;
        }
    }
    return {};
}

} // namespace

Result<void> setUpIce(GstElement* webrtcbin, const control::IceSettings& ice, bool loopback) {
    const auto agent = gst::getObject(webrtcbin, "ice-agent");
    if (!agent) {
        return fail(Problem::MissingPackage,
                    "webrtcbin has no ICE agent: install the Debian package gstreamer1.0-nice");
    }
    const auto nice = gst::getObject(agent.get(), "agent");
    if (auto restricted = restrictAgent(agent.get(), nice.get()); !restricted) {
        return restricted;
    }
    if (auto set = setPorts(agent.get(), ice); !set) {
        return set;
    }
    std::vector<std::string> addresses;
    for (const auto& address : control::mediaAddresses(ice, base::localAddresses(), loopback)) {
        addresses.push_back(address.bound);
    }
    if (addresses.empty() && !ice.interfaces.empty()) {
        return fail(Problem::Unavailable, whyUnreachable(ice, loopback));
    }
    const auto offered = limitForLibnice(addresses, addressesKnownToLibnice());
    if (!ice.mediaAddress.empty() && (offered.empty() || offered.back() != ice.mediaAddress)) {
        logger.warning(
            "this machine has more addresses than libnice takes: publishers can't come by "
            "Spillway's own relay");
    }
    for (const std::string& address : offered) {
        gboolean added = FALSE;
        g_signal_emit_by_name(agent.get(), "add-local-ip-address", address.c_str(), &added);
    }
    for (const std::string& relay : ice.relays) {
        gboolean added = FALSE;
        g_signal_emit_by_name(webrtcbin, "add-turn-server", relay.c_str(), &added);
        if (added == FALSE) {
            return fail(Problem::Internal, "webrtcbin does not take the address of a relay");
        }
    }
    return {};
}

std::string whyUnreachable(const control::IceSettings& ice, bool loopback) {
    if (control::mediaAddresses(ice, base::localAddresses(), loopback).empty()) {
        return ice.interfaces.empty()
                   ? "this machine has no network address that a publisher could reach"
                   : "none of [ice] interfaces (" + joined(ice.interfaces) + ") has an address now";
    }
    if (ice.firstPort != 0) {
        return "no UDP port of [ice] ports " + std::to_string(ice.firstPort) + "-" +
               std::to_string(ice.lastPort) +
               " is free: give it more, or wait until another stream ends";
    }
    return "no UDP port could be opened for this publisher";
}

} // namespace ingest
