#include "pipelines/encode/canvas.h"

#include <algorithm>
#include <cmath>

namespace encode {

namespace {

constexpr int kLongSide = 1920;
constexpr int kShortSide = 1080;
constexpr int kSmallest = 16;

int even(double length) {
    return std::max(kSmallest, 2 * static_cast<int>(std::lround(length / 2)));
}

} // namespace

base::PictureSize canvasFor(base::PictureSize source, int minHeight) {
    const double width = std::max(source.width, 1);
    const double height = std::max(source.height, 1);
    const double grow = std::max(1.0, minHeight / height);
    const double longSide = std::max(width, height) * grow;
    const double shortSide = std::min(width, height) * grow;
    const double fit = std::min({1.0, kLongSide / longSide, kShortSide / shortSide});
    return {even(width * grow * fit), even(height * grow * fit)};
}

} // namespace encode
