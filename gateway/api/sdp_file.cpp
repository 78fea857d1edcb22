#include "gateway/api/sdp_file.h"

#include "gateway/streams/destinations.h"
#include "gateway/streams/parameters.h"
#include "pipelines/base/ip_address.h"
#include "sdp/receiver_description.h"

#include <algorithm>

namespace api {

namespace {

using base::Problem;
using streams::OutputType;

int kilobits(base::Bitrate rate) {
    return static_cast<int>(rate.inKilobits());
}

std::optional<std::string> textOf(const streams::StreamInfo& stream,
                                  const streams::OutputInfo& output,
                                  const streams::Parameters& parameters) {
    const sdp::ReceiverSession session{stream.descriptionId,
                                       stream.descriptionVersion,
                                       streams::senderTowards(output.host),
                                       stream.name,
                                       output.host,
                                       output.ttl,
                                       std::nullopt};
    const control::AudioFormat& audio = stream.live->audio;
    if (output.type == OutputType::Rtp) {
        return sdp::describe(session,
                             sdp::H264Stream{.port = output.port,
                                             .sps = parameters.sps,
                                             .pps = parameters.pps,
                                             .bitrate = kilobits(stream.videoBitrate)},
                             sdp::AacStream{.port = output.audioPort,
                                            .config = parameters.audioConfig,
                                            .rate = audio.rate,
                                            .channels = audio.channels,
                                            .bitrate = kilobits(stream.audioBitrate)});
    }
    // With what MPEG-TS adds; unknown when the video is the publisher's own.
    const int total =
        kilobits(stream.videoBitrate) * 11 / 10 + kilobits(stream.audioBitrate) * 11 / 10;
    return sdp::describe(
        session,
        sdp::TransportStream{.port = output.port,
                             .bitrate = stream.videoBitrate.bitsPerSecond > 0 ? total : 0});
}

base::Result<std::string> describe(const streams::StreamInfo& stream,
                                   const streams::OutputInfo& output, const http::Request& client) {
    if (output.type != OutputType::Rtp && output.type != OutputType::Ts) {
        return base::fail(Problem::NotFound, "this output has no .sdp file");
    }
    if (output.phase == control::OutputPhase::Failed) {
        return base::fail(Problem::Unavailable, "this output failed: " + output.error);
    }
    if (!stream.live) {
        return base::fail(Problem::Unavailable,
                          "the stream is connecting: its parameters are not known yet");
    }
    if (!reaches(output, client)) {
        return base::fail(
            Problem::Conflict,
            "RTP goes to " + output.host +
                ", which only players on the server itself receive: "
                "set [rtp] destination to an address of yours or a multicast group, or play the "
                "HLS address");
    }
    const auto parameters = streams::Parameters::read(*stream.live);
    const auto text = parameters ? textOf(stream, output, *parameters) : std::nullopt;
    if (!text) {
        return base::fail(Problem::Internal, "no session description could be made of this stream");
    }
    return *text;
}

} // namespace

http::Reply sdpFile(const streams::StreamInfo& stream, const streams::OutputInfo& output,
                    const http::Request& client, const std::string& name) {
    const auto text = describe(stream, output, client);
    if (!text) {
        return http::problem(text.error());
    }
    return http::Reply::text(*text, "application/sdp")
        .with("Cache-Control", "no-cache")
        .with("Content-Disposition", "attachment; filename=\"" + name + ".sdp\"");
}

bool reaches(const streams::OutputInfo& output, const http::Request& client) {
    return client.loopback || !base::isLoopback(output.host);
}

const streams::OutputInfo* findOutput(const streams::StreamInfo& stream, const std::string& id) {
    const auto at =
        std::find_if(stream.outputs.begin(), stream.outputs.end(),
                     [&](const streams::OutputInfo& output) { return output.id == id; });
    return at != stream.outputs.end() ? &*at : nullptr;
}

} // namespace api
