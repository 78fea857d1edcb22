#include "pipelines/gst/timebase.h"

namespace gst {

Timebase Timebase::now() {
    Timebase timebase{Ref<GstClock>::adopt(gst_system_clock_obtain()), 0};
    timebase.baseTime = gst_clock_get_time(timebase.clock.get());
    return timebase;
}

base::Nanoseconds Timebase::runningTime() const {
    return base::Nanoseconds(gst_clock_get_time(clock.get()) - baseTime);
}

void Timebase::applyTo(GstPipeline* pipeline) const {
    gst_pipeline_use_clock(pipeline, clock.get());
    gst_element_set_start_time(GST_ELEMENT(pipeline), GST_CLOCK_TIME_NONE);
    gst_element_set_base_time(GST_ELEMENT(pipeline), baseTime);
}

} // namespace gst
