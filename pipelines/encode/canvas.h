#pragma once

#include "pipelines/base/units.h"

namespace encode {

/// The fixed video size of a take: the shape of the first frame, with at least `minHeight`
/// lines (browsers start small and grow) and at most 1920x1080 either way up (H.264 level 4.2, what
/// televisions decode); even, as 4:2:0 needs.
base::PictureSize canvasFor(base::PictureSize source, int minHeight);

} // namespace encode
