#include "pipelines/ingest/ice_agent.h"

#include "pipelines/gst/element.h"
#include "pipelines/ingest/local_addresses.h"

namespace ingest {

using base::fail;
using base::Problem;
using base::Result;

/// UPnP costs 200 ms and opens ports nobody asked for.
Result<void> setUpIce(GstElement* webrtcbin, bool loopback) {
    const auto ice = gst::getObject(webrtcbin, "ice-agent");
    if (!ice) {
        return fail(Problem::MissingPackage,
                    "webrtcbin has no ICE agent: install the Debian package gstreamer1.0-nice");
    }
    const auto agent = gst::getObject(ice.get(), "agent");
    for (GObject* object : {ice.get(), agent.get()}) {
        if (auto set = gst::setProperty(object, {"ice-tcp", false}); !set) {
            return set;
        }
    }
    for (const gst::Property& property :
         {gst::Property{"upnp", false}, gst::Property{"keepalive-conncheck", true}}) {
        if (auto set = gst::setProperty(agent.get(), property); !set) {
            return set;
        }
    }
    for (const std::string& address : localAddresses(loopback)) {
        gboolean added = FALSE;
        g_signal_emit_by_name(ice.get(), "add-local-ip-address", address.c_str(), &added);
    }
    return {};
}

} // namespace ingest
