#include "pipelines/outputs/output.h"

#include "pipelines/base/unique.h"
#include "pipelines/gst/mapped.h"
#include "pipelines/h264/nal.h"
#include "pipelines/outputs/caps.h"
#include "sdp/receiver_description.h"
#include "tests/support/run_until.h"
#include "tests/unit/outputs/media.h"

#include <arpa/inet.h>
#include <array>
#include <catch2/catch.hpp>
#include <cmath>
#include <fstream>
#include <map>
#include <sys/socket.h>
#include <unistd.h>

using namespace outputs;
using namespace test;
using namespace std::chrono_literals;

namespace {

/// Everything that comes to a UDP port of 127.0.0.1.
class Receiver {
public:
    explicit Receiver(int port)
        : socket_(::socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)) {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        address.sin_port = htons(static_cast<std::uint16_t>(port));
        REQUIRE(::bind(socket_.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
    }

    std::vector<std::vector<std::uint8_t>>& read() {
        std::array<std::uint8_t, 2048> datagram{};
        ssize_t size = 0;
        while ((size = ::recv(socket_.get(), datagram.data(), datagram.size(), 0)) > 0) {
            all_.emplace_back(datagram.begin(), datagram.begin() + size);
        }
        return all_;
    }

private:
    base::UniqueFd socket_;
    std::vector<std::vector<std::uint8_t>> all_;
};

/// Whether someone receives on this UDP port.
bool isBound(int port) {
    std::ifstream table("/proc/net/udp");
    std::array<char, 16> text{};
    std::snprintf(text.data(), text.size(), ":%04X ", port);
    for (std::string line; std::getline(table, line);) {
        if (line.find(text.data()) != std::string::npos) {
            return true;
        }
    }
    return false;
}

std::uint32_t word(const std::vector<std::uint8_t>& packet, std::size_t at) {
    return static_cast<std::uint32_t>(packet[at]) << 24 |
           static_cast<std::uint32_t>(packet[at + 1]) << 16 |
           static_cast<std::uint32_t>(packet[at + 2]) << 8 | packet[at + 3];
}
int sequence(const std::vector<std::uint8_t>& packet) {
    return packet[2] << 8 | packet[3];
}

control::RtpOutput rtpConfig(int port) {
    control::RtpOutput config;
    config.host = "127.0.0.1";
    config.videoPort = port;
    config.audioPort = port + 2;
    return config;
}

void writeDescription(const std::string& path, int port) {
    sdp::ReceiverSession session;
    session.id = 1;
    session.version = 1;
    session.originAddress = "127.0.0.1";
    session.name = "test";
    session.destination = "127.0.0.1";
    sdp::H264Stream video;
    video.port = port;
    const gst::Mapped first(media().units.front().data.get());
    const auto sets = h264::findParameterSets(first.bytes());
    REQUIRE(sets);
    video.sps.assign(sets->sps.begin(), sets->sps.end());
    video.pps.assign(sets->pps.begin(), sets->pps.end());
    sdp::AacStream audio;
    audio.port = port + 2;
    audio.config = audioOf(media().format)->configuration;
    const auto text = sdp::describe(session, video, audio);
    REQUIRE(text);
    std::ofstream(path) << *text;
}

} // namespace

TEST_CASE("ffmpeg plays RTP from its description, picture and sound together") {
    Folder folder;
    Told told;
    fanout::Fanout fanout;
    const int port = freePorts();
    writeDescription(folder / "a.sdp", port);
    Child ffmpeg({"ffmpeg", "-nostdin", "-v", "error", "-y", "-protocol_whitelist", "file,udp,rtp",
                  "-i", folder / "a.sdp", "-c", "copy", "-t", "4", folder / "out.ts"});
    REQUIRE(support::runUntil([&] { return isBound(port + 3); }));
    auto output = makeRtpOutput(rtpConfig(port), testTimebase(), told.reporter());
    REQUIRE(output);
    fanout.add((*output)->consumer());
    Playback playback(media(), fanout);
    REQUIRE(support::runUntil([&] { return ffmpeg.ended(); }, 30s));
    CHECK(ffmpeg.status() == 0);
    CHECK(told.has(control::OutputPhase::Running));
    CHECK_FALSE(told.has(control::OutputPhase::Failed));
    playback.stop();
    close(std::move(*output), fanout);
    CHECK(told.states.back().phase == control::OutputPhase::Stopped);
    const Run decoded =
        run("ffmpeg -v error -xerror -i " + (folder / "out.ts") + " -f null - 2>&1");
    INFO(decoded.output);
    CHECK(decoded.status == 0);
    CHECK(decoded.output == "");
    const Run starts =
        run("ffprobe -v error -show_entries stream=codec_name,start_time -of csv=p=0 " +
            (folder / "out.ts"));
    double video = 0;
    double audio = 0;
    INFO(starts.output);
    REQUIRE(std::sscanf(starts.output.c_str(), "h264,%lf aac,%lf", &video, &audio) == 2);
    CHECK(std::abs(video - audio) < 0.2);
}

TEST_CASE("RTP begins with a key frame, has no gap, and reports bring both media together") {
    fanout::Fanout fanout;
    Told told;
    const int port = freePorts();
    Receiver video(port);
    Receiver videoReports(port + 1);
    Receiver audio(port + 2);
    Receiver audioReports(port + 3);
    auto output = makeRtpOutput(rtpConfig(port), testTimebase(), told.reporter());
    REQUIRE(output);
    fanout.add((*output)->consumer());
    media();
    Playback playback(media(), fanout);
    REQUIRE(support::runUntil([&] {
        audio.read();
        return video.read().size() > 100 && videoReports.read().size() >= 3 &&
               audioReports.read().size() >= 3;
    }));
    playback.stop();
    close(std::move(*output), fanout);

    const auto& packets = video.read();
    CHECK((packets[0][12] & 0x1f) == 24); // STAP-A
    int sps = 0;
    for (std::size_t i = 0; i < packets.size(); ++i) {
        CHECK((packets[i][1] & 0x7f) == 96);
        CHECK(packets[i].size() <= 1200);
        CHECK(sequence(packets[i]) == (sequence(packets[0]) + static_cast<int>(i)) % 65536);
        const int type = packets[i][12] & 0x1f;
        sps += type == 24 ? 1 : 0;
        CHECK((type == 24 || type == 28 || type == 1 || type == 5 || type == 6));
    }
    CHECK(sps >= 3);
    for (const auto& packet : audio.read()) {
        CHECK((packet[1] & 0x7f) == 97);
        CHECK(packet.size() <= 1200);
    }

    // The RTP times of the first packets, told in the senders' common clock by their reports.
    const auto wallClock = [](const std::vector<std::uint8_t>& report,
                              const std::vector<std::uint8_t>& packet, double rate) {
        REQUIRE(report[1] == 200); // SR
        CHECK(word(report, 4) == word(packet, 8));
        const double ntp = word(report, 8) + word(report, 12) / 4294967296.0;
        return ntp + static_cast<std::int32_t>(word(packet, 4) - word(report, 16)) / rate;
    };
    const double pictureAt = wallClock(videoReports.read()[1], video.read()[0], 90000);
    const double soundAt = wallClock(audioReports.read()[1], audio.read()[0], 48000);
    CHECK(std::abs(pictureAt - soundAt) < 0.025);
    const auto last = videoReports.read().back();
    bool bye = false;
    for (std::size_t at = 0; at + 4 <= last.size();
         at += 4 * (1 + (last[at + 2] << 8 | last[at + 3]))) {
        bye = bye || last[at + 1] == 203;
    }
    CHECK(bye);
}

TEST_CASE("nobody listens, and that is no error") {
    fanout::Fanout fanout;
    Told told;
    const int port = freePorts();
    auto rtp = makeRtpOutput(rtpConfig(port), testTimebase(), told.reporter());
    control::TsOutput config;
    config.host = "127.0.0.1";
    config.port = port + 100;
    auto ts = makeTsOutput(config, testTimebase(), told.reporter());
    REQUIRE(rtp);
    REQUIRE(ts);
    fanout.add((*rtp)->consumer());
    fanout.add((*ts)->consumer());
    Playback playback(media(), fanout);
    REQUIRE(support::runUntil([&] { return playback.time() > playback.start() + 1500ms; }));
    CHECK_FALSE(told.has(control::OutputPhase::Failed));
    CHECK((*rtp)->dropped() == 0);
    playback.stop();
    close(std::move(*rtp), fanout);
    close(std::move(*ts), fanout);
}

TEST_CASE("an MPEG transport stream over RTP comes at once, whole, from a key frame on") {
    Folder folder;
    fanout::Fanout fanout;
    Told told;
    const int port = freePorts();
    Receiver receiver(port);
    control::TsOutput config;
    config.host = "127.0.0.1";
    config.port = port;
    auto output = makeTsOutput(config, testTimebase(), told.reporter());
    REQUIRE(output);
    fanout.add((*output)->consumer());
    fanout.setFormat(media().format);
    for (const fanout::AccessUnit& unit : media().units) {
        if (unit.time < 3s) {
            fanout.push(unit);
            receiver.read(); // sent within the push: nothing to wait for
        }
    }
    std::ofstream file(folder / "a.ts", std::ios::binary);
    const auto& packets = receiver.read();
    REQUIRE(packets.size() > 50);
    for (std::size_t i = 0; i < packets.size(); ++i) {
        CHECK((packets[i][1] & 0x7f) == 33);
        CHECK((packets[i].size() - 12) % 188 == 0);
        CHECK(packets[i].size() <= 1328);
        CHECK(packets[i][12] == 0x47);
        CHECK(sequence(packets[i]) == (sequence(packets[0]) + static_cast<int>(i)) % 65536);
        file.write(reinterpret_cast<const char*>(packets[i].data() + 12),
                   static_cast<std::streamsize>(packets[i].size() - 12));
    }
    file.close();
    close(std::move(*output), fanout);
    const Run decoded = run("ffmpeg -v error -xerror -i " + (folder / "a.ts") + " -f null - 2>&1");
    CHECK(decoded.status == 0);
    CHECK(decoded.output == "");
    const Run counted =
        run("ffprobe -v error -count_packets -show_entries stream=codec_name,nb_read_packets "
            "-of csv=p=0 " +
            (folder / "a.ts"));
    INFO(counted.output);
    CHECK(counted.output.find("h264,90") != std::string::npos);
    CHECK(counted.output.find("aac,14") != std::string::npos);
}

TEST_CASE("a network interface that does not exist fails or is said, and is tried again") {
    fanout::Fanout fanout;
    Told told;
    control::RtpOutput config = rtpConfig(freePorts());
    config.host = "239.255.77.1";
    config.interface = "nosuch0";
    auto output = makeRtpOutput(config, testTimebase(), told.reporter());
    if (output) {
        fanout.add((*output)->consumer());
        Playback playback(media(), fanout);
        support::runUntil([&] {
            return told.has(control::OutputPhase::Running) ||
                   told.has(control::OutputPhase::Failed);
        });
        playback.stop();
        close(std::move(*output), fanout);
    }
    CHECK((!output || !told.states.empty()));
}
