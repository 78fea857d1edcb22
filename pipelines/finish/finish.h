#pragma once

#include "pipelines/base/result.h"
#include "pipelines/base/units.h"

#include <cstdint>
#include <string>

/// `spillway-pipeline --finish FILE`: makes an ordinary MP4, index in front, of the fragmented file
/// a recorder left, or tells the facts of one that is already ordinary. Blocks; a process of its
/// own.
namespace finish {

enum class Exit {
    Done = 0,
    Failed = 1,
    Busy = 3, ///< a recorder or another process holds the file: come back later
};

struct Facts {
    std::string path; ///< of the ordinary MP4
    base::Nanoseconds duration{};
    std::int64_t bytes = 0;
    base::PictureSize size;
    std::string video; ///< "H.264"; empty without video
    std::string audio; ///< "AAC"; empty without audio
};

/// Makes `FILE.mp4` of `FILE.mp4.part` and removes the .part; on any failure the .part stays as it
/// was. Problems: Conflict (locked by another), NotFound, NoSpace, Unprocessable (not one whole
/// fragment in it), Internal.
base::Result<Facts> finishPart(const std::string& part);

/// The facts of an MP4, which is not changed. Problems: NotFound, Unprocessable.
base::Result<Facts> inspect(const std::string& path);

/// The command: lowers this process's priority, does finishPart() for a name that ends in .part,
/// else inspect(), and prints one line of JSON on standard output: {"type":"finished","path",
/// "duration" (ns),"bytes","width","height","video","audio"} or
/// {"type":"failed","problem","message"}.
Exit run(const std::string& path);

} // namespace finish
