#include "pipelines/outputs/mp4_file.h"

#include "pipelines/base/system_error.h"
#include "pipelines/base/time_text.h"
#include "pipelines/gst/mapped.h"
#include "pipelines/h264/nal.h"
#include "pipelines/outputs/caps.h"

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <filesystem>
#include <sys/file.h>
#include <sys/statvfs.h>
#include <unistd.h>

namespace outputs {

using base::fail;
using base::Nanoseconds;
using base::Problem;
using base::Result;
using namespace std::chrono_literals;

namespace {

constexpr int kVideo = 0;
constexpr int kAudio = 1;

/// The file's name survives a power cut only when its folder is on disk too.
void syncFolderOf(const std::string& path) {
    const auto folder = std::filesystem::path(path).parent_path();
    const base::UniqueFd file(
        ::open(folder.empty() ? "." : folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (file) {
        ::fsync(file.get());
    }
}

/// All of it, at the file's position; 0, or a negative errno.
int writeAll(int file, std::span<const std::uint8_t> bytes) {
    while (!bytes.empty()) {
        const ssize_t written = ::write(file, bytes.data(), bytes.size());
        if (written < 0 && errno != EINTR) {
            return -errno;
        }
        bytes = bytes.subspan(static_cast<std::size_t>(written < 0 ? 0 : written));
    }
    return 0;
}

} // namespace

Result<std::unique_ptr<Mp4File>> Mp4File::create(const std::string& path,
                                                 const fanout::Format& format,
                                                 const fanout::AccessUnit& keyFrame,
                                                 base::WallTime wallClock) {
    base::UniqueFd fd(::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0644));
    if (!fd) {
        return fail(base::systemError("cannot create the recording " + path));
    }
    if (::flock(fd.get(), LOCK_EX | LOCK_NB) < 0) {
        return fail(base::systemError("cannot lock the recording " + path));
    }
    std::unique_ptr<Mp4File> file(new Mp4File(std::move(fd), keyFrame.time));
    if (auto written = file->writeHeader(format, keyFrame, wallClock); !written) {
        return fail(written.error());
    }
    syncFolderOf(path);
    return file;
}

Result<void> Mp4File::writeHeader(const fanout::Format& format, const fanout::AccessUnit& keyFrame,
                                  base::WallTime wallClock) {
    const auto audio = audioOf(format);
    const gst::Mapped mapped(keyFrame.data.get());
    const auto configuration = h264::decoderConfiguration(mapped.bytes());
    if (!audio) {
        return fail(audio.error());
    }
    if (configuration.empty()) {
        return fail(Problem::Internal, "the first key frame has no SPS and PPS");
    }
    auto muxer = AvMuxer::make("mp4", [this](std::span<const std::uint8_t> bytes) {
        bytes_ += static_cast<std::int64_t>(bytes.size());
        return writeAll(file_.get(), bytes);
    });
    if (!muxer) {
        return fail(muxer.error());
    }
    muxer_ = std::move(*muxer);
    muxer_->addVideo({frameSizeOf(format), configuration});
    muxer_->addAudio(*audio);
    muxer_->setMetadata("creation_time", base::rfc3339(wallClock));
    frameDuration_ = frameDurationOf(format);
    // skip_trailer: without it libavformat keeps an entry for each fragment in memory, for ever.
    if (auto written = muxer_->writeHeader(
            {{"movflags", "empty_moov+default_base_moof+frag_custom+skip_trailer"},
             {"use_editlist", "0"},
             {"video_track_timescale", "90000"}});
        !written) {
        return written;
    }
    return makeSafe();
}

Result<void> Mp4File::write(const fanout::AccessUnit& unit) {
    if (unit.time < start_) {
        return {};
    }
    // Absolute times in each fragment: else it would close gaps, and shift audio against video.
    if (end_ == safeEnd_) {
        if (auto set = muxer_->setOption("movflags", "+frag_discont"); !set) {
            return set;
        }
    }
    const gst::Mapped mapped(unit.data.get());
    const bool video = unit.media == fanout::Media::Video;
    const Nanoseconds duration = unit.duration > 0ns ? unit.duration : frameDuration_;
    frame_.clear();
    if (video) {
        h264::appendWithLengths(mapped.bytes(), frame_);
    }
    end_ = std::max(end_, unit.time + duration);
    return muxer_->write({video ? kVideo : kAudio,
                          video ? std::span<const std::uint8_t>(frame_) : mapped.bytes(),
                          unit.time - start_, duration, unit.keyFrame || !video});
}

Result<void> Mp4File::endFragment() {
    if (end_ == safeEnd_) {
        return {};
    }
    if (auto flushed = muxer_->flush(); !flushed) {
        return flushed;
    }
    return makeSafe();
}

Result<void> Mp4File::makeSafe() {
    if (::fdatasync(file_.get()) < 0) {
        return fail(base::systemError("cannot write the recording to the disk"));
    }
    safeBytes_ = bytes_;
    safeEnd_ = end_;
    return {};
}

void Mp4File::dropTail() {
    if (::ftruncate(file_.get(), safeBytes_) == 0) {
        ::fdatasync(file_.get());
    }
}

std::int64_t Mp4File::freeBytes() const {
    struct statvfs status {};
    if (::fstatvfs(file_.get(), &status) < 0) {
        return -1;
    }
    return static_cast<std::int64_t>(status.f_bavail) * static_cast<std::int64_t>(status.f_frsize);
}

} // namespace outputs
