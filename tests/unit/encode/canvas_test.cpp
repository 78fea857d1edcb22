#include "pipelines/encode/canvas.h"

#include <catch2/catch.hpp>
#include <cmath>

using base::PictureSize;
using encode::canvasFor;

TEST_CASE("the canvas has the shape of the picture and at least the lines asked for") {
    struct Row {
        PictureSize source;
        int minHeight;
        PictureSize canvas;
    };
    for (const Row& row : {
             Row{{1280, 720}, 720, {1280, 720}},
             Row{{640, 360}, 720, {1280, 720}}, // browsers start small
             Row{{320, 180}, 720, {1280, 720}},
             Row{{640, 480}, 720, {960, 720}},
             Row{{1920, 1080}, 720, {1920, 1080}},
             Row{{1280, 720}, 480, {1280, 720}}, // never smaller than it came
             Row{{3840, 2160}, 720, {1920, 1080}},
             Row{{1280, 720}, 2160, {1920, 1080}},
             Row{{720, 1280}, 720, {720, 1280}}, // portrait
             Row{{360, 640}, 720, {406, 720}},
             Row{{1080, 1920}, 720, {1080, 1920}},
             Row{{2160, 3840}, 720, {1080, 1920}},
             Row{{1000, 1000}, 720, {1000, 1000}},
             Row{{3000, 3000}, 720, {1080, 1080}},
         }) {
        INFO(row.source.width << "x" << row.source.height << " at least " << row.minHeight);
        const PictureSize canvas = canvasFor(row.source, row.minHeight);
        CHECK(canvas.width == row.canvas.width);
        CHECK(canvas.height == row.canvas.height);
    }
}

TEST_CASE("whatever comes in, the canvas is even, bounded and not empty") {
    for (const int width :
         {-5, 0, 1, 2, 3, 15, 17, 99, 175, 641, 1279, 1366, 1921, 4096, 16384, 1'000'000}) {
        for (const int height :
             {-5, 0, 1, 2, 3, 15, 17, 99, 143, 361, 719, 768, 1081, 2304, 16384, 1'000'000}) {
            for (const int minHeight : {16, 360, 720, 1080, 4320}) {
                INFO(width << "x" << height << " at least " << minHeight);
                const PictureSize canvas = canvasFor({width, height}, minHeight);
                CHECK(canvas.width % 2 == 0);
                CHECK(canvas.height % 2 == 0);
                CHECK(std::min(canvas.width, canvas.height) >= 16);
                CHECK(std::max(canvas.width, canvas.height) <= 1920);
                CHECK(std::min(canvas.width, canvas.height) <= 1080);
            }
        }
    }
}

TEST_CASE("odd sizes keep their shape to within a pixel or two") {
    for (const PictureSize source :
         {PictureSize{853, 481}, PictureSize{1367, 769}, PictureSize{431, 767}}) {
        const PictureSize canvas = canvasFor(source, 720);
        const double wanted = static_cast<double>(source.width) / source.height;
        INFO(source.width << "x" << source.height << " -> " << canvas.width << "x"
                          << canvas.height);
        CHECK(std::abs(canvas.width - wanted * canvas.height) <= 2.0);
    }
}
