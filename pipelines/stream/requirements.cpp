#include "pipelines/stream/requirements.h"

#include "pipelines/gst/element.h"

#include <array>

namespace stream {

using gst::Ref;

namespace {

struct Requirement {
    const char* element;
    const char* package;
};

constexpr const char* kBase = "gstreamer1.0-plugins-base";
constexpr const char* kGood = "gstreamer1.0-plugins-good";
constexpr const char* kBad = "gstreamer1.0-plugins-bad";
constexpr const char* kUgly = "gstreamer1.0-plugins-ugly";
constexpr const char* kLibav = "gstreamer1.0-libav";

constexpr std::array kRequirements{
    Requirement{"appsink", kBase},
    Requirement{"appsrc", kBase},
    Requirement{"videoconvert", kBase},
    Requirement{"videoscale", kBase},
    Requirement{"videorate", kBase},
    Requirement{"audioconvert", kBase},
    Requirement{"audioresample", kBase},
    Requirement{"opusdec", kBase},
    Requirement{"rtpbin", kGood},
    Requirement{"rtpvp8depay", kGood},
    Requirement{"rtph264depay", kGood},
    Requirement{"rtpopusdepay", kGood},
    Requirement{"vp8dec", kGood},
    Requirement{"rtph264pay", kGood},
    Requirement{"rtpmp4gpay", kGood},
    Requirement{"rtpmp2tpay", kGood},
    Requirement{"udpsink", kGood},
    Requirement{"splitmuxsink", kGood},
    Requirement{"webrtcbin", kBad},
    Requirement{"dtlssrtpdec", kBad},
    Requirement{"srtpdec", kBad},
    Requirement{"h264parse", kBad},
    Requirement{"mpegtsmux", kBad},
    Requirement{"hlssink2", kBad},
    Requirement{"x264enc", kUgly},
    Requirement{"avenc_aac", kLibav},
    Requirement{"nicesrc", "gstreamer1.0-nice"},
};

bool isThere(const char* element) {
    const auto factory = Ref<GstElementFactory>::adopt(gst_element_factory_find(element));
    if (!factory) {
        return false;
    }
    const auto loaded =
        Ref<GstPluginFeature>::adopt(gst_plugin_feature_load(GST_PLUGIN_FEATURE(factory.get())));
    return static_cast<bool>(loaded);
}

/// libgstdtls makes one certificate per process, at its first use.
void makeCertificate() {
    if (auto decoder = gst::makeElement("dtlssrtpdec")) {
        gst_element_set_state(decoder->get(), GST_STATE_READY);
        gst_element_set_state(decoder->get(), GST_STATE_NULL);
    }
}

} // namespace

control::Ready checkRequirements() {
    control::Ready ready;
    ready.protocol = control::kProtocol;
    guint major = 0;
    guint minor = 0;
    guint micro = 0;
    guint nano = 0;
    gst_version(&major, &minor, &micro, &nano);
    ready.version =
        std::to_string(major) + "." + std::to_string(minor) + "." + std::to_string(micro);
    for (const Requirement& requirement : kRequirements) {
        if (!isThere(requirement.element)) {
            ready.missing.push_back({requirement.element, requirement.package});
        }
    }
    if (ready.missing.empty()) {
        makeCertificate();
    }
    return ready;
}

} // namespace stream
