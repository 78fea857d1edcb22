#include "gateway/whip/ice_links.h"

#include "pipelines/base/log.h"

namespace whip {

namespace {

const base::Logger kLog("whip");

} // namespace

std::shared_ptr<IceLinks> IceLinks::collect(ice::IceServers& servers, const http::Request& request,
                                            std::function<void(const IceLinks&)> onKnown) {
    auto links = std::make_shared<IceLinks>();
    links->stream_ = request.parameter("stream");
    servers.ask(ice::inquiryOf(request, links->stream_),
                [links, onKnown = std::move(onKnown)](base::Result<ice::IceConfiguration> answer) {
                    links->answer_ = std::move(answer);
                    if (onKnown) {
                        onKnown(*links);
                    }
                });
    return links;
}

void IceLinks::addTo(http::Reply& reply) const {
    if (!answer_ || !*answer_) {
        kLog.warning(stream_ + " gets no Link to ICE servers: " +
                     (answer_ ? answer_->error().message : "they are not known yet"));
        return;
    }
    for (const std::string& link : ice::toLinks(**answer_)) {
        reply.with("Link", link);
    }
}

} // namespace whip
