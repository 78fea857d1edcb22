#include "pipelines/intake.h"

#include <utility>

void Intake::begin(bool takesOver) {
    if (takesOver) {
        encoding_->changeSource(publisher_.sendsSound);
        publisher_.onTakenOver();
    }
}

void Intake::picture(encode::Picture picture) {
    onAir_->picture(publisher_.number, true, [&](bool takesOver) {
        begin(takesOver);
        encoding_->picture(std::move(picture));
    });
}

void Intake::unit(fanout::AccessUnit unit) {
    onAir_->picture(publisher_.number, unit.keyFrame, [&](bool takesOver) {
        begin(takesOver);
        if (const auto caps = std::exchange(news_, nullptr)) {
            encoding_->format(caps);
        }
        encoding_->unit(std::move(unit));
    });
}

void Intake::sound(base::Nanoseconds time, std::span<const std::int16_t> samples) {
    onAir_->sound(publisher_.number, [&] { encoding_->sound(time, samples); });
}
