#pragma once

#include "pipelines/control/messages.h"

#include <vector>

/// One message of every kind, nothing in it at its default where that is possible.
namespace samples {

inline std::vector<control::ToPipeline> toPipeline() {
    control::Publish publish;
    publish.session = "s1";
    publish.stream = "demo";
    publish.take = 7;
    publish.offer = "v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\ns=\"quoted\\back\" \u00fc \u6771\r\n";
    publish.video = {480, 25, "ultrafast", base::Bitrate::kilobits(900), base::Milliseconds(2000)};
    publish.audio = {base::Bitrate::kilobits(96)};
    publish.loopback = true;
    publish.ice = {40000,
                   40099,
                   {"eth0", "2001:db8::1"},
                   false,
                   "203.0.113.7",
                   "127.77.8.9",
                   "198.51.100.9",
                   {"turn://1%3Aa:b%2F%3D@192.0.2.1:3478?transport=tcp"}};
    publish.replaces = "s0";
    return {
        publish,
        control::Candidate{"s1", 1, "candidate:1 1 UDP 2122252543 192.0.2.1 50000 typ host"},
        control::Candidate{"s1", 0, ""},
        control::Unpublish{"s1"},
        control::OutputAdd{"rtp", control::RtpOutput{"239.1.2.3", 20000, 20002, 4, "eth0", 1400}},
        control::OutputAdd{"ts", control::TsOutput{"::1", 20004, 2, "lo"}},
        control::OutputAdd{"hls",
                           control::HlsOutput{"/run/spillway/demo", base::Milliseconds(4000)}},
        control::OutputAdd{"mp4", control::Mp4Output{"/data/a b.mp4.part", 200'000'000'000}},
        control::OutputRemove{"r1"},
        control::KeyFrame{},
        control::Stop{}};
}

inline std::vector<control::FromPipeline> fromPipeline() {
    using namespace std::chrono_literals;
    return {
        control::Ready{
            1,
            "1.22.0",
            {{"x264enc", "gstreamer1.0-plugins-ugly"}, {"nicesrc", "gstreamer1.0-nice"}}},
        control::Ready{1, "1.22.0", {}},
        control::Answer{"s1", "v=0\r\n", {}},
        control::Answer{"s1", "", base::Error{base::Problem::Unprocessable, "no video is offered"}},
        control::Track{"s1", control::Media::Audio, "Opus", false},
        control::Track{"s1", control::Media::Video, "H264", true},
        control::Closed{"s1", base::Problem::Timeout, "the publisher sent nothing for 5 s"},
        control::Live{3,
                      {{1280, 720}, 30, "Z0LAH4xoBQBbpqAg", "aM48gA=="},
                      {44100, 1, "1208"},
                      base::WallTime(1'795'000'000'123'456'789ns)},
        control::OutputState{"hls", control::OutputPhase::Failed, "the disk is full"},
        control::OutputState{"hls", control::OutputPhase::Starting, ""},
        control::OutputState{"hls", control::OutputPhase::Running, ""},
        control::OutputState{"hls", control::OutputPhase::Stopped, ""},
        control::Segment{"hls", "a1b2-17.ts", 1'234'567'890'123ns, 2'000'000'001ns, 5'000'000'000,
                         2},
        control::Recording{"mp4", control::RecordingPhase::Recording, "/data/x.mp4.part", 90s, 1234,
                           base::Problem::Internal, ""},
        control::Recording{"mp4", control::RecordingPhase::Failed, "/data/x.mp4.part", 90s, 1234,
                           base::Problem::NoSpace, "full"},
        control::Recording{"mp4", control::RecordingPhase::Stopped, "/data/x.mp4.part", 90s, 1234,
                           base::Problem::Internal, ""},
        control::Stats{3600s, base::Bitrate{2'500'123}, base::Bitrate{2'600'456}, 108'000, 12, 3},
        control::Closed{"s1", base::Problem::Conflict, "another session took over", "s2"}};
}

} // namespace samples
