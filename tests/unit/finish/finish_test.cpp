#include "pipelines/finish/finish.h"

#include "pipelines/base/unique.h"
#include "pipelines/finish/av.h"
#include "pipelines/finish/fragments.h"
#include "tests/unit/finish/fragmented.h"

#include <catch2/catch.hpp>
#include <csignal>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <glib.h>
#include <random>
#include <string>
#include <sys/file.h>
#include <sys/resource.h>

extern "C" {
#include <libavutil/dict.h>
#include <libavutil/mathematics.h>
}

using base::Problem;
namespace fs = std::filesystem;

namespace {

struct Folder {
    fs::path path;

    Folder() {
        gchar* made = g_dir_make_tmp("spillway-finish-XXXXXX", nullptr);
        path = made;
        g_free(made);
    }
    Folder(const Folder&) = delete;
    Folder& operator=(const Folder&) = delete;
    ~Folder() { fs::remove_all(path); }

    [[nodiscard]] std::string part() const { return path / "a.mp4.part"; }
    [[nodiscard]] std::string finished() const { return path / "a.mp4"; }
    [[nodiscard]] std::size_t files() const {
        return static_cast<std::size_t>(std::distance(fs::directory_iterator(path), {}));
    }
};

/// What a player gets to see of a file.
struct Seen {
    struct Track {
        double first = 0;
        double last = 0;
        int packets = 0;
    };
    Track video, audio;
    std::string created;
};

Seen look(const std::string& path) {
    AVFormatContext* opened = nullptr;
    REQUIRE(avformat_open_input(&opened, path.c_str(), nullptr, nullptr) >= 0);
    const finish::Input input(opened);
    opened->flags |= AVFMT_FLAG_NOPARSE | AVFMT_FLAG_NOFILLIN;
    Seen seen;
    if (const auto* tag = av_dict_get(opened->metadata, "creation_time", nullptr, 0)) {
        seen.created = tag->value;
    }
    const finish::Packet packet(av_packet_alloc());
    while (av_read_frame(opened, packet.get()) >= 0) {
        const AVStream& stream = *opened->streams[packet->stream_index];
        const bool video = stream.codecpar->codec_type == AVMEDIA_TYPE_VIDEO;
        Seen::Track& track = video ? seen.video : seen.audio;
        const double time = static_cast<double>(packet->pts) * av_q2d(stream.time_base);
        if (track.packets++ == 0) {
            track.first = time;
        }
        track.last = time;
        av_packet_unref(packet.get());
    }
    return seen;
}

std::vector<std::string> boxes(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    std::vector<std::string> names;
    unsigned char header[8];
    while (file.read(reinterpret_cast<char*>(header), 8)) {
        const std::uint32_t size = static_cast<std::uint32_t>(header[0]) << 24 | header[1] << 16 |
                                   header[2] << 8 | header[3];
        names.emplace_back(reinterpret_cast<char*>(header) + 4, 4);
        file.seekg(static_cast<std::int64_t>(size) - 8, std::ios::cur);
    }
    return names;
}

std::size_t indexOf(const std::vector<std::string>& names, const std::string& name) {
    return static_cast<std::size_t>(std::find(names.begin(), names.end(), name) - names.begin());
}

} // namespace

TEST_CASE("a whole recording becomes an ordinary MP4 with its index in front") {
    const Folder folder;
    fragmented::write(folder.part());
    const Seen before = look(folder.part());

    const auto facts = finish::finishPart(folder.part());
    REQUIRE(facts);
    CHECK(facts->path == folder.finished());
    CHECK(facts->size == base::PictureSize{320, 180});
    CHECK(facts->video == "H.264");
    CHECK(facts->audio == "AAC");
    CHECK(facts->bytes == static_cast<std::int64_t>(fs::file_size(folder.finished())));
    CHECK(std::chrono::duration<double>(facts->duration).count() == Approx(4).margin(0.05));

    const auto names = boxes(folder.finished());
    CHECK(indexOf(names, "moov") < indexOf(names, "mdat"));
    CHECK(indexOf(names, "moof") == names.size());
    const Seen after = look(folder.finished());
    CHECK(after.video.packets == 120);
    CHECK(after.video.packets == before.video.packets);
    CHECK(after.audio.packets == before.audio.packets);
    CHECK(after.created == "2026-11-20T10:15:00.000000Z");
    CHECK(folder.files() == 1);

    const auto again = finish::inspect(folder.finished());
    REQUIRE(again);
    CHECK(again->duration == facts->duration);
    CHECK(again->bytes == facts->bytes);
    CHECK(again->size == facts->size);
}

TEST_CASE("the offset between picture and sound is kept, and the earlier starts at zero") {
    const auto delay = GENERATE(0, 208, -151, 700);
    const auto start = GENERATE(0, 10'000, 3'600'000);
    const Folder folder;
    fragmented::write(folder.part(), {.start = std::chrono::milliseconds(start + 1000),
                                      .audioDelay = std::chrono::milliseconds(delay)});
    const Seen before = look(folder.part());
    REQUIRE(finish::finishPart(folder.part()));
    const Seen after = look(folder.finished());
    CAPTURE(delay, start);
    CHECK(std::min(after.video.first, after.audio.first) == Approx(0).margin(0.0001));
    CHECK(after.audio.first - after.video.first ==
          Approx(before.audio.first - before.video.first).margin(0.00005));
    CHECK(after.audio.last - after.video.last ==
          Approx(before.audio.last - before.video.last).margin(0.00005));
    CHECK(after.audio.packets == before.audio.packets);
    CHECK(after.video.packets == before.video.packets);
}

TEST_CASE("a recording without sound is finished") {
    const Folder folder;
    fragmented::write(folder.part(), {.audio = false});
    const auto facts = finish::finishPart(folder.part());
    REQUIRE(facts);
    CHECK(facts->audio.empty());
    CHECK(look(folder.finished()).video.packets == 120);
}

TEST_CASE("wherever a recording was cut, every whole fragment is kept") {
    const Folder folder;
    const std::string whole = folder.path / "whole";
    const auto lengths = fragmented::write(whole);
    std::mt19937_64 random(7);
    std::uniform_int_distribution<std::int64_t> anywhere(lengths[1], lengths.back());
    std::vector<std::int64_t> cuts(lengths.begin() + 1, lengths.end());
    for (int i = 0; i < 12; ++i) {
        cuts.push_back(anywhere(random));
    }
    for (const std::int64_t cut : cuts) {
        fs::copy_file(whole, folder.part());
        fs::resize_file(folder.part(), static_cast<std::uintmax_t>(cut));
        const auto kept =
            std::upper_bound(lengths.begin(), lengths.end(), cut) - lengths.begin() - 1;
        CAPTURE(cut, kept);

        const base::UniqueFd fd(open(folder.part().c_str(), O_RDONLY));
        const auto found = finish::findWholeFragments(fd.get());
        CHECK(found.count == kept);
        CHECK(found.bytes == lengths[static_cast<std::size_t>(kept)]);
        REQUIRE(finish::finishPart(folder.part()));
        CHECK(look(folder.finished()).video.packets ==
              std::min<int>(120, static_cast<int>(kept) * 15));
        fs::remove(folder.finished());
    }
}

TEST_CASE("zeros after the last fragment that was synced do no harm") {
    const Folder folder;
    const auto lengths = fragmented::write(folder.part());
    const auto last = lengths[7]; // seven fragments of the eight that hold pictures
    SECTION("the box headers are lost too") {
        fs::resize_file(folder.part(), static_cast<std::uintmax_t>(last));
        fs::resize_file(folder.part(), static_cast<std::uintmax_t>(lengths.back()));
    }
    SECTION("only the media is lost") {
        std::fstream file(folder.part(), std::ios::in | std::ios::out | std::ios::binary);
        const auto described = last + 4000; // beyond the moof
        file.seekp(described);
        file << std::string(static_cast<std::size_t>(lengths.back() - described), '\0');
    }
    REQUIRE(finish::finishPart(folder.part()));
    const int pictures = look(folder.finished()).video.packets;
    CHECK(pictures >= 105);
    CHECK(pictures < 120);
}

TEST_CASE("a recording without one whole fragment is named so and stays") {
    const Folder folder;
    const auto lengths = fragmented::write(folder.part());
    const auto length = GENERATE_REF(std::int64_t{0}, std::int64_t{20}, lengths[0], lengths[1] - 1);
    fs::resize_file(folder.part(), static_cast<std::uintmax_t>(length));
    const auto facts = finish::finishPart(folder.part());
    REQUIRE_FALSE(facts);
    CHECK(facts.error().problem == Problem::Unprocessable);
    CHECK(fs::file_size(folder.part()) == static_cast<std::uintmax_t>(length));
    CHECK(folder.files() == 1);
}

TEST_CASE("a recording that is still written is left alone") {
    const Folder folder;
    fragmented::write(folder.part());
    const base::UniqueFd recorder(open(folder.part().c_str(), O_RDWR));
    REQUIRE(flock(recorder.get(), LOCK_EX | LOCK_NB) == 0);
    const auto facts = finish::finishPart(folder.part());
    REQUIRE_FALSE(facts);
    CHECK(facts.error().problem == Problem::Conflict);
    CHECK(folder.files() == 1);
}

TEST_CASE("what a killed attempt left is replaced") {
    const Folder folder;
    fragmented::write(folder.part());
    std::ofstream(folder.finished() + ".finishing") << "half a file";
    SECTION("before it was renamed") {}
    SECTION("after it was renamed, the .part being still there") {
        std::ofstream(folder.finished()) << "another file";
    }
    REQUIRE(finish::finishPart(folder.part()));
    CHECK(look(folder.finished()).video.packets == 120);
    CHECK(folder.files() == 1);
}

TEST_CASE("a disk that fills up costs neither the recording nor its space") {
    const Folder folder;
    const auto length = fragmented::write(folder.part()).back();
    std::signal(SIGXFSZ, SIG_IGN);
    rlimit before{};
    getrlimit(RLIMIT_FSIZE, &before);
    // In the first pass, and in the one that puts the index in front.
    const auto room = GENERATE_COPY(length / 2, length - 2500);
    rlimit limit = before;
    limit.rlim_cur = static_cast<rlim_t>(room);
    setrlimit(RLIMIT_FSIZE, &limit);
    const auto facts = finish::finishPart(folder.part());
    setrlimit(RLIMIT_FSIZE, &before);
    REQUIRE_FALSE(facts);
    CHECK(facts.error().problem == Problem::NoSpace);
    CHECK(folder.files() == 1);
    CHECK(look(folder.part()).video.packets == 120);
}

TEST_CASE("files that are no recordings are refused") {
    const Folder folder;
    CHECK(finish::finishPart(folder.part()).error().problem == Problem::NotFound);
    CHECK(finish::inspect(folder.finished()).error().problem == Problem::NotFound);
    std::ofstream(folder.finished()) << std::string(5000, 'x');
    CHECK(finish::inspect(folder.finished()).error().problem == Problem::Unprocessable);
    fs::create_symlink("/etc/passwd", folder.part());
    CHECK_FALSE(finish::finishPart(folder.part()));
}
