#include "pipelines/ingest/media_gate.h"

#include "pipelines/base/hex.h"
#include "pipelines/base/unique.h"

#include <string_view>
#include <utility>

namespace ingest {

std::string fingerprintOf(const std::string& pem) {
    constexpr std::string_view begin = "-----BEGIN CERTIFICATE-----";
    constexpr std::string_view end = "-----END CERTIFICATE-----";
    const std::size_t from = pem.find(begin);
    const std::size_t to = pem.find(end);
    if (from == std::string::npos || to == std::string::npos || to < from + begin.size()) {
        return "";
    }
    const std::string body = pem.substr(from + begin.size(), to - from - begin.size());
    gsize size = 0;
    const std::unique_ptr<guchar, base::GFree> der(g_base64_decode(body.c_str(), &size));
    const base::UniqueString hash(g_compute_checksum_for_data(G_CHECKSUM_SHA256, der.get(), size));
    const auto bytes = base::fromHex(hash.get()).value_or(std::vector<std::uint8_t>());
    return base::fingerprint({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
}

void MediaGate::watch(gst::Ref<GObject> transport) {
    const std::lock_guard lock(mutex_);
    transport_ = std::move(transport);
}

/// The certificate is known before the first packet can be decrypted, so this decides at that
/// packet.
void MediaGate::verify() {
    const std::lock_guard lock(mutex_);
    if (!transport_ || verified_ || shut_) {
        return;
    }
    gchar* pem = nullptr;
    g_object_get(transport_.get(), "remote-certificate", &pem, nullptr);
    const base::UniqueString owner(pem);
    if (pem == nullptr || *pem == '\0') {
        return;
    }
    if (fingerprintOf(pem) == fingerprint_) {
        verified_ = true;
    } else if (!shut_.exchange(true)) {
        onRefused_();
    }
}

bool MediaGate::passes() {
    if (!verified_.load(std::memory_order_acquire)) {
        verify();
    }
    return verified_.load(std::memory_order_acquire) && !shut_.load(std::memory_order_relaxed);
}

GstPadProbeReturn MediaGate::onData(GstPad*, GstPadProbeInfo* info, gpointer data) noexcept {
    MediaGate& gate = **static_cast<std::shared_ptr<MediaGate>*>(data);
    if ((info->type & GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM) != 0) {
        // An RTCP BYE becomes end-of-stream here; when a stream ends is the stream's decision.
        const bool eos = GST_EVENT_TYPE(GST_PAD_PROBE_INFO_EVENT(info)) == GST_EVENT_EOS;
        return eos ? GST_PAD_PROBE_DROP : GST_PAD_PROBE_OK;
    }
    const gsize size = (info->type & GST_PAD_PROBE_TYPE_BUFFER_LIST) != 0
                           ? gst_buffer_list_calculate_size(GST_PAD_PROBE_INFO_BUFFER_LIST(info))
                           : gst_buffer_get_size(GST_PAD_PROBE_INFO_BUFFER(info));
    if (!gate.passes()) {
        return GST_PAD_PROBE_DROP;
    }
    gate.bytes_.fetch_add(size, std::memory_order_relaxed);
    return GST_PAD_PROBE_OK;
}

void MediaGate::install(const std::shared_ptr<MediaGate>& gate, GstPad* pad) {
    constexpr auto types =
        static_cast<GstPadProbeType>(GST_PAD_PROBE_TYPE_BUFFER | GST_PAD_PROBE_TYPE_BUFFER_LIST |
                                     GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM);
    gst_pad_add_probe(
        pad, types, onData, new std::shared_ptr<MediaGate>(gate),
        [](gpointer owned) noexcept { delete static_cast<std::shared_ptr<MediaGate>*>(owned); });
}

} // namespace ingest
