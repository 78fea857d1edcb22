#pragma once

#include "pipelines/base/loop.h"
#include "pipelines/base/result.h"
#include "pipelines/gst/element.h"
#include "pipelines/ingest/ice_agent.h"
#include "sdp/publish_offer.h"

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace ingest {

/// From an offer to the answer with all candidates in it (RFC 9725 section 4.2, RFC 8829): set the
/// remote description, create the answer, set it, wait for gathering. One per session, owned by the
/// Peer. Thread-bound; webrtcbin's replies come on a thread of its own and are posted here.
class Negotiation : public std::enable_shared_from_this<Negotiation> {
public:
    using Done = std::function<void(base::Result<std::string> answer)>;

    /// webrtcbin's transceivers must be there. `onDescribed` is called when both descriptions are
    /// set, before gathering ends.
    static std::shared_ptr<Negotiation> start(gst::Ref<GstElement> webrtcbin,
                                              sdp::PublishOffer offer, control::IceSettings ice,
                                              bool loopback, std::function<void()> onDescribed,
                                              Done done);

    /// Calls back when no promise is pending, perhaps at once: only then may webrtcbin be stopped.
    void cancel(std::function<void()> onIdle);

private:
    enum class Step { SettingOffer, CreatingAnswer, SettingAnswer, Gathering, Done };
    struct Reply;

    Negotiation(gst::Ref<GstElement> webrtcbin, sdp::PublishOffer offer, control::IceSettings ice,
                bool loopback, std::function<void()> onDescribed, Done done);

    void begin();
    GstPromise* promise();
    void onReply(const Reply& reply);
    void advance(const Reply& reply);
    void gather();
    void onCandidate(const std::string& candidate);
    void lookAtGathering();
    void finish(base::Result<std::string> result);
    base::Result<std::string> readAnswer();

    gst::Ref<GstElement> webrtcbin_;
    sdp::PublishOffer offer_;
    control::IceSettings ice_;
    bool loopback_;
    std::function<void()> onDescribed_;
    Done done_;
    std::function<void()> onIdle_;
    std::vector<gst::Connection> gathering_;
    base::Timer deadline_;
    Step step_ = Step::SettingOffer;
    bool pending_ = false; ///< a promise is with webrtcbin
};

} // namespace ingest
