#include "pipelines/ingest/negotiation.h"

#include "pipelines/base/unique.h"
#include "sdp/candidate.h"
#include "sdp/negotiation.h"

#include <gst/sdp/sdp.h>
#include <gst/webrtc/webrtc.h>

namespace ingest {

using base::Error;
using base::fail;
using base::Milliseconds;
using base::Problem;
using base::Result;
using gst::Ref;

namespace {

/// gathering of host candidates takes some milliseconds; 1.22 may forget to say that it is
/// complete.
constexpr Milliseconds kGatheringDeadline{1000};
/// A relay is asked over the network; the answer to the publisher may take 4.5 s in all.
constexpr Milliseconds kRelayDeadline{2000};
/// From the first relayed candidate to others that are about to come.
constexpr Milliseconds kFurtherRelays{100};
/// kbit/s: Chromium would start at 300 and shrink its video.
constexpr int kStartBitrate = 1500;

struct DescriptionFree {
    void operator()(GstWebRTCSessionDescription* description) const noexcept {
        gst_webrtc_session_description_free(description);
    }
};
using UniqueDescription = std::unique_ptr<GstWebRTCSessionDescription, DescriptionFree>;

UniqueDescription toDescription(GstWebRTCSDPType type, const std::string& text) {
    GstSDPMessage* message = nullptr;
    if (gst_sdp_message_new_from_text(text.c_str(), &message) != GST_SDP_OK) {
        return nullptr;
    }
    return UniqueDescription(gst_webrtc_session_description_new(type, message));
}

} // namespace

/// What a promise brought, moved from webrtcbin's thread to ours.
struct Negotiation::Reply {
    std::string error;
    std::shared_ptr<GstWebRTCSessionDescription> answer;

    static Reply read(GstPromise* promise) {
        Reply reply;
        const GstStructure* fields = gst_promise_get_reply(promise);
        if (gst_promise_wait(promise) != GST_PROMISE_RESULT_REPLIED || fields == nullptr) {
            return reply; // webrtcbin replies with nothing where there is nothing to tell
        }
        if (gst_structure_has_field(fields, "error")) {
            GError* error = nullptr;
            gst_structure_get(fields, "error", G_TYPE_ERROR, &error, nullptr);
            const base::UniqueError owner(error);
            reply.error = error != nullptr ? error->message : "no reason given";
        }
        if (gst_structure_has_field(fields, "answer")) {
            GstWebRTCSessionDescription* answer = nullptr;
            gst_structure_get(fields, "answer", GST_TYPE_WEBRTC_SESSION_DESCRIPTION, &answer,
                              nullptr);
            reply.answer = std::shared_ptr<GstWebRTCSessionDescription>(answer, DescriptionFree{});
        }
        return reply;
    }
};

std::shared_ptr<Negotiation> Negotiation::start(Ref<GstElement> webrtcbin, sdp::PublishOffer offer,
                                                control::IceSettings ice, bool loopback,
                                                std::function<void()> onDescribed, Done done) {
    std::shared_ptr<Negotiation> made(new Negotiation(std::move(webrtcbin), std::move(offer),
                                                      std::move(ice), loopback,
                                                      std::move(onDescribed), std::move(done)));
    made->begin();
    return made;
}

Negotiation::Negotiation(Ref<GstElement> webrtcbin, sdp::PublishOffer offer,
                         control::IceSettings ice, bool loopback, std::function<void()> onDescribed,
                         Done done)
    : webrtcbin_(std::move(webrtcbin)), offer_(std::move(offer)), ice_(std::move(ice)),
      loopback_(loopback), onDescribed_(std::move(onDescribed)), done_(std::move(done)) {}

void Negotiation::begin() {
    const UniqueDescription description =
        toDescription(GST_WEBRTC_SDP_TYPE_OFFER, sdp::offerForPeer(offer_).print());
    if (!description) {
        base::post([self = shared_from_this()] {
            self->finish(fail(Problem::Malformed, "the offer is not a session description"));
        });
        return;
    }
    const auto reply = Ref<GstPromise>::adopt(promise());
    g_signal_emit_by_name(webrtcbin_.get(), "set-remote-description", description.get(),
                          reply.get());
}

GstPromise* Negotiation::promise() {
    pending_ = true;
    using Self = std::shared_ptr<Negotiation>;
    return gst_promise_new_with_change_func(
        [](GstPromise* replied, gpointer data) noexcept {
            base::post([self = *static_cast<Self*>(data), reply = Reply::read(replied)] {
                self->onReply(reply);
            });
        },
        new Self(shared_from_this()),
        [](gpointer data) noexcept { delete static_cast<Self*>(data); });
}

void Negotiation::onReply(const Reply& reply) {
    pending_ = false;
    if (onIdle_) {
        step_ = Step::Done;
        std::exchange(onIdle_, nullptr)();
        return;
    }
    if (!reply.error.empty()) {
        finish(fail(Problem::Unprocessable, "the offer cannot be answered: " + reply.error));
        return;
    }
    advance(reply);
}

void Negotiation::advance(const Reply& reply) {
    switch (step_) {
    case Step::SettingOffer: {
        step_ = Step::CreatingAnswer;
        const auto next = Ref<GstPromise>::adopt(promise());
        g_signal_emit_by_name(webrtcbin_.get(), "create-answer", nullptr, next.get());
        return;
    }
    case Step::CreatingAnswer: {
        if (!reply.answer) {
            finish(fail(Problem::Internal, "webrtcbin made no answer"));
            return;
        }
        step_ = Step::SettingAnswer;
        const auto next = Ref<GstPromise>::adopt(promise());
        g_signal_emit_by_name(webrtcbin_.get(), "set-local-description", reply.answer.get(),
                              next.get());
        return;
    }
    case Step::SettingAnswer:
        step_ = Step::Gathering;
        onDescribed_();
        gather();
        return;
    case Step::Gathering:
    case Step::Done:
        return;
    }
}

/// A relay that does not answer would keep the gathering from being complete for half a minute; so
/// does one that an address of ours cannot reach, such as the loopback's: the first relayed
/// candidate is enough.
void Negotiation::gather() {
    const auto look = [weak = weak_from_this()] {
        base::post([weak] {
            if (const auto self = weak.lock()) {
                self->lookAtGathering();
            }
        });
    };
    gathering_.push_back(gst::Connection::make<void, GParamSpec*>(
        webrtcbin_.get(), "notify::ice-gathering-state", [look](GParamSpec*) { look(); }));
    if (!ice_.relays.empty()) {
        gathering_.push_back(gst::Connection::make<void, guint, gchar*>(
            webrtcbin_.get(), "on-ice-candidate",
            [weak = weak_from_this()](guint, gchar* candidate) {
                base::post([weak, text = std::string(candidate)] {
                    if (const auto self = weak.lock()) {
                        self->onCandidate(text);
                    }
                });
            }));
    }
    deadline_ = base::Timer::once(ice_.relays.empty() ? kGatheringDeadline : kRelayDeadline,
                                  [this] { finish(readAnswer()); });
    look();
}

void Negotiation::lookAtGathering() {
    GstWebRTCICEGatheringState state{};
    g_object_get(webrtcbin_.get(), "ice-gathering-state", &state, nullptr);
    if (step_ == Step::Gathering && state == GST_WEBRTC_ICE_GATHERING_STATE_COMPLETE) {
        finish(readAnswer());
    }
}

void Negotiation::onCandidate(const std::string& candidate) {
    const auto parsed = sdp::Candidate::parse(candidate);
    if (step_ == Step::Gathering && parsed && parsed->type == "relay") {
        deadline_ = base::Timer::once(kFurtherRelays, [this] { finish(readAnswer()); });
    }
}

Result<std::string> Negotiation::readAnswer() {
    GstWebRTCSessionDescription* raw = nullptr;
    g_object_get(webrtcbin_.get(), "local-description", &raw, nullptr);
    const UniqueDescription local(raw);
    if (!local) {
        return fail(Problem::Internal, "webrtcbin has no local description");
    }
    const base::UniqueString text(gst_sdp_message_as_text(local->sdp));
    const auto description = sdp::SessionDescription::parse(text.get());
    if (!description) {
        return fail(Problem::Internal,
                    "webrtcbin's answer does not parse: " + description.error().reason);
    }
    const auto finished = sdp::finishAnswer(*description, offer_,
                                            {.startBitrate = kStartBitrate,
                                             .publicAddress = ice_.publicAddress,
                                             .lastAddress = ice_.mediaAddress,
                                             .lastAlias = ice_.mediaAlias,
                                             .loopback = loopback_});
    if (!finished) {
        return fail(Problem::Unprocessable,
                    "the offer cannot be answered as a whole: " + finished.error().reason);
    }
    if (!sdp::hasCandidates(*finished)) {
        return fail(Problem::Unavailable, whyUnreachable(ice_, loopback_));
    }
    return finished->print();
}

void Negotiation::finish(Result<std::string> result) {
    if (step_ == Step::Done) {
        return;
    }
    step_ = Step::Done;
    gathering_.clear();
    deadline_.stop();
    done_(std::move(result));
}

void Negotiation::cancel(std::function<void()> onIdle) {
    gathering_.clear();
    deadline_.stop();
    if (pending_) {
        onIdle_ = std::move(onIdle);
        return;
    }
    step_ = Step::Done;
    onIdle();
}

} // namespace ingest
