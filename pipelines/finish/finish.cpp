#include "pipelines/finish/finish.h"

#include "pipelines/base/system_error.h"
#include "pipelines/base/unique.h"
#include "pipelines/finish/av.h"
#include "pipelines/finish/fragments.h"
#include "pipelines/finish/remux.h"
#include "pipelines/json/writer.h"

#include <algorithm>
#include <cstdio>
#include <fcntl.h>
#include <string_view>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <unistd.h>

extern "C" {
#include <libavutil/log.h>
#include <libavutil/mathematics.h>
}

namespace finish {

namespace {

using base::Problem;
using base::Result;
using base::systemError;

constexpr std::string_view kPart = ".part";
/// Room for the index beside the media, which is as large as the source: about 2 % at low bit
/// rates.
constexpr std::int64_t kIndexShare = 50;
constexpr std::int64_t kIndexLeast = 1024 * 1024;

/// Opened and locked; a recorder holds the same lock as long as it writes.
Result<base::UniqueFd> lock(const std::string& part) {
    base::UniqueFd fd(open(part.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC));
    if (!fd) {
        return base::fail(systemError("opening " + part));
    }
    if (flock(fd.get(), LOCK_EX | LOCK_NB) != 0) {
        return base::fail(Problem::Conflict, part + " is still being written");
    }
    struct stat status {};
    if (fstat(fd.get(), &status) != 0 || status.st_nlink == 0) {
        return base::fail(Problem::NotFound, part + " was finished or removed meanwhile");
    }
    return fd;
}

Result<void> checkSpace(int fd, std::int64_t length) {
    struct statvfs space {};
    if (fstatvfs(fd, &space) != 0) {
        return base::fail(systemError("looking for free space"));
    }
    const auto available = static_cast<std::int64_t>(space.f_bavail * space.f_frsize);
    const std::int64_t needed = length + length / kIndexShare + kIndexLeast;
    if (available < needed) {
        return base::fail(Problem::NoSpace,
                          "finishing needs " + std::to_string(needed / 1'000'000 + 1) +
                              " MB of free space and there are " +
                              std::to_string(available / 1'000'000) + " MB: free some");
    }
    return {};
}

Result<void> syncFolderOf(const std::string& path) {
    const std::string folder = path.substr(0, path.find_last_of('/') + 1);
    const base::UniqueFd fd(
        open(folder.empty() ? "." : folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!fd || fsync(fd.get()) != 0) {
        return base::fail(systemError("syncing " + folder));
    }
    return {};
}

/// Media time that the tracks cover, from zero to the end of the longest.
base::Nanoseconds durationOf(const AVFormatContext& input) {
    std::int64_t longest = 0;
    for (unsigned i = 0; i < input.nb_streams; ++i) {
        const AVStream& stream = *input.streams[i];
        const std::int64_t start = stream.start_time == AV_NOPTS_VALUE ? 0 : stream.start_time;
        if (stream.duration != AV_NOPTS_VALUE) {
            longest = std::max(longest, av_rescale_q(start + stream.duration, stream.time_base,
                                                     AVRational{1, 1'000'000'000}));
        }
    }
    return base::Nanoseconds(longest);
}

std::string codecName(AVCodecID codec) {
    switch (codec) {
    case AV_CODEC_ID_H264:
        return "H.264";
    case AV_CODEC_ID_AAC:
        return "AAC";
    default:
        return avcodec_get_name(codec);
    }
}

Facts factsOf(const AVFormatContext& input) {
    Facts facts;
    facts.duration = durationOf(input);
    for (unsigned i = 0; i < input.nb_streams; ++i) {
        const AVCodecParameters& codec = *input.streams[i]->codecpar;
        if (codec.codec_type == AVMEDIA_TYPE_VIDEO && facts.video.empty()) {
            facts.video = codecName(codec.codec_id);
            facts.size = {codec.width, codec.height};
        } else if (codec.codec_type == AVMEDIA_TYPE_AUDIO && facts.audio.empty()) {
            facts.audio = codecName(codec.codec_id);
        }
    }
    return facts;
}

/// The finished file, complete and durable, beside the .part.
Result<Facts> makeFinished(int part, std::int64_t length, const std::string& working) {
    auto made = checkSpace(part, length).and_then([&] { return remux(part, length, working); });
    if (!made) {
        return base::fail(made.error());
    }
    auto facts = inspect(working);
    if (facts && facts->video.empty() && facts->audio.empty()) {
        return base::fail(Problem::Internal, "the finished file would be empty");
    }
    return facts;
}

void lowerPriority() {
    constexpr int kWhoProcess = 1; // IOPRIO_WHO_PROCESS
    constexpr int kIdle = 3 << 13; // IOPRIO_CLASS_IDLE
    setpriority(PRIO_PROCESS, 0, 19);
    syscall(SYS_ioprio_set, kWhoProcess, 0, kIdle);
}

std::string print(const Facts& facts) {
    return json::Writer()
        .put("type", "finished")
        .put("path", facts.path)
        .put("duration", facts.duration.count())
        .put("bytes", facts.bytes)
        .put("width", facts.size.width)
        .put("height", facts.size.height)
        .put("video", facts.video)
        .put("audio", facts.audio)
        .finish();
}

} // namespace

Result<Facts> finishPart(const std::string& part) {
    const std::string target = part.substr(0, part.size() - kPart.size());
    const std::string working = target + ".finishing";
    auto fd = lock(part);
    if (!fd) {
        return base::fail(fd.error());
    }
    const WholeFragments whole = findWholeFragments(fd->get());
    if (whole.count == 0) {
        return base::fail(Problem::Unprocessable, "not one whole fragment was recorded");
    }
    unlink(working.c_str()); // of an attempt that was killed, maybe another user's
    auto facts = makeFinished(fd->get(), whole.bytes, working);
    if (!facts) {
        unlink(working.c_str());
        return facts;
    }
    if (rename(working.c_str(), target.c_str()) != 0) {
        return base::fail(systemError("renaming to " + target));
    }
    // The .part goes only when the new name is sure to outlive a power loss.
    if (auto synced = syncFolderOf(target); !synced) {
        return base::fail(synced.error());
    }
    unlink(part.c_str());
    facts->path = target;
    return facts;
}

Result<Facts> inspect(const std::string& path) {
    const base::UniqueFd fd(open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC));
    struct stat status {};
    if (!fd || fstat(fd.get(), &status) != 0) {
        return base::fail(systemError("opening " + path));
    }
    FileHead head(fd.get(), status.st_size);
    auto input = head.open();
    if (!input) {
        return base::fail(input.error().within(path));
    }
    Facts facts = factsOf(**input);
    facts.path = path;
    facts.bytes = status.st_size;
    return facts;
}

Exit run(const std::string& path) {
    av_log_set_level(AV_LOG_ERROR);
    lowerPriority();
    const auto facts = path.ends_with(kPart) ? finishPart(path) : inspect(path);
    if (!facts) {
        std::puts(json::Writer()
                      .put("type", "failed")
                      .put("problem", base::nameOf(facts.error().problem))
                      .put("message", facts.error().message)
                      .finish()
                      .c_str());
    } else {
        std::puts(print(*facts).c_str());
    }
    std::fflush(stdout);
    if (facts) {
        return Exit::Done;
    }
    return facts.error().problem == Problem::Conflict ? Exit::Busy : Exit::Failed;
}

} // namespace finish
